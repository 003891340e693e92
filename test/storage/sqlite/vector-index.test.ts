import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { currentCodes, findActiveSpace } from '../../../src/storage/sqlite/vector-index.js'
import type { Storage } from '../../../src/storage/storage.js'
import type { CodeIndex } from '../../../src/vectors/code-index.js'
import { encode } from '../../../src/vectors/codes.js'
import { vectorOf } from '../../embeddings/fake-embedder.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { answers, aSpace, dueIn, space } from '../contract/embedding-subject.js'
import { add, author, now } from '../contract/subject.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 1_000, maxPages: 0, threads: false } as const
const dimensions = 8

let storage: Storage
/** Two that search, beside the one that writes. */
let often: Database.Database
let seldom: Database.Database
beforeEach(async () => {
  const path = newPath()
  storage = await openSqliteStorage({ ...options, path })
  await storage.embeddings.open({ ...aSpace({ dimensions }), author: author() })
  ;[often, seldom] = [new Database(path), new Database(path)]
  return async () => {
    often.close()
    seldom.close()
    await storage.close()
  }
})

function codesOf(db: Database.Database): CodeIndex {
  const active = findActiveSpace(db)
  if (active === undefined) throw new Error('no space is active')
  return currentCodes(db, active)
}

async function remember(...keys: string[]): Promise<void> {
  for (const key of keys) await add(storage, { key, chain: key, value: `"${key}"` })
  const vectors = (await dueIn(storage)).map(({ item, hash, text }) => {
    const vector = vectorOf(text, dimensions)
    return { item, hash, vector: new Uint8Array(vector.buffer), code: encode(vector) }
  })
  await storage.embeddings.save(answers({ space, vectors }))
}

async function forget(...keys: string[]): Promise<void> {
  for (const key of keys)
    await storage.memories.delete({ namespace: 'user:alice', key, author: author({ now: now + 1 }) })
}

/** What is near to anything, by the codes in memory, and by the rows. */
const inMemory = (db: Database.Database): number[] =>
  codesOf(db)
    .search(vectorOf('x', dimensions), 100)
    .map(({ item }) => item)
    .sort((a, b) => a - b)
const inRows = (): number[] =>
  often.prepare<[], number>('select item from embedding_codes where code is not null order by item').pluck().all()

describe('codes in memory', () => {
  it('follow what others add, change and take away, and are read once', async () => {
    await remember('a', 'b', 'c')
    const codes = codesOf(often)
    expect(inMemory(often)).toEqual(inRows())
    await forget('a')
    await remember('d')
    expect(inMemory(often)).toEqual(inRows())
    expect(codesOf(often)).toBe(codes)
    expect(codes.size).toBe(3)
  })

  it('are read anew by whoever has not heard of what is forgotten by now, and only by such a one', async () => {
    await remember('a', 'b', 'c', 'd')
    const [heldOften, heldSeldom] = [codesOf(often), codesOf(seldom)]
    await forget('a', 'b')
    expect(inMemory(often)).toEqual(inRows())
    expect(await storage.embeddings.prune({ keep: 0, limit: 9 })).toBe(2)
    for (const db of [often, seldom]) expect(inMemory(db)).toEqual(inRows())
    expect(codesOf(often)).toBe(heldOften)
    expect(codesOf(seldom)).not.toBe(heldSeldom)
  })

  it('are read anew once, though the newest change is forgotten', async () => {
    await remember('a', 'b')
    codesOf(seldom)
    await forget('b')
    await storage.embeddings.prune({ keep: 0, limit: 9 })
    const anew = codesOf(seldom)
    expect(inMemory(seldom)).toEqual(inRows())
    expect(codesOf(seldom)).toBe(anew)
    await remember('c')
    expect(inMemory(seldom)).toEqual(inRows())
    expect(codesOf(seldom)).toBe(anew)
  })

  it('of a store of which all is forgotten are none', async () => {
    await remember('a')
    codesOf(seldom)
    await forget('a')
    await storage.embeddings.prune({ keep: 0, limit: 9 })
    const anew = codesOf(seldom)
    expect(anew.size).toBe(0)
    expect(codesOf(seldom)).toBe(anew)
  })

  it('are those of the space that is active', async () => {
    await remember('a', 'b')
    const codes = codesOf(often)
    await storage.embeddings.open({ ...aSpace({ name: 'fake/other/8', dimensions }), author: author() })
    await remember('c')
    expect(codesOf(often)).toBe(codes)
    expect(codes.size).toBe(3)
  })
})
