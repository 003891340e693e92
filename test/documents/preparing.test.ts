import { describe, expect, it } from 'vitest'
import { prepareDocument } from '../../src/documents/prepare-document.js'

const prepare = (text: string, path = 'notes/some-file.md') => {
  const { metadata, ...rest } = prepareDocument(text, path)
  return { ...rest, metadata: JSON.parse(metadata) }
}

describe('the title of a document', () => {
  it('is that of the front matter, else the first heading of the first level, else the name of the file', () => {
    expect(prepare('---\ntitle: From above\n---\n# Heading\n').title).toBe('From above')
    expect(prepare('---\ntitle: 2024\n---\n').title).toBe('2024')
    for (const written of ['1.10', '2.0', '0x1F', '12345678901234567890', '007'])
      expect(prepare(`---\ntitle: ${written}\n---\n`).title).toBe(written)
    expect(prepare('---\nversion: &v 1.10\ntitle: *v\n---\n# Heading\n').title).toBe('1.10')
    for (const none of ['', "''", '[a]', '{ a: 1 }'])
      expect(prepare(`---\ntitle: ${none}\n---\n# Heading\n`).title).toBe('Heading')
    expect(prepare('text\n\n## Second\n\n# First\n').title).toBe('First')
    expect(prepare('text').title).toBe('some-file')
    expect(prepare('text', '.md').title).toBe('.md')
    expect(prepare('text', 'a/release.v2.md').title).toBe('release.v2')
  })
})

describe('front matter', () => {
  it('becomes metadata and is no part of a chunk; lines count from the beginning of the file', () => {
    const found = prepare('---\ntags: [a, b]\ndate: 2026-03-01\ndraft: false\n---\n\n# Title\n\ntext\n')
    expect(found.metadata).toEqual({ tags: ['a', 'b'], date: '2026-03-01', draft: false })
    expect(found.chunks).toMatchObject([{ heading: 'Title', lines: [7, 9], text: '# Title\n\ntext' }])
    expect(found.error).toBeNull()
  })

  it.each([
    ['an end of three dots', '---\na: 1\n...\ntext', { a: 1 }, [4, 4]],
    ['nothing in it', '---\n---\ntext', {}, [3, 3]],
    ['the end of the file', '---\na: 1\n---', { a: 1 }, [1, 3]],
    ['nothing below it', '---\ntitle: Tides\ntags: [sea]\n---\n\n', { title: 'Tides', tags: ['sea'] }, [1, 4]],
    ['CRLF', '---\r\na: 1\r\n---\r\ntext\r\n', { a: 1 }, [4, 4]],
    ['keys that are no texts', '---\n1: one\ntrue: yes\n---\ntext', { '1': 'one', true: 'yes' }, [5, 5]],
    [
      'what JSON cannot hold',
      '---\na: .nan\nb: .inf\nc: "\\ud800"\n---\ntext',
      { a: null, b: null, c: '\ufffd' },
      [6, 6],
    ],
    [
      'numbers that JSON would round',
      '---\nid: 9007199254740993\nold: -9007199254740993\nsmall: 42\nratio: 1.50\n---\ntext',
      { id: '9007199254740993', old: '-9007199254740993', small: 42, ratio: 1.5 },
      [7, 7],
    ],
    ['a key twice', '---\na: 1\na: 2\n---\ntext', { a: 2 }, [5, 5]],
    ['a key named __proto__', '---\n__proto__: 1\n---\ntext', JSON.parse('{"__proto__":1}'), [4, 4]],
  ])('may have %s', (_, text, metadata, lines) => {
    const found = prepare(text)
    expect(found.metadata).toEqual(metadata)
    expect(found.chunks.map((chunk) => chunk.lines)).toEqual([lines])
  })

  it.each([
    ['is broken', '---\na: [1, 2\nb: "x\n---\n# Title\n', 'not YAML'],
    ['is broken in its third line', '---\na: 1\nb: [1\n---\n# Title\n', 'at line 3, column 6'],
    ['does not end', '---\na: 1\nb: x\n\n# Title\n', 'does not end'],
    ['goes on for ever', `---\na: ${'x'.repeat(70_000)}\n---\n# Title\n`, 'over 65536'],
    ['is a bomb', `---\na: &a [x,x,x,x,x,x,x,x,x]\n${bomb()}---\n# Title\n`, 'not YAML'],
  ])('that %s is told, and stays in the text', (_, text, error) => {
    const found = prepare(text)
    expect(found.error).toContain(error)
    expect(found.metadata).toEqual({})
    expect(found.title).toBe('Title')
    expect(found.chunks[0]?.lines[0]).toBe(1)
    expect(found.chunks.map(({ heading }) => heading)).toContain('Title')
    expect(found.chunks.map(({ heading }) => heading).join()).not.toMatch(/a: |b: /)
  })

  it('is no heading when it is broken, and can be found; lines after it are where they are', () => {
    const { chunks } = prepare('---\na: [1, 2\ncolour: red\n---\nintro\n\n# Title\n\n- one\n- two\n')
    expect(chunks).toMatchObject([
      { heading: '', lines: [1, 5], text: '---\na: [1, 2\ncolour: red\n---\nintro' },
      { heading: 'Title', lines: [7, 10], text: '# Title\n\n- one\n- two' },
    ])
  })

  it('in TOML is told not to be read, and is text', () => {
    const found = prepare('+++\ntitle = "Tea"\n+++\n# Pots\n\niron\n')
    expect(found).toMatchObject({ error: 'The front matter is TOML (+++), which is not read.', title: 'Pots' })
    expect(found.chunks.map(({ heading, lines }) => [heading, lines])).toEqual([
      ['', [1, 3]],
      ['Pots', [4, 6]],
    ])
    expect(prepare('+++ no\n+++\n').error).toBeNull()
  })

  it.each([
    ['one key', '---\ntitle: Tea\n\ntext\n', ['']],
    ['keys up to a heading', '---\ntitle: Tea\ntags:\n  - a\n- b\n# Pots\n\ntext\n', ['', 'Pots']],
    ['keys up to text', '---\nTitle: Tea\nDate: 2026-03-01\ntext\n', ['']],
    ['nothing but keys', '---  \r\ntitle: Tea\r\ndate: 2026-03-01', ['']],
  ])('that has no end is told where there is %s, which stays in the text', (_, text, headings) => {
    const found = prepare(text)
    expect(found).toMatchObject({
      error: 'The front matter does not end: a line of --- after it is missing.',
      metadata: {},
    })
    expect(found.chunks[0]?.text).toMatch(/^---.*\ntitle: tea/i)
    expect(found.chunks.map(({ heading }) => heading)).toEqual(headings)
  })

  it.each([
    ['a heading', '---\n\n# Title\n\ntext: more\n'],
    ['a heading at once', '---\n# Title: it\n'],
    ['text', '---\nSome text, and more: of it.\nkey: value\n'],
    ['a remark', '---\nNote: this is text.\n\nMore: text.\n'],
    ['text that begins like a key', '---\nnote: this is text\nwhich goes on.\n'],
    ['a link', '---\nhttps://example.org\n'],
    ['a list', '---\n- one: 1\n- two: 2\n'],
    ['a heading of two lines', '---\ntitle: Tea\n----\ntext: no\n'],
    ['nothing', '---\n'],
    ['nothing at all', '---'],
    ['a longer line', '-----\na: 1\nb: 2\n'],
  ])('is not what follows a line that was drawn, such as %s', (_, text) => {
    expect(prepare(text)).toMatchObject({ error: null, metadata: {} })
  })

  it('is not what stands between two lines that were drawn', () => {
    const found = prepare('---\n\njust a text\n\n---\n\nmore\n')
    expect(found).toMatchObject({ error: null, metadata: {} })
    expect(found.chunks[0]?.text).toContain('just a text')
    expect(prepare('--- \nno end: of it\n').chunks).toHaveLength(1)
    const list = prepare('---\n- one\n- two\n---\n\n# Title\n')
    expect(list).toMatchObject({ error: null, metadata: {}, title: 'Title' })
    expect(list.chunks[0]?.text).toContain('- two')
  })
})

/** Each key nine times the one before. */
function bomb(): string {
  const keys = 'bcdefghij'.split('')
  return keys.map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]\n`).join('')
}

describe('the words of a chunk', () => {
  it('are its text, and as a title where it stands', () => {
    const [chunk] = prepare('# Guide\n\n## Set up\nRun *it*.\n', 'guides/setUp-linux.md').chunks
    expect(chunk?.words).toEqual({
      title: 'guide set up guides setup linux guides set up linux',
      body: ' guide set up run it ',
    })
  })

  it('are, of the first, also those of the front matter that it does not say itself', () => {
    const fields = [
      ...['title: Tides', 'tags: [sailing, "2024"]', 'aliases:\n  - Ebb', 'about: { by: { name: Mira Berg } }'],
      ...['description: When the tide turns.', 'draft: no', 'public: true', 'order: 7', 'date: 2024-05-01 10:00Z'],
      ...['home: https://sea.example/tides', 'empty:'],
    ]
    const text = `---\n${fields.join('\n')}\n---\n# Low water\nThe ebb.\n\n# High water\nThe flood.\n`
    const [first, second] = prepare(text, 'a.md').chunks
    expect(first?.words.title).toBe('tides low water a')
    expect(first?.words.body.trim().split(/ +/).join(' ')).toBe('low water the ebb sailing mira berg when turns')
    expect(second?.words.body.trim()).toBe('high water the flood')
  })

  it('have of long front matter the beginning', () => {
    const [chunk] = prepare(`---\nfirst: ${'sea '.repeat(900)}\nlast: ship\n---\nA text.\n`).chunks
    expect(new Set(chunk?.words.body.trim().split(/ +/))).toEqual(new Set(['a', 'text', 'sea']))
  })
})
