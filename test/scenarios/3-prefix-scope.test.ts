import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import type { MemoryType } from '../../src/memories/memory.js'
import { openStore } from '../store.js'

it("a namespace gives its own rows in every depth and no neighbour's among 100,000", async () => {
  const { cairn, path } = await openStore()
  const types: MemoryType[] = ['semantic', 'procedural']
  for (const user of ['alice', 'alicebob', 'alice_x', 'bob', 'ALICE', 'alice!x', 'a%']) {
    for (const below of ['', ':prefs', ':prefs:ui', ':notes']) {
      await cairn.memories.addMany(
        types.map((type) => ({ namespace: `user:${user}${below}`, key: type, value: user, type })),
      )
    }
  }
  addNoise(path, 100_000)

  const asks = [
    () => cairn.memories.list({ namespace: 'user:alice', limit: 1000 }),
    () => cairn.memories.list({ namespace: 'user:alice', limit: 1000, order: 'newest' }),
    () => cairn.as({ user: 'alice' }).memories.list({ limit: 1000 }),
  ]
  for (const ask of asks) {
    const { items } = await ask()
    expect(items).toHaveLength(8)
    expect(new Set(items.map(({ value }) => value))).toEqual(new Set(['alice']))
  }
  const { items: typed } = await cairn.memories.list({ namespace: 'user:alice', type: 'procedural' })
  expect(typed.map(({ namespace }) => namespace)).toEqual([
    'user:alice',
    'user:alice:notes',
    'user:alice:prefs',
    'user:alice:prefs:ui',
  ])
  const page = await cairn.memories.list({ namespace: 'user:alice', limit: 3 })
  expect(page.items).toHaveLength(3)
  expect(page.next).not.toBeNull()
})

/** Other people's rows, put there by hand, since the front door takes half a minute for so many. */
function addNoise(path: string, count: number): void {
  const db = new Database(path)
  db.prepare(
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
     insert into memory_entries (chain, namespace, key, version, type, value, recorded_at, created_at, created_by, updated_by)
     select 'noise', 'user:noise' || (i % 1000), 'k' || i, 1, 'semantic', '"noise"', i, i, 'root', 'root' from n`,
  ).run(count)
  db.close()
}
