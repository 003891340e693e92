import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../../src/storage/storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { add, anEvent, append, author, createSession, found, now, tone, toValue } from '../contract/subject.js'

const newPath = useTempFolder()

const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, threads: false, maxPages: 0 } as const

/** One session: a first event that says all, and more events than a posting list is read, each with one common word. */
let storage: Storage
beforeAll(async () => {
  storage = await openSqliteStorage({ ...options, path: newPath() })
  await createSession(storage)
  await say(['alpha beta zebra'])
  for (let batch = 0; batch < 6; batch++) await say(Array(1_000).fill('alpha'))
  for (let batch = 0; batch < 6; batch++) await say(Array(1_000).fill('beta'))
})
afterAll(() => storage.close())

let count = 0
async function say(texts: string[]): Promise<void> {
  const events = texts.map((text) => anEvent({ eventId: `e${count++}`, content: JSON.stringify({ text }) }))
  await append(storage, events)
}

describe('a search for words that thousands of rows hold', () => {
  it('finds the one row that has a rare word as well, however old it is', async () => {
    expect((await found(storage, 'alpha zebra', { limit: 3 }))[0]).toBe('s1 1')
  })

  it('puts what has all of the words first, however old it is', async () => {
    expect((await found(storage, 'alpha beta', { limit: 3 }))[0]).toBe('s1 1')
  })

  it('finds the newest where all are alike', async () => {
    expect(await found(storage, 'beta', { limit: 3 })).toEqual(['s1 12001', 's1 12000', 's1 11999'])
  })
})

it('the index holds the versions that can be an answer still, and no others', async () => {
  const path = newPath()
  const memories = await openSqliteStorage({ ...options, path })
  const db = new Database(path, { readonly: true })
  const indexed = (): unknown[] =>
    db
      .prepare(`select version from search_items join memory_entries m on m.id = ref where kind = 'memory' order by 1`)
      .pluck()
      .all()
  const words = (): unknown => db.prepare(`select count(*) from search_text('word')`).pluck().get()
  const update = (from: number | null) => memories.memories.update({ ...tone, ...toValue('"word"'), validFrom: from })
  await add(memories, { value: '"word"' })
  expect(indexed()).toEqual([1])
  await update(now + 10)
  await update(now + 20)
  expect([indexed(), words()]).toEqual([[1, 2, 3], 3])
  await update(null)
  expect([indexed(), words()]).toEqual([[4], 1])
  await update(null)
  expect([indexed(), words()]).toEqual([[5], 1])
  await update(now + 30)
  await memories.memories.delete({ ...tone, author: author() })
  expect([indexed(), words()]).toEqual([[], 0])
  await memories.memories.restore({ ...tone, author: author() })
  expect([indexed(), words()]).toEqual([[8, 9], 2])
  db.close()
  await memories.close()
})
