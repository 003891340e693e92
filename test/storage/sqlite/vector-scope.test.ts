import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { LexicalQuery } from '../../../src/storage/search-store.js'
import { scopeExpression } from '../../../src/storage/sqlite/search-match.js'
import { type FoundRow, rowReader } from '../../../src/storage/sqlite/search-rows.js'
import { findActiveSpace } from '../../../src/storage/sqlite/vector-index.js'
import { openScope } from '../../../src/storage/sqlite/vector-read.js'
import { itemsInScope } from '../../../src/storage/sqlite/vector-scope.js'
import { fakeEmbedder, vectorOf } from '../../embeddings/fake-embedder.js'
import { openStore } from '../../store.js'

const user = { app: 'bench', user: 'alice' }
const day = 86_400_000
const start = Date.UTC(2026, 0, 1)
/** Fields of all plain types, and values that are nearly the same. */
const stored = [
  {},
  { a: 1 },
  { a: '1' },
  { a: 1.5, b: 'é"' },
  { a: true },
  { a: [1, null] },
  { a: null },
  { 'a.b': [[1]] },
]

const wanted = [
  ...[{}, { a: [1] }, { a: ['1'] }, { a: [1.5], b: ['é"'] }, { a: [true] }, { a: [null, 1] }, { a: [null] }],
  ...[{ 'a.b': [1] }, { b: ['é"'] }],
]

/** Memories, events and pages of two users with times and metadata of many kinds, all with vectors. */
async function openFilled() {
  const embedder = fakeEmbedder({ dimensions: 64, batchSize: 50 })
  const { cairn, clock, path, folder } = await openStore({ embedder, background: false })
  for (const name of ['alice', 'bob']) {
    const type = 'semantic' as const
    for (const [index, metadata] of stored.entries()) {
      clock.advance(day)
      await cairn.memories.add({ namespace: `user:${name}`, key: `k${index}`, value: `note ${index}`, type, metadata })
    }
    const session = await cairn.as({ app: 'bench', user: name }).sessions.create({})
    const events = stored.map((_, index) => ({
      ...{ type: 'message' as const, actor: 'user', content: { text: `turn ${index}` } },
      timestamp: start + index * day,
    }))
    await cairn.as({ app: 'bench', user: name }).sessions.appendEvents(session.id, events)
    const root = join(folder, name)
    mkdirSync(root)
    for (const [index, metadata] of stored.entries()) {
      const file = join(root, `p${index}.md`)
      writeFileSync(file, `---\n${JSON.stringify(metadata)}\n---\n# Page ${index}\n\nOf ${name}.\n`)
      utimesSync(file, new Date(start + index * day), new Date(start + index * day))
    }
    await cairn.documents.sync(root, { namespace: `user:${name}` })
  }
  await cairn.embeddings.migrate()
  await cairn.embeddings.run()
  return { cairn, clock, path }
}

const namespaces = ['user:alice']
const everything = { memories: {}, events: {}, documents: {} }
const ofAlice = { memories: { namespaces }, events: { owner: user }, documents: { namespaces } }

const times = [{}, { from: start + 3 * day }, { to: start + 5 * day }, { from: start + day, to: start + 4 * day }]
const filters: Partial<LexicalQuery>[] = times.flatMap((time) => [
  time,
  ...wanted.map((metadata) => ({ ...time, metadata: JSON.stringify(metadata) })),
])

const idsOf = (rows: FoundRow[]): (number | undefined)[] => rows.map(({ id }) => id)

describe('what a filter leaves for vectors', () => {
  it('is what rows pass by themselves, of one user and of the whole store', async () => {
    const { path } = await openFilled()
    const db = new Database(path)
    const all = db.prepare<[], number>('select id from search_items order by id').pluck().all()
    const now = start + 100 * day
    let [kept, left] = [0, 0]
    for (const scope of [everything, ofAlice]) {
      for (const filter of filters) {
        const query: LexicalQuery = { ...scope, ...filter, terms: [], now, limit: 10 }
        const passing = idsOf(rowReader(db, query)(all.map((id) => ({ id, score: 0 }))))
        const found = [...(itemsInScope(db, scopeExpression(query), query) ?? all)]
        expect(found, JSON.stringify(filter)).toEqual(passing)
        kept += found.length
        left += all.length - found.length
      }
    }
    db.close()
    expect([kept, left].every((count) => count > 300)).toBe(true)
  })

  it('is all there is among the nearest, however much else is nearer', async () => {
    const { path } = await openFilled()
    const db = new Database(path)
    const space = findActiveSpace(db)
    if (space === undefined) throw new Error('no space is active')
    const query = { ...ofAlice, metadata: '{"a":[1]}', terms: [], now: start + 100 * day, limit: 1 }
    const scope = openScope(db, space, query, vectorOf('turn 3', 64))
    for (const near of [scope?.nearest(1), scope?.nearby(1)]) {
      const [first] = near ?? []
      expect(near).toHaveLength(1)
      expect([...(itemsInScope(db, scopeExpression(query), query) ?? [])]).toContain(first?.id)
    }
    db.close()
  })
})

describe('estimates of cosines', () => {
  it('are those of the items that have a vector, and not far off', async () => {
    const { path } = await openFilled()
    const db = new Database(path)
    const space = findActiveSpace(db)
    if (space === undefined) throw new Error('no space is active')
    const scope = openScope(db, space, { ...everything, terms: [], now: start, limit: 1 }, vectorOf('turn 3', 64))
    const ids = [3, 1, 2, 9, 999_999]
    const [exact, estimated] = [scope?.cosines(ids), scope?.estimates(ids)]
    expect([...(estimated?.keys() ?? [])].sort()).toEqual([...(exact?.keys() ?? [])].sort())
    expect(estimated?.size).toBe(4)
    for (const [id, cosine] of exact ?? [])
      expect(Math.abs(cosine - (estimated?.get(id) ?? Number.NaN))).toBeLessThan(0.25)
    db.close()
  })
})
