import Database from 'better-sqlite3'
import { beforeEach, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../../src/storage/storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { answerAll, dueIn, openSpace, progressOf, space } from '../contract/embedding-subject.js'
import { add, author, now, tone } from '../contract/subject.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const

let storage: Storage
let db: Database.Database
beforeEach(async () => {
  const path = newPath()
  storage = await openSqliteStorage({ ...options, path })
  db = new Database(path)
  return async () => {
    db.close()
    await storage.close()
  }
})

interface Code {
  seq: number
  item: number
  code: Buffer | null
}

const codes = () =>
  db.prepare<[], Code>('select change_seq as seq, item, code from embedding_codes order by change_seq').all()
const vectors = () => db.prepare<[], number>('select change_seq from embedding_vectors').pluck().all()
const forget = () => storage.memories.delete({ ...tone, author: author({ now: now + 1 }) })

it('a vector that goes leaves word of it under a new number, once', async () => {
  await openSpace(storage)
  await add(storage)
  await answerAll(storage)
  const [first] = codes()
  expect(first).toMatchObject({ code: Buffer.of(3) })
  expect(vectors()).toEqual([first?.seq])
  await forget()
  const [gone, ...others] = codes()
  expect(others).toEqual([])
  expect(gone).toMatchObject({ item: first?.item, code: null })
  expect(gone?.seq).toBeGreaterThan(first?.seq ?? Number.POSITIVE_INFINITY)
  expect(vectors()).toEqual([])
})

it('what is given the number of something gone takes the place of that word', async () => {
  await openSpace(storage)
  await add(storage)
  await answerAll(storage)
  const [first] = codes()
  await forget()
  const [gone] = codes()
  await add(storage, { key: 'other', chain: 'other' })
  expect(await dueIn(storage)).toMatchObject([{ item: first?.item, text: 'other: concise' }])
  await storage.memories.delete({ namespace: 'user:alice', key: 'other', author: author() })
  expect(codes()).toEqual([gone])
  await add(storage, { key: 'third', chain: 'third' })
  await answerAll(storage)
  const [again, ...others] = codes()
  expect(others).toEqual([])
  expect(again).toMatchObject({ item: first?.item, code: Buffer.of(3) })
  expect(again?.seq).toBeGreaterThan(gone?.seq ?? Number.POSITIVE_INFINITY)
})

it('what is given the number of something gone gets a job in a space that comes back, too', async () => {
  await openSpace(storage)
  await add(storage)
  await answerAll(storage)
  await openSpace(storage, 'fake/other/2')
  await answerAll(storage, 'fake/other/2')
  await storage.embeddings.activate({ space: 'fake/other/2', attempts: 8, author: author() })
  await forget()
  await add(storage, { key: 'other', chain: 'other' })
  await storage.embeddings.rollback({ space, author: author() })
  expect(await answerAll(storage)).toBe(1)
  expect(await progressOf(storage)).toMatchObject({ vectors: 1 })
})

it('rows that are purged by hand or by a cascade take their vectors, in every space', async () => {
  await add(storage)
  await openSpace(storage)
  await answerAll(storage)
  await openSpace(storage, 'fake/other/2')
  await answerAll(storage, 'fake/other/2')
  await storage.embeddings.activate({ space: 'fake/other/2', attempts: 8, author: author() })
  expect(vectors()).toHaveLength(2)
  db.exec('delete from memory_entries')
  expect(vectors()).toEqual([])
  expect(codes().map(({ code }) => code)).toEqual([null, null])
  for (const name of [space, 'fake/other/2']) expect(await progressOf(storage, name)).toMatchObject({ vectors: 0 })
})

it('a space takes its vectors with it, and its number is never that of another', async () => {
  const ids = () => db.prepare<[], number>('select id from embedding_spaces').pluck().all()
  await add(storage)
  await openSpace(storage)
  await answerAll(storage)
  const [first] = ids()
  expect(await storage.embeddings.drop({ space, limit: 9, author: author() })).toBe(true)
  expect([ids(), codes(), vectors()]).toEqual([[], [], []])
  await openSpace(storage)
  expect(ids()).toEqual([(first ?? 0) + 1])
})

it('a store in memory has spaces, and one that is opened anew has them still', async () => {
  const inMemory = await openSqliteStorage({ ...options, path: ':memory:' })
  await openSpace(inMemory)
  await add(inMemory)
  expect(await answerAll(inMemory)).toBe(1)
  await inMemory.close()
  await openSpace(storage)
  await add(storage)
  const another = await openSqliteStorage({ ...options, path: db.name, create: false })
  expect(await answerAll(another)).toBe(1)
  await another.close()
})
