import { describe, expect, it } from 'vitest'
import { everything } from '../../../src/access/namespace.js'
import type { Storage } from '../../../src/storage/storage.js'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  aMemory,
  author,
  day,
  found,
  keys,
  list,
  now,
  operations,
  type Subject,
  tone,
  toValue,
  trail,
} from './subject.js'

const later = now + 1_000

/** Whether any way of reading still gives the memory `user:alice tone`, whose texts all have the word `secret`. */
async function isReadable(storage: Storage, at: number): Promise<Record<string, boolean>> {
  const spans = [everything]
  const versions = await Promise.all([1, 2, 3].map((version) => storage.memories.get({ ...tone, version, now: at })))
  const [item] = await storage.memories.namespaces({ spans, after: '', limit: 9, now: at })
  return {
    get: (await storage.memories.get({ ...tone, now: at })) !== undefined,
    past: (await storage.memories.get({ ...tone, moment: { knownAt: now }, now: at })) !== undefined,
    versions: versions.some((version) => version !== undefined),
    history: (await storage.memories.history({ ...tone, before: 99, limit: 99, now: at })).length > 0,
    list: (await list(storage, { now: at })).length > 0,
    newest: (await list(storage, { now: at, order: 'newest' })).length > 0,
    listOfPast: (await list(storage, { now: at, moment: { knownAt: now } })).length > 0,
    deleted: (await list(storage, { now: at, deleted: true })).length > 0,
    namespaces: item !== undefined,
    search: (await found(storage, 'secret', { now: at })).length > 0,
    searchOfPast: (await found(storage, 'secret', { now: at, moment: { knownAt: now } })).length > 0,
  }
}

const everywhere = (readable: boolean) =>
  Object.fromEntries(
    ['get', 'past', 'versions', 'history', 'list', 'newest', 'listOfPast', 'namespaces', 'search', 'searchOfPast'].map(
      (way) => [way, readable],
    ),
  )
const nowhere = { ...everywhere(false), deleted: false }

export function describeExpiry(subject: Subject): void {
  describe('by expiresAt', () => describeExpiresAt(subject))
  describe('by the job', () => describeJob(subject))
}

function describeExpiresAt(subject: Subject): void {
  it('hides a memory from every read, from that millisecond on, job or no job', async () => {
    const { storage } = subject
    await add(storage, { value: '"secret 1"', expiresAt: later })
    await storage.memories.update({ ...tone, ...toValue('"secret 2"') })
    expect(await isReadable(storage, later - 1)).toEqual({ ...everywhere(true), deleted: false })
    expect(await isReadable(storage, later)).toEqual(nowhere)
    expect(await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: later }) })).toBe(1)
    expect(await isReadable(storage, later)).toEqual(nowhere)
    expect(await isReadable(storage, later + day)).toEqual(nowhere)
  })

  it('lets no older version come back when the latest has expired', async () => {
    const { storage } = subject
    await add(storage, { value: '"secret 1"' })
    await storage.memories.update({ ...tone, ...toValue('"secret 2"'), validFrom: 0, validTo: 10, expiresAt: later })
    expect((await storage.memories.get({ ...tone, now }))?.version).toBe(1)
    expect(await isReadable(storage, later)).toEqual(nowhere)
    await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: later }) })
    expect(await isReadable(storage, later)).toEqual(nowhere)
  })

  it('hides an expired version of a memory that lives on', async () => {
    const { storage } = subject
    await add(storage, { value: '"secret 1"', expiresAt: later })
    await storage.memories.update({ ...tone, ...toValue('"public 2"'), expiresAt: null })
    expect(await storage.memories.get({ ...tone, version: 1, now: later })).toBeUndefined()
    expect(await storage.memories.get({ ...tone, moment: { knownAt: now - 1 }, now: later })).toBeUndefined()
    const history = await storage.memories.history({ ...tone, before: 99, limit: 99, now: later })
    expect(history.map(({ version }) => version)).toEqual([2])
    expect(await storage.memories.get({ ...tone, now: later })).toMatchObject({ version: 2 })
  })

  it('leaves the key free to be used again, before the job and after it', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: later })
    expect(await add(storage, { value: '"new"', chain: 'x' }, { now: later })).toMatchObject({
      version: 2,
      chain: 'chain-1',
    })
    expect(await storage.memories.get({ ...tone, now: later })).toMatchObject({ version: 2, value: '"new"' })
    await storage.memories.update({ ...tone, ...toValue('3', { now: later }), expiresAt: later + 1 })
    await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: later + 1 }) })
    expect(await add(storage, { value: '5' }, { now: later + 1 })).toMatchObject({ version: 5 })
  })

  it('keeps the trash of what was deleted until it would have expired', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: later })
    await storage.memories.delete({ ...tone, author: author() })
    for (const order of ['key', 'newest'] as const) {
      expect(await keys(storage, { deleted: true, order, now: later - 1 })).toEqual(['tone'])
      expect(await keys(storage, { deleted: true, order, now: later })).toEqual([])
    }
  })
}

function describeJob(subject: Subject): void {
  it('deletes in batches by tombstones, one audit line each, until nothing is due', async () => {
    const { storage } = subject
    const entries = Array.from({ length: 5 }, (_, index) =>
      aMemory({ key: `k${index}`, chain: `${index}`, expiresAt: later }),
    )
    await storage.memories.add({ entries: [...entries, aMemory({ key: 'stays' })], author: author() })
    const expire = () =>
      storage.memories.expire({ episodicBefore: null, limit: 2, author: author({ now: later, actor: 'system' }) })
    expect(await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: later - 1 }) })).toBe(
      0,
    )
    expect([await expire(), await expire(), await expire(), await expire()]).toEqual([2, 2, 1, 0])
    const lines = await trail(storage, { subject: 'memory', operation: 'expire' })
    expect(lines.map(({ key, version, actor }) => [key, version, actor]).sort()).toEqual(
      entries.map(({ key }) => [key, 2, 'system']),
    )
    expect(await keys(storage, { now: later })).toEqual(['stays'])
  })

  it('lets episodes go by age, and nothing else of that age', async () => {
    const { storage } = subject
    const old = { now: now - 100 * day }
    await add(storage, { key: 'old episode', chain: '1', type: 'episodic' }, old)
    await add(storage, { key: 'old fact', chain: '2', type: 'semantic' }, old)
    await add(storage, { key: 'old skill', chain: '3', type: 'procedural' }, old)
    await add(storage, { key: 'new episode', chain: '4', type: 'episodic' }, { now: now - 1 })
    await add(storage, { key: 'touched', chain: '5', type: 'episodic' }, old)
    const touched = { namespace: 'user:alice', key: 'touched' }
    await storage.memories.delete({ ...touched, author: author(old) })
    await storage.memories.restore({ ...touched, author: author({ now: now - day }) })

    const episodicBefore = now - 90 * day
    expect(await storage.memories.expire({ episodicBefore, limit: 99, author: author() })).toBe(1)
    expect(await keys(storage)).toEqual(['new episode', 'old fact', 'old skill', 'touched'])
    const episode = { namespace: 'user:alice', key: 'old episode' }
    expect(await storage.memories.get({ ...episode, now })).toBeUndefined()
    expect(
      (await storage.memories.history({ ...episode, before: 99, limit: 9, now })).map(({ deleted }) => deleted),
    ).toEqual([1, 0])
    expect(await storage.memories.history({ ...touched, before: 99, limit: 9, now })).toHaveLength(3)
    expect(await operations(storage, { entry: episode })).toEqual(['memory create', 'memory expire'])
    expect(await storage.memories.expire({ episodicBefore, limit: 99, author: author() })).toBe(0)
    await refusal(storage.memories.update({ ...episode, ...toValue('1') }), 'not_found')
  })

  it('takes an episode recorded exactly at the border', async () => {
    const { storage } = subject
    await add(storage, { type: 'episodic' }, { now: 1_000 })
    expect(await storage.memories.expire({ episodicBefore: 999, limit: 9, author: author() })).toBe(0)
    expect(await storage.memories.expire({ episodicBefore: 1_000, limit: 9, author: author() })).toBe(1)
  })

  it('counts once what is due for both reasons, and keeps to its limit', async () => {
    const { storage } = subject
    const both = { type: 'episodic', expiresAt: now } as const
    for (const key of ['a', 'b', 'c']) await add(storage, { key, chain: key, ...both }, { now: 0 })
    for (const key of ['d', 'e']) await add(storage, { key, chain: key, type: 'episodic' }, { now: 1 })
    const expire = (limit: number) => storage.memories.expire({ episodicBefore: 1, limit, author: author() })
    expect([await expire(2), await expire(2), await expire(2), await expire(2)]).toEqual([2, 2, 1, 0])
    expect(await trail(storage, { subject: 'memory', operation: 'expire' })).toHaveLength(5)
  })
}
