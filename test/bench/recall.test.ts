import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { comparePaired } from '../../bench/recall/compare.mjs'
import { measure } from '../../bench/recall/measures.mjs'
import { useTempFolder } from '../helpers/temp-folder.js'

const main = 'bench/recall/main.mjs'
const path = useTempFolder()
let folders = 0

function tempFolder(): string {
  const folder = path(`set-${++folders}`)
  mkdirSync(folder)
  return folder
}

const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n')

function makeSet(corpus: object[], queries: object[], qrels: object[]): string {
  const folder = tempFolder()
  writeFileSync(join(folder, 'corpus.jsonl'), lines(corpus))
  writeFileSync(join(folder, 'queries.jsonl'), lines(queries))
  writeFileSync(join(folder, 'qrels.jsonl'), lines(qrels))
  return folder
}

const turn = { conversation: 'c1', session: 'c1/S1', date: '2023-05-08T13:56' }

function conversations(): string {
  const corpus = [
    { id: 't1', text: 'The harbour opens in May', speaker: 'Ann', ...turn },
    { id: 't2', text: 'We sail at noon', speaker: 'Bob', ...turn },
    { id: 't3', text: 'The harbour of others', speaker: 'Eve', ...turn, conversation: 'c2', session: 'c2/S1' },
  ]
  const queries = [
    { id: 'q1', text: 'When does the harbour open?', conversation: 'c1', category: 'time' },
    { id: 'q2', text: 'Who will sail?', conversation: 'c1', category: 'who', score: true },
    { id: 'q3', text: 'Not counted', conversation: 'c1', score: false },
  ]
  const qrels = [
    { query: 'q1', doc: 't1', score: 1 },
    { query: 'q2', doc: 't2', score: 1 },
    { query: 'q3', doc: 't1', score: 1 },
  ]
  return makeSet(corpus, queries, qrels)
}

it('bench:recall scores a set of conversations, each asked by its own user, and compares two runs', () => {
  const out = join(tempFolder(), 'results.jsonl')
  const report = JSON.parse(execFileSync('node', [main, conversations(), '--json', '--out', out], { encoding: 'utf8' }))
  expect(report).toMatchObject({ form: 'conversations', items: 3, queries: 2, 'R@10': 1, MRR: 1, 'nDCG@10': 1 })
  expect(report.categories.time).toMatchObject({ queries: 1, 'hit@1': 1 })
  expect(report.queryMs.p99).toBeGreaterThan(0)
  const written = readFileSync(out, 'utf8').trim().split('\n')
  expect(written.map((line) => JSON.parse(line).found[0])).toEqual(['t1', 't2'])
  const again = execFileSync('node', [main, conversations(), '--compare', out], { encoding: 'utf8' })
  expect(again).toContain('nDCG@10: 1 → 1, 0 [0, 0], p = 1')
})

it('bench:recall leaves out what a query excludes', () => {
  const corpus = ['a', 'b'].map((id) => ({ id, text: 'the same harbour' }))
  const queries = [{ id: 'q', text: 'harbour', exclude: ['a'] }]
  const folder = makeSet(corpus, queries, [{ query: 'q', doc: 'b', score: 1 }])
  const report = JSON.parse(execFileSync('node', [main, folder, '--json'], { encoding: 'utf8' }))
  expect(report).toMatchObject({ form: 'abstracts', 'R@1': 1 })
})

it('bench:recall says what is not there', () => {
  const { status, stderr } = spawnSync('node', [main, tempFolder()], { encoding: 'utf8' })
  expect(status).toBe(2)
  expect(stderr).toContain('skipped: corpus.jsonl, queries.jsonl, qrels.jsonl')
})

it('measures are those of the books', () => {
  const wanted = new Map([
    ['a', 1],
    ['b', 1],
  ])
  const values = measure(['x', 'a', 'y', 'b'], wanted)
  expect(values).toMatchObject({ 'R@1': 0, 'R@5': 1, 'hit@1': 0, MRR: 0.5 })
  expect(values['nDCG@10']).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3)), 10)
})

it('a difference in most queries is not taken for chance, one in few is', () => {
  const of = (found: (query: number) => string) =>
    Array.from({ length: 60 }, (_, query) => ({
      id: `q${query}`,
      ms: 1,
      ...measure([found(query)], new Map([['a', 1]])),
      found: [],
    }))
  const none = of(() => 'x')
  const earlier = new Map(none.map((result) => [result.id, result]))
  expect(
    comparePaired(
      of((query) => (query % 2 ? 'a' : 'x')),
      earlier,
    ).measures['R@1'],
  ).toMatchObject({
    before: 0,
    after: 0.5,
    p: 0.0001,
  })
  expect(
    comparePaired(
      of((query) => (query === 0 ? 'a' : 'x')),
      earlier,
    ).measures['R@1']?.p,
  ).toBe(1)
})

it.each([
  [['--embedder', 'nonsense'], 'no embedder nonsense: one of lsa, oracle, random'],
  [['--embedder', 'oracle:enormous'], 'no strength enormous: weak, medium, strong or a number'],
  [['--mode', 'fast'], 'no mode fast: one of hybrid, lexical, semantic'],
])('bench:recall refuses %j in one line, with what there is', (args, says) => {
  const { status, stderr } = spawnSync(process.execPath, [main, conversations(), ...args], { encoding: 'utf8' })
  expect([status, stderr.split('\n')[0]]).toEqual([2, says])
  expect(stderr).not.toContain('    at ')
})
