import Database, { type Statement } from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { kindToken } from '../../../src/search/index-text.js'
import type { NewMemory } from '../../../src/storage/memory-store.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import type { Storage } from '../../../src/storage/storage.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import {
  add,
  aMemory,
  anEvent,
  answer,
  append,
  author,
  createSession,
  found,
  now,
  search,
  tone,
  toValue,
} from '../contract/subject.js'

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

/** As many as are read of a posting list at once, and some more. */
const crowd = 6_000

describe('what may not be found takes no place from what may', () => {
  async function fresh(): Promise<{
    storage: Storage
    remember: (key: string, changes?: Partial<NewMemory>) => Promise<void>
    path: string
  }> {
    const path = newPath()
    const opened = await openSqliteStorage({ ...options, path })
    onTestFinished(() => opened.close())
    const remember = async (key: string, changes: Partial<NewMemory> = {}) => {
      await opened.memories.add({ entries: [aMemory({ key, chain: key, ...changes })], author: author() })
    }
    return { storage: opened, remember, path }
  }

  async function rememberMany(to: Storage, changes: Partial<NewMemory>): Promise<void> {
    for (let from = 0; from < crowd; from += 1_000) {
      const keys = Array.from({ length: 1_000 }, (_, index) => `many ${from + index}`)
      const entries = keys.map((key) => aMemory({ key, chain: key, value: '"alpha"', ...changes }))
      await to.memories.add({ entries, author: author() })
    }
  }

  it('when thousands of newer memories have expired', async () => {
    const { storage, remember } = await fresh()
    await remember('live', { value: '"alpha and more"' })
    await rememberMany(storage, { expiresAt: now + 5 })
    expect(await found(storage, 'alpha', { limit: 3, now: now + 5 })).toEqual(['user:alice live 1'])
    expect(await found(storage, 'alpha other', { limit: 3, now: now + 5 })).toEqual(['user:alice live 1'])
  })

  it('when thousands of newer memories are not valid at the moment', async () => {
    const { storage, remember } = await fresh()
    await remember('old', { value: '"alpha"', validTo: now - 100 })
    await rememberMany(storage, { validFrom: now })
    expect(await found(storage, 'alpha', { limit: 3, moment: { validAt: now - 200 } })).toEqual(['user:alice old 1'])
  })

  it('when thousands of newer events were not known then', async () => {
    const { storage } = await fresh()
    await createSession(storage)
    await append(storage, [anEvent({ eventId: 'first', content: '{"text":"alpha"}' })], { now })
    for (let batch = 0; batch < crowd / 1_000; batch++) {
      const events = Array.from({ length: 1_000 }, (_, index) =>
        anEvent({ eventId: `${batch} ${index}`, content: '{"text":"alpha"}' }),
      )
      await append(storage, events, { now: now + 1 })
    }
    expect(await found(storage, 'alpha', { moment: { knownAt: now } })).toEqual(['s1 1'])
  })

  it('on any page: the pages of an answer are its parts, however far down its rows are', async () => {
    const { storage, remember } = await fresh()
    for (let index = 0; index < 150; index++)
      await remember(`live ${index}`, { value: `"alpha ${'beta '.repeat(index % 7)}"` })
    await rememberMany(storage, { expiresAt: now + 5 })
    for (let index = 150; index < 200; index++) await remember(`live ${index}`, { value: '"alpha"' })
    const whole = await search(storage, 'alpha beta', { limit: 300, now: now + 5 })
    expect(whole).toHaveLength(200)
    expect(whole.map(({ score }) => score)).toEqual(whole.map(({ score }) => score).sort((a, b) => b - a))
    const pages = await Promise.all(
      [0, 60, 120, 180].map((offset) => search(storage, 'alpha beta', { offset, limit: 60, now: now + 5 })),
    )
    expect(pages.flat()).toEqual(whole)
  })

  it('and where that would be endless, the answer says so', async () => {
    const { storage, remember, path } = await fresh()
    await remember('live', { value: '"alpha"' })
    await remember('expired', { value: '"alpha"', expiresAt: now + 5 })
    const db = new Database(path)
    db.exec(`
      with recursive n(i) as (select 10 union all select i + 1 from n where i < 100020)
      insert into search_items (id, kind, ref, namespace, type, time, text_version) select i, 'event', -i, '', '', 0, 2 from n;
      insert into search_text (rowid, scope, title, body) select id, '${kindToken('event')}', '', 'alpha' from search_items where ref < 0`)
    db.close()
    const cut = await answer(storage, 'alpha', { now: now + 5 })
    expect(cut).toEqual({
      hits: [],
      degraded: [expect.stringMatching(/^lexical: looked at 100,000 .* older ones may be missing$/)],
    })
    expect((await answer(storage, 'alpha', { now: now + 5, moment: { knownAt: now } })).degraded).toHaveLength(1)
    expect(await found(storage, 'expired', { now })).toEqual(['user:alice expired 1'])
  })
})

it('a memory of thousands of versions, each from its own moment on, costs one look at its chain', async () => {
  const windows = await openSqliteStorage({ ...options, path: newPath() })
  onTestFinished(() => windows.close())
  await add(windows, { value: '"alpha"' })
  const updates = Array.from({ length: 3_000 }, (_, index) =>
    windows.memories.update({ ...tone, ...toValue(`"alpha ${index}"`), validFrom: now + index + 1 }),
  )
  await Promise.all(updates)
  const { prototype } = new Database(':memory:').prepare('select 1').constructor as unknown as { prototype: Statement }
  const looks = vi.spyOn(prototype, 'get')
  onTestFinished(() => looks.mockRestore())
  for (const [moment, version] of [
    [{}, 1],
    [{ validAt: now + 1_000 }, 1_001],
    [{ validAt: now + 9_000 }, 3_001],
  ] as const) {
    looks.mockClear()
    expect(await found(windows, 'alpha', { moment })).toEqual([`user:alice tone ${version}`])
    expect(looks.mock.calls.length).toBeGreaterThan(0)
    expect(looks.mock.calls.length).toBeLessThan(30)
  }
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
