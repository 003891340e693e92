import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { widthOf } from '../../examples/demo/text-width.mjs'
import { openCairn } from '../../src/open.js'
import { type DemoRun, makeFolder, runDemo } from './run-demo.js'

// The demo starts six processes: seconds where they are alone, a minute where a whole run of the tests is beside them.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const acts = [
  'A conversation becomes memory',
  'Questions',
  'Two clocks',
  'Nothing is overwritten',
  'Two users, kept apart',
  'State, and how a session ends',
  'The audit trail',
  'A swarm at work',
  'Documents on disk',
  'What it took',
]

/** The titles of the acts in what was printed. */
function titlesIn(stdout: string): string[] {
  return [...stdout.matchAll(/^━━ \d+ (.+?) ━+$/gm)].map((match) => match[1] ?? '')
}

/** What one act printed. */
function actIn(stdout: string, title: string): string {
  const parts = stdout.split(/^━━ \d+ /m)
  return parts.find((part) => part.startsWith(title)) ?? ''
}

function write(lines: object[], name: string, folder: string): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return path
}

const turn = { conversation: 'c', session: 's', speaker: 'Ada', date: '2024-01-01', id: '1', text: 'Hello' }

describe('the demo', () => {
  let demo: DemoRun
  let removeFolder: () => void
  beforeAll(async () => {
    demo = await runDemo([], {
      whenDone: (cleanup) => {
        removeFolder = cleanup
      },
    })
  })
  afterAll(() => removeFolder())

  it('plays its own conversation to the end and leaves nothing behind', () => {
    const { code, stdout, stderr, left } = demo
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
    expect(titlesIn(stdout)).toEqual(acts)
    expect(stdout).toContain('known already, stored once')
    expect(stdout).not.toContain('got it!')
  })

  it('finds where its conversation says it, for every question', () => {
    const answers = actIn(demo.stdout, 'Questions').trimEnd().split('\n\n').slice(1)
    expect(answers).toHaveLength(6)
    for (const answer of answers) expect(answer.split('\n')[1]).toMatch(/^ {3}✓/)
  })

  it('answers on both clocks', () => {
    const rows = actIn(demo.stdout, 'Two clocks')
    expect(rows).toMatch(/1 May +Rua da Atalaia 14 v1 +Rua da Atalaia 14 v1 +Rua da Atalaia 14 v1\n/)
    expect(rows).toMatch(/10 May +Rua da Atalaia 14 v1 +Rua das Flores 8 v2 +Rua das Flores 8 v2\n/)
    expect(rows).toMatch(/21 Jun +Rua da Atalaia 14 v1 +Rua da Atalaia 14 v3 +Rua das Flores 8 v2\n/)
    expect(rows).toMatch(/on 20 Mar .* 5 June/)
    expect(rows).toMatch(/today .* 19 June/)
  })

  it('keeps two users apart, and says so on the audit trail', () => {
    const part = actIn(demo.stdout, 'Two users')
    expect(part).toMatch(/birthday\?\n +alice +nothing found\n +bob +secrets\/birthday v1 /)
    expect(part.match(/ {2}forbidden {2}(?:decided|so it)/g)).toHaveLength(2)
    expect(part).toMatch(/session bob-2 +not_found/)
    expect(part).toMatch(/forbidden {2}user:alice {2}read memory +user:bob:secrets {2}2 times/)
  })

  it('fits 80 columns, uses more of them where they are, and has colours only where they are wanted', async () => {
    const narrow = demo.stdout
    const wide = (await runDemo([], { environment: { COLUMNS: '200' } })).stdout
    const colourful = (await runDemo([], { environment: { NO_COLOR: '', FORCE_COLOR: '1', TERM: 'xterm' } })).stdout
    const widest = (text: string) => Math.max(...text.split('\n').map(widthOf))
    expect(widest(narrow)).toBeLessThanOrEqual(80)
    expect(widest(colourful)).toBeLessThanOrEqual(80)
    expect(widest(wide)).toBeGreaterThan(100)
    expect(widest(wide)).toBeLessThanOrEqual(120)
    const escapeCharacter = '\u001b'
    expect(narrow).not.toContain(escapeCharacter)
    expect(colourful).toContain(`${escapeCharacter}[36m`)
  })

  it('keeps the store with --keep, dated as the conversation is', async () => {
    const { code, stdout, left, temporary } = await runDemo(['--keep'])
    const path = /The store is kept: (.+)$/m.exec(stdout)?.[1] ?? ''
    expect({ code, left: left.length, inside: path.startsWith(temporary) }).toEqual({ code: 0, left: 1, inside: true })
    const cairn = await openCairn({ db: path, create: false, threads: false })
    const { items } = await cairn.memories.history('project:kumo:plan', 'address')
    const { items: events } = await cairn.sessions.events('alice-1')
    await cairn.close()
    expect(items.map(({ recordedAt }) => recordedAt.slice(0, 10))).toEqual(['2026-05-22', '2026-05-06', '2026-03-03'])
    expect(events[0]).toMatchObject({
      eventId: 'alice/1:1',
      actor: 'user:Alice',
      timestamp: '2026-03-03T09:12:00.000Z',
    })
  })

  it('leaves nothing behind when it is interrupted, once or twice', async () => {
    const corpus = write(
      Array.from({ length: 3000 }, (_, n) => ({ ...turn, id: `${n}`, session: `s${n % 1500}` })),
      'many.jsonl',
      makeFolder(),
    )
    for (const presses of [1, 2]) {
      let pressed = 0
      const { code, stderr, left } = await runDemo([corpus, '--keep'], {
        onOutput: (stdout, child) => {
          if (pressed > 0 || !stdout.includes('becomes memory')) return
          while (pressed < presses) {
            pressed += 1
            child.kill('SIGINT')
          }
        },
      })
      expect({ code, stderr, left }).toEqual({ code: 130, stderr: '', left: [] })
    }
  })

  it('ends in peace when nobody reads on', async () => {
    const { code, stderr, left } = await runDemo([], { onOutput: (_, child) => void child.stdout?.destroy() })
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
  })

  it('has help', async () => {
    const { code, stdout } = await runDemo(['--help'])
    expect(code).toBe(0)
    for (const word of ['conversation.jsonl', '--keep', '--fast', '--help']) expect(stdout).toContain(word)
  })
})

describe('the demo with a conversation of its own', () => {
  const lines = [
    { ...turn, id: 'a:1', conversation: 'a', session: 'a/1', text: 'I bought a red kite', date: '2023-05-08T13:56' },
    { ...turn, id: 'a:2', conversation: 'a', session: 'a/1', text: 'Nice!', date: '2023-05-08T13:56', speaker: 'Bo' },
    { ...turn, id: 'b:1', conversation: 'b', session: 'b/1', text: '東京タワーに登った', date: '2023-06-01T10:00' },
    {
      ...turn,
      id: 'a:3',
      conversation: 'a',
      session: 'a/2',
      text: 'Look',
      image_caption: 'a sleepy walrus',
      date: '2024-01-02',
    },
  ]
  const queries = [
    { id: 'q1', conversation: 'a', text: 'Who saw a walrus?', answer: 'Ada' },
    { id: 'q2', conversation: 'b', text: '東京', score: true },
    { id: 'q3', conversation: 'a', text: 'Which colour has the kite, and what is nice?' },
    { id: 'q4', conversation: 'a', text: 'Not scored', score: false },
    { id: 'q5', conversation: 'a', text: 'Where is the unicorn?' },
  ]
  const qrels = [
    { query: 'q1', doc: 'a:3', score: 1 },
    { query: 'q2', doc: 'b:1', score: 1 },
    { query: 'q3', doc: 'a:1', score: 1 },
    { query: 'q3', doc: 'a:3', score: 1 },
    { query: 'q4', doc: 'a:1', score: 1 },
    { query: 'q5', doc: 'a:1', score: 1 },
  ]

  it('plays it, asks the questions beside it and scores the answers', async () => {
    const folder = makeFolder()
    const path = write(lines, 'corpus.jsonl', folder)
    write(queries, 'queries.jsonl', folder)
    write(qrels, 'qrels.jsonl', folder)
    const { code, stdout, stderr, left } = await runDemo([path])
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
    expect(titlesIn(stdout)).toEqual(acts)
    expect(actIn(stdout, 'A conv')).toMatch(/4 turns in 3 sessions of 2\s+users, 8 May 2023 to 2 Jan 2024/)
    expect(actIn(stdout, 'Questions')).toMatch(/✓ {2}a:3 Ada, 2 Jan +Look a sleepy walrus\n +labelled answer: Ada/)
    expect(actIn(stdout, 'Questions')).toContain('nothing found')
    // 1, 1, a half and none of four questions.
    expect(stdout).toMatch(/All 4 questions in .*\(R@10\) 0\.625\n/)
  })

  it('plays it without questions, too, and with the memories that its lines name', async () => {
    const memory = {
      op: 'add',
      namespace: 'user:a:things',
      key: 'kite',
      type: 'semantic',
      value: { text: 'A red kite' },
    }
    const noted = lines.map((line) => (line.id === 'a:1' ? { ...line, memory } : line))
    const { code, stdout, stderr } = await runDemo([write(noted, 'noted.jsonl', makeFolder()), '--keep'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const path = /The store is kept: (.+)$/m.exec(stdout)?.[1] ?? ''
    const cairn = await openCairn({ db: path, create: false, threads: false })
    const kite = await cairn.memories.get('user:a:things', 'kite')
    const { items } = await cairn.memories.list({ namespace: 'user:a:sessions' })
    await cairn.close()
    expect(kite).toMatchObject({
      value: { text: 'A red kite' },
      metadata: { source: 'a:1' },
      recordedAt: expect.stringMatching(/^2023-05-08/),
    })
    expect(items.map(({ key }) => key)).toEqual(['a-1', 'a-2'])
  })

  it.each([
    ['an option that there is not', ['--quick'], "Unknown option '--quick'"],
    ['two files', ['one.jsonl', 'two.jsonl'], 'One conversation at a time'],
    ['no such file', ['nowhere.jsonl'], 'There is no file'],
    ['a folder', ['.'], 'That is a folder'],
  ])('says what is wrong with its arguments: %s', async (_, args, message) => {
    const { code, stdout, stderr, left } = await runDemo(args)
    expect({ code, stdout, left }).toEqual({ code: 2, stdout: '', left: [] })
    expect(stderr).toContain(message)
  })

  it.each([
    ['nothing in it', '', 'has no turns'],
    ['bytes', Buffer.from([0, 255, 254, 7, 10, 200]), ':1: not JSON'],
    ['half a line', `${JSON.stringify(turn)}\n{"id": "2", "te`, ':2: not JSON'],
    ['a list', '[1]', ':1: a line must be a JSON object'],
    ['a line without text', JSON.stringify({ ...turn, text: undefined }), ':1: text is missing'],
    ['a date in words', JSON.stringify({ ...turn, date: 'yesterday' }), ':1: date must be an ISO 8601 date'],
    ['an id twice', `${JSON.stringify(turn)}\n\n${JSON.stringify(turn)}`, ':3: id 1 was there before'],
    ['a name of two lines', JSON.stringify({ ...turn, speaker: 'A\nB' }), ':1: speaker must be a text of one line'],
    ['an unknown operation', JSON.stringify({ ...turn, memory: { op: 'think' } }), ':1: memory must be'],
  ])('names the line that it cannot read: %s', async (_, content, message) => {
    const path = join(makeFolder(), 'conversation.jsonl')
    writeFileSync(path, content)
    const { code, stdout, stderr, left } = await runDemo([path])
    expect({ code, stdout, left }).toEqual({ code: 2, stdout: '', left: [] })
    expect(stderr).toContain(message)
  })

  it('names the line that the store refuses', async () => {
    const memory = { op: 'update', namespace: 'user:c:x', key: 'never-added', value: 1 }
    const path = write([turn, { ...turn, id: '2', memory }], 'conversation.jsonl', makeFolder())
    const { code, stderr, left } = await runDemo([path])
    expect({ code, left }).toEqual({ code: 2, left: [] })
    expect(stderr).toBe('Line 2: There is no memory user:c:x never-added.\n')
  })
})

describe('the demo with real conversations', () => {
  const corpus = '../shared/data/locomo-dev/corpus.jsonl'

  it('plays all of their turns and scores the answers', async (context) => {
    if (!existsSync(corpus)) {
      console.log('skipped: ../shared/data is not here')
      return context.skip('../shared/data is not here')
    }
    const turns = readFileSync(corpus, 'utf8').trimEnd().split('\n').length
    const { code, stdout, stderr, left } = await runDemo([corpus])
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
    expect(titlesIn(stdout)).toEqual(acts)
    expect(stdout).toContain(`${turns.toLocaleString('en-US')} turns`)
    const recall = Number(/\(R@10\) (\d\.\d+)/.exec(stdout)?.[1])
    expect(recall).toBeGreaterThan(0.55)
  }, 120_000)
})
