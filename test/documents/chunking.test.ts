import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkMarkdown } from '../../src/documents/chunk-markdown.js'
import { maxTokens, mostTokens, overlapTokens, tokensOf } from '../../src/documents/tokens.js'

const chunks = (text: string) => chunkMarkdown(text).chunks
const outline = (text: string) => chunks(text).map(({ heading, lines }) => [heading, lines.join('-')])
const sentence = 'The keeper writes down the ships that pass, and their flags. '
const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')

describe('chunks', () => {
  it('follow the headings, with the way to them and their lines', () => {
    const text = `intro\n\n# Guide\nfirst\n\n## Install\none\n\n### Linux\ntwo\n\n## Use\nthree\n\nSetext\n======\nfour\n`
    expect(outline(text)).toEqual([
      ['', '1-1'],
      ['Guide', '3-4'],
      ['Guide > Install', '6-7'],
      ['Guide > Install > Linux', '9-10'],
      ['Guide > Use', '12-13'],
      ['Setext', '15-17'],
    ])
    expect(chunks(text)[3]?.text).toBe('### Linux\ntwo')
  })

  it('take headings with nothing of their own along, to the first section below', () => {
    expect(outline('# Guide\n\n## Install\n\n### Linux\ntext\n')).toEqual([['Guide > Install > Linux', '1-6']])
    expect(outline('# A\n# B\ntext\n')).toEqual([
      ['A', '1-1'],
      ['B', '2-3'],
    ])
    expect(outline('# Only\n')).toEqual([['Only', '1-1']])
  })

  it('name headings without their markup, and are not cut at what only looks like one', () => {
    const text = '# The `cat` *and* [the dog](x)\n\n```sh\n# no heading\n```\n\n> # quoted\n\n- # in a list\n'
    expect(outline(text)).toEqual([['The cat and the dog', '1-9']])
    expect(chunkMarkdown(text).title).toBe('The cat and the dog')
    expect(chunkMarkdown('## Second\n\n# First\n').title).toBe('First')
    expect(chunkMarkdown('## Second\n').title).toBeUndefined()
  })

  it('are none of an empty text', () => {
    for (const text of ['', '\n', '  \n\n \t']) expect(chunks(text)).toEqual([])
  })

  it('split a long section between its blocks, and overlap there', () => {
    const paragraphs = Array.from({ length: 12 }, (_, index) => `Paragraph ${index}. ${sentence.repeat(6)}`)
    const found = chunks(`# Long\n\n${paragraphs.join('\n\n')}\n\n# Next\nshort\n`)
    expect(found.length).toBeGreaterThan(2)
    const long = found.filter(({ heading }) => heading === 'Long')
    for (const [index, { text, tokens }] of long.entries()) {
      expect(tokens).toBeLessThanOrEqual(maxTokens)
      const before = long[index - 1]
      if (before === undefined) continue
      const shared = sharedText(before.text, text)
      expect(tokensOf(shared)).toBeGreaterThan(10)
      expect(tokensOf(shared)).toBeLessThanOrEqual(overlapTokens + 2)
    }
    expect(found.at(-1)?.text).toBe('# Next\nshort')
  })

  it('never cut a code block or a table that fits', () => {
    const code = `\`\`\`ts\n${Array.from({ length: 40 }, (_, index) => `const value${index} = ${index}`).join('\n')}\n\`\`\``
    const table = `| a | b |\n|---|---|\n${Array.from({ length: 60 }, (_, index) => `| ${index} | x |`).join('\n')}`
    expect(tokensOf(code)).toBeLessThan(mostTokens)
    expect(tokensOf(table)).toBeLessThan(mostTokens)
    const text = Array.from({ length: 3 }, () => [sentence.repeat(20), code, sentence.repeat(9), table].join('\n\n'))
    const found = chunks(`# Mixed\n\n${text.join('\n\n')}\n`)
    for (const block of [code, table]) {
      const whole = found.filter((chunk) => chunk.text.includes(block))
      expect(whole).toHaveLength(3)
    }
    for (const chunk of found) {
      const fences = chunk.text.match(/^```/gm)?.length ?? 0
      expect(fences % 2, chunk.text).toBe(0)
      expect(chunk.text.startsWith('|')).toBe(chunk.text.startsWith('| a | b |'))
    }
  })

  it('of a code block or a table that does not fit can each be read alone, and share nothing else', () => {
    const rows = Array.from({ length: 300 }, (_, index) => `| one ${index} | two |`)
    const lines = Array.from({ length: 300 }, (_, index) => `const value${index} = ${index}`)
    const text = ['# Both', '| a | b |', '|---|---|', ...rows, '', '~~~~ts', ...lines, '~~~~', '', sentence].join('\n')
    const found = chunks(text)
    const tables = found.filter((chunk) => chunk.text.includes('| one '))
    const codes = found.filter((chunk) => chunk.text.includes('const value'))
    expect(tables.length).toBeGreaterThan(3)
    expect(codes.length).toBeGreaterThan(3)
    const source = text.split('\n')
    for (const chunk of tables) expect(chunk.text).toMatch(/^(# Both\n)?\| a \| b \|\n\|---\|---\|\n\| one /)
    for (const chunk of codes) {
      expect(chunk.text).toMatch(/(^|\n)~~~~ts\n(const value\d+ = \d+\n)+~~~~(\n|$)/)
      expect(chunk.tokens).toBe(tokensOf(chunk.text))
    }
    for (const row of [...rows, ...lines])
      expect(found.filter((chunk) => `${chunk.text}\n`.includes(`${row}\n`))).toHaveLength(1)
    for (const chunk of found) {
      const own = ownText(source, chunk).split('\n')
      expect([source[chunk.lines[0] - 1], source[chunk.lines[1] - 1]?.trimEnd()]).toEqual([own[0], own.at(-1)])
    }
  })

  it.each([
    [
      'a fence with a long text of its own',
      `\`\`\`${words(300)}\n${numbered(300, (index) => `let it${index}\n`)}\`\`\``,
    ],
    ['a fence that nothing closes', `\`\`\`\n${numbered(400, (index) => `let it${index}\n`)}`],
    ['a table of many columns', `${'| a '.repeat(90)}|\n${'|---'.repeat(90)}|\n${'| b '.repeat(90)}|\n`.repeat(4)],
    ['one long line in a fence', `\`\`\`\n${words(2_000)}\n\`\`\``],
    ['an indented block', numbered(400, (index) => `    let it${index}\n`)],
    ['a long line in a table', `| a |\n|---|\n| ${words(2_000)} |\n`],
  ])('of %s fit and lose nothing', (_, text) => {
    const found = chunks(`${text}\n\n[ref]: http://example.org\n\nend\n`)
    expect(found.length).toBeGreaterThan(1)
    for (const { tokens, text } of found) {
      expect(tokens).toBeLessThanOrEqual(mostTokens)
      expect(tokens).toBe(tokensOf(text))
    }
    const all = found.map((chunk) => chunk.text).join('\n')
    for (const word of text.match(/[\w-]+/g) ?? []) expect(all).toContain(word)
    expect(all).toContain('[ref]')
  })

  it('of a section just over the limit are two', () => {
    const [first, second, ...rest] = chunks(`# A\n\n${words(200)}\n\n${words(200)}\n`)
    expect(rest).toEqual([])
    expect([first?.lines[0], second?.lines[1]]).toEqual([1, 5])
  })

  it.each([
    ['one endless line', words(5_000)],
    ['one endless word', numbered(4_000, (index) => index.toString(36))],
    ['an endless line of Chinese', numbered(2_000, (index) => `灯塔看守人记录第${index}艘船。`)],
    ['emoji', numbered(3_000, (index) => String.fromCodePoint(0x1f300 + (index % 400)))],
    ['a list that does not fit', Array.from({ length: 400 }, (_, index) => `- item ${index} of a list`).join('\n')],
    ['a code block that does not fit', `\`\`\`\n${numbered(1_000, (index) => `let it = ${index}\n`)}\`\`\``],
    ['a table that does not fit', `|a|b|\n|-|-|\n${numbered(500, (index) => `| one | ${index} |\n`)}`],
    [
      'link definitions, of which nothing else speaks',
      numbered(300, (index) => `[ref${index}]: http://example.org/${index}\n`),
    ],
    ['link definitions before a text', `${numbered(300, (index) => `[r${index}]: x${index}\n`)}\ntext\n`],
    ['spaces', `a${' '.repeat(100_000)}b`],
    ['special tokens', numbered(400, (index) => `<|endoftext|> ${index} `)],
  ])('of %s fit, lose nothing, and are not inside of one another', (_, text) => {
    const found = chunks(text)
    expect(found.length).toBeGreaterThan(0)
    for (const [index, chunk] of found.entries()) {
      expect(chunk.tokens).toBeLessThanOrEqual(mostTokens)
      expect(chunk.tokens).toBe(tokensOf(chunk.text))
      expect(chunk.text.isWellFormed()).toBe(true)
      expect(found[index - 1]?.text.includes(chunk.text) ?? false).toBe(false)
    }
    expect(uncovered(text, found)).toEqual('')
  })

  it('of a line with more sentences than a stack has room for', () => {
    const found = chunks(numbered(200_000, (index) => `One ${index}. `))
    expect(found.length).toBeGreaterThan(1_000)
    expect(found.at(-1)?.text).toContain('One 199999.')
  })

  it('cover any text, in order, each line where it is', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '# One',
        '## Two',
        '### Three',
        '',
        '',
        '- item',
        '| a | b |',
        '|---|---|',
        '```',
        '> quote',
        '---',
      ),
      fc.constantFrom('[ref]: http://example.org', '<div>', '    indented', '1. first', 'Setext', '===', '\ttab'),
      fc.nat(60).map((count) => words(count)),
      fc.string(),
    )
    const property = fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const text = lines.join('\n').replaceAll(/\r\n?/g, '\n').replaceAll('\0', '')
      const found = chunks(text)
      expect(uncovered(text, found)).toBe('')
      const source = text.split('\n')
      for (const {
        text: piece,
        lines: [from, to],
        tokens,
      } of found) {
        expect(tokens).toBeLessThanOrEqual(mostTokens)
        expect(source.slice(from - 1, to).join('\n')).toContain(ownText(source, { text: piece, lines: [from, to] }))
      }
    })
    fc.assert(property, { numRuns: 200, interruptAfterTimeLimit: 10_000 })
  })
})

function numbered(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join('')
}

/** The longest end of a text that is the beginning of the next. */
function sharedText(before: string, after: string): string {
  for (let length = Math.min(before.length, after.length); length > 0; length--)
    if (before.endsWith(after.slice(0, length))) return after.slice(0, length)
  return ''
}

/** A chunk without what it repeats of a block that was split: a fence or the header of a table before it, a fence after it. */
function ownText(source: string[], { text, lines: [from, to] }: { text: string; lines: [number, number] }): string {
  const own = source.slice(from - 1, to).join('\n')
  const parts = text.split('\n')
  const tries = [0, 1, 2].flatMap((before) =>
    [0, 1].map((after) => parts.slice(before, parts.length - after).join('\n')),
  )
  return tries.sort((a, b) => b.length - a.length).find((part) => own.includes(part)) ?? text
}

/** What of a text, but for spaces, is in none of its chunks: each begins where the one before ends, or earlier. */
function uncovered(text: string, found: { text: string; lines: [number, number] }[]): string {
  const starts = [0]
  for (const line of text.split('\n')) starts.push((starts.at(-1) ?? 0) + line.length + 1)
  let [rest, end] = ['', 0]
  const source = text.split('\n')
  for (const chunk of found) {
    const { lines } = chunk
    const piece = ownText(source, chunk)
    const [from, to] = [starts[lines[0] - 1] ?? 0, starts[lines[1]] ?? text.length]
    // In a long line pieces may repeat: the first place that is not wholly before the end of the last piece.
    let start = text.indexOf(piece, Math.max(from, Math.min(end, to) - piece.length + 1))
    if (start === -1 || start + piece.length > to) start = text.indexOf(piece, from)
    if (start > end) rest += text.slice(end, start)
    end = Math.max(end, start + piece.length)
  }
  return (rest + text.slice(end)).trim()
}
