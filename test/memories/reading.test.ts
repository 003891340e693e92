import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { NewMemoryInput } from '../../src/memories/memory-inputs.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore, withStore } from '../store.js'

const place = { namespace: 'user:alice', key: 'city' } as const
const semantic = { ...place, type: 'semantic' } as const

function names(items: { namespace: string; key: string }[]): string[] {
  return items.map(({ namespace, key }) => `${namespace} ${key}`)
}

async function addAll(cairn: Cairn, ...entries: Partial<NewMemoryInput>[]): Promise<void> {
  for (const entry of entries) await cairn.memories.add({ ...semantic, value: 0, ...entry })
}

describe('getting a memory', () => {
  it('answers with nothing where nothing is', async () => {
    const { cairn } = await openStore()
    expect(await cairn.memories.get('user:alice', 'city')).toBeNull()
    await addAll(cairn, {})
    expect(await cairn.memories.get('user:alice', 'City')).toBeNull()
    expect(await cairn.memories.get('user:alice:x', 'city')).toBeNull()
    expect(await cairn.memories.get('user:alice', 'city', { version: 2 })).toBeNull()
  })

  it('gives each version, a tombstone too, when it is asked for by number', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ ...semantic, value: 'Berlin' })
    await cairn.memories.update('user:alice', 'city', 'Paris')
    await cairn.memories.delete('user:alice', 'city')
    expect(await cairn.memories.get('user:alice', 'city')).toBeNull()
    const versions = await Promise.all(
      [1, 2, 3].map((version) => cairn.memories.get('user:alice', 'city', { version })),
    )
    expect(versions.map((memory) => [memory?.value, memory?.deleted])).toEqual([
      ['Berlin', false],
      ['Paris', false],
      [null, true],
    ])
    expect(versions[0]?.supersededAt).toBe(versions[1]?.recordedAt)
    expect(versions[2]?.supersededAt).toBeNull()
  })

  it('goes back on either clock', async () => {
    const { cairn, clock } = await openStore()
    clock.set(1_000)
    await cairn.memories.add({ ...semantic, value: 'Berlin' })
    clock.set(2_000)
    await cairn.memories.update('user:alice', 'city', 'Paris', { validFrom: 1_500 })
    clock.set(3_000)
    await cairn.memories.delete('user:alice', 'city')
    clock.set(4_000)
    const at = async (validAt?: number, knownAt?: number) =>
      (
        await cairn.memories.get('user:alice', 'city', {
          ...(validAt !== undefined && { validAt }),
          ...(knownAt !== undefined && { knownAt }),
        })
      )?.value
    expect(await at(1_400, 1_999)).toBe('Berlin')
    expect(await at(1_600, 1_999)).toBe('Berlin')
    expect(await at(1_400, 2_500)).toBe('Berlin')
    expect(await at(1_600, 2_500)).toBe('Paris')
    expect(await at(undefined, 2_500)).toBe('Paris')
    expect(await at(undefined, 999)).toBeUndefined()
    expect(await at(1_600)).toBeUndefined()
    expect(await at()).toBeUndefined()
  })

  it('gives nothing that has expired, whatever version or moment is asked for, job or no job', async () => {
    const { cairn, clock } = await openStore()
    clock.set(1_000)
    await cairn.memories.add({ ...semantic, value: 'old' })
    await cairn.memories.update('user:alice', 'city', 'new', { expiresAt: 5_000 })
    const asks = () =>
      Promise.all([
        cairn.memories.get('user:alice', 'city'),
        cairn.memories.get('user:alice', 'city', { version: 1 }),
        cairn.memories.get('user:alice', 'city', { knownAt: 4_000, validAt: 0 }),
        cairn.memories.list().then(({ items }) => items[0] ?? null),
        cairn.memories.list({ knownAt: 4_000 }).then(({ items }) => items[0] ?? null),
        cairn.memories.history('user:alice', 'city').then(({ items }) => items[0] ?? null),
        cairn.memories.namespaces().then(({ items }) => items[0] ?? null),
        cairn.search('new old').then(({ hits }) => hits[0] ?? null),
      ])
    clock.set(4_900)
    expect(await asks()).not.toContain(null)
    clock.set(5_000)
    expect(await asks()).toEqual(Array(8).fill(null))
    await cairn.memories.cleanupExpired()
    expect(await asks()).toEqual(Array(8).fill(null))
  })

  it.each([
    [{ version: 0 }, 'version'],
    [{ version: 1.5 }, 'version'],
    [{ knownAt: 'yesterday' }, 'knownAt is not a time: "yesterday"'],
    [{ validat: 1 }, 'validat'],
  ])('refuses %j', async (options, why) => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.memories.get('user:alice', 'city', options as never), 'invalid_input')
    expect(error.message).toContain(why)
  })
})

describe('listing memories', () => {
  it('is in the order of namespaces and keys as bytes, within a namespace and below it', async () => {
    const { cairn } = await openStore()
    await addAll(
      cairn,
      { key: 'b' },
      { key: 'a' },
      { key: '\uffff' },
      { key: '😀' },
      { namespace: 'user:alice!x' },
      { namespace: 'user:alice:prefs' },
      { namespace: 'user:alicebob' },
      { namespace: 'app:shop' },
    )
    const { items } = await cairn.memories.list({ namespace: 'user:alice' })
    expect(names(items)).toEqual([
      'user:alice a',
      'user:alice b',
      'user:alice \uffff',
      'user:alice 😀',
      'user:alice:prefs city',
    ])
    expect((await cairn.memories.list()).items.map(({ namespace }) => namespace)).toEqual([
      'app:shop',
      ...Array(4).fill('user:alice'),
      'user:alice!x',
      'user:alice:prefs',
      'user:alicebob',
    ])
  })

  it('is newest first when asked for, over several namespaces of one caller too', async () => {
    const { cairn } = await openStore()
    await addAll(cairn, { key: 'a' }, { namespace: 'app:shop', key: 'b' }, { key: 'c' }, { namespace: 'user:bob' })
    await cairn.memories.update('user:alice', 'a', 1)
    const alice = cairn.as({ user: 'alice', app: 'shop' })
    for (const limit of [1, 2, 10]) {
      const items = await allPages((cursor) =>
        alice.memories.list({ order: 'newest', limit, ...(cursor !== undefined && { cursor }) }),
      )
      expect(items.map(({ key }) => key)).toEqual(['a', 'c', 'b'])
    }
    expect((await cairn.memories.list({ order: 'newest' })).items.map(({ key }) => key)).toEqual([
      'a',
      'city',
      'c',
      'b',
    ])
  })

  it('loses nobody to a version that is not true yet, newest first and page by page', async () => {
    const { cairn } = await openStore()
    await addAll(cairn, { key: 'a' }, { key: 'b' }, { key: 'c' })
    await cairn.memories.update('user:alice', 'a', 'later', { validFrom: '2030-01-01' })
    for (const namespace of [undefined, 'user:alice']) {
      const items = await allPages((cursor) =>
        cairn.memories.list({
          order: 'newest',
          limit: 1,
          ...(namespace !== undefined && { namespace }),
          ...(cursor !== undefined && { cursor }),
        }),
      )
      expect(items.map(({ key }) => key).sort()).toEqual(['a', 'b', 'c'])
      expect(items.find(({ key }) => key === 'a')?.version).toBe(1)
    }
  })

  it('takes filters, alone and together', async () => {
    const { cairn } = await openStore()
    await addAll(
      cairn,
      { key: 'a', metadata: { source: 'chat', n: 1, ok: true, none: null } },
      { key: 'b', type: 'procedural', metadata: { source: 'chat', n: 2 } },
      { key: 'c', type: 'episodic', metadata: { source: ['chat'] } },
      { key: 'd', metadata: { n: '1' } },
    )
    await cairn.as({ user: 'alice', agent: 'x' }).memories.add({ ...semantic, key: 'e', value: 0 })
    const keys = async (query: Parameters<typeof cairn.memories.list>[0]) =>
      (await cairn.memories.list(query)).items.map(({ key }) => key).join('')
    expect(await keys({ type: 'semantic' })).toBe('ade')
    expect(await keys({ createdBy: 'agent:x' })).toBe('e')
    expect(await keys({ createdBy: 'root', order: 'newest' })).toBe('dcba')
    expect(await keys({ createdBy: 'root', type: 'semantic', order: 'newest' })).toBe('da')
    expect(await keys({ metadata: { source: 'chat' } })).toBe('abc')
    expect(await keys({ metadata: { source: ['chat'], n: 2 } })).toBe('b')
    expect(await keys({ metadata: { source: 'chat', n: 1 } })).toBe('a')
    expect(await keys({ metadata: { n: '1' } })).toBe('d')
    expect(await keys({ metadata: { ok: true } })).toBe('a')
    expect(await keys({ metadata: { none: null } })).toBe('a')
    expect(await keys({ metadata: {} })).toBe('abcde')
    expect(await keys({ metadata: { missing: 'x' } })).toBe('')
    expect(await keys({ metadata: JSON.parse('{"__proto__":1}') })).toBe('')
    expect(await keys({ type: 'semantic', metadata: { source: 'chat' }, namespace: 'user:alice' })).toBe('a')
    expect(await keys({ namespace: 'user:bob' })).toBe('')
  })

  it('of what is deleted shows tombstones until the key lives again', async () => {
    const { cairn } = await openStore()
    await addAll(cairn, { key: 'a' }, { key: 'b' }, { namespace: 'user:bob' })
    await cairn.memories.delete('user:alice', 'a')
    await cairn.memories.delete('user:bob', 'city')
    const deleted = async (order?: 'key' | 'newest') =>
      (await cairn.memories.list({ deleted: true, ...(order && { order }) })).items
    expect(names(await deleted())).toEqual(['user:alice a', 'user:bob city'])
    expect(names(await deleted('newest'))).toEqual(['user:bob city', 'user:alice a'])
    expect((await deleted())[0]).toMatchObject({ deleted: true, value: null, version: 2 })
    expect(names((await cairn.memories.list()).items)).toEqual(['user:alice b'])
    await cairn.memories.restore('user:alice', 'a')
    expect(names(await deleted())).toEqual(['user:bob city'])
  })

  it('goes back on both clocks', async () => {
    const { cairn, clock } = await openStore()
    clock.set(1_000)
    await addAll(cairn, { key: 'a', value: 'first' }, { key: 'b', validFrom: 5_000 })
    clock.set(2_000)
    await cairn.memories.update('user:alice', 'a', 'second')
    await cairn.memories.delete('user:alice', 'b')
    const values = async (knownAt: number, validAt: number) =>
      (await cairn.memories.list({ knownAt, validAt })).items.map(({ value }) => value)
    expect(await values(1_500, 1_500)).toEqual(['first'])
    expect(await values(1_500, 6_000)).toEqual(['first', 0])
    expect(await values(3_000, 6_000)).toEqual(['second'])
    expect(await values(999, 6_000)).toEqual([])
  })

  it('gives every page once, while others are adding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 15 }),
        fc.array(fc.nat(40), { maxLength: 10 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('key' as const, 'newest' as const),
        (first, later, limit, order) =>
          withStore(async ({ cairn }) => {
            const key = (n: number) => `k${String(n).padStart(2, '0')}`
            await cairn.memories.addMany(first.map((n) => ({ ...semantic, key: key(n), value: n })))
            const waiting = later.filter((n) => !first.includes(n))
            const seen = await allPages(async (cursor) => {
              const page = await cairn.memories.list({ order, limit, ...(cursor !== undefined && { cursor }) })
              const next = waiting.pop()
              if (next !== undefined && !waiting.includes(next)) await addAll(cairn, { key: key(next), value: next })
              return page
            })
            const keys = seen.map((memory) => memory.key)
            expect(new Set(keys).size).toBe(keys.length)
            expect(keys.filter((name) => first.some((n) => key(n) === name)).sort()).toEqual(first.map(key).sort())
            if (order === 'key') expect(keys).toEqual([...keys].sort())
          }),
      ),
      { numRuns: 15, interruptAfterTimeLimit: 5_000 },
    )
  })

  it.each([
    [{ namespace: 'user' }, 'it has no segment'],
    [{ type: 'fact' }, 'type'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 1001 }, 'limit'],
    [{ order: 'oldest' }, 'order'],
    [{ order: 'newest', knownAt: 5 }, 'takes no knownAt'],
    [{ deleted: true, knownAt: 5 }, 'takes neither knownAt nor validAt'],
    [
      { metadata: { deep: {} } },
      'metadata.deep: expected text, a number, true, false, null or a list of 1 to 100 of them',
    ],
    [{ metadata: { tags: [] } }, 'metadata.tags: expected text, a number, true, false, null or a list of 1 to 100'],
    [{ metadata: { tags: ['sea', ['ship']] } }, 'received a list with an array'],
    [{ metadata: { rank: Number.NaN } }, 'received NaN'],
    [{ metadata: { tags: Array(101).fill('x') } }, 'received a list of 101'],
    [{ cursor: 'nonsense' }, 'cursor'],
    [{ prefix: 'user:a' }, 'prefix'],
  ])('refuses %j', async (query, why) => {
    const { cairn } = await openStore()
    expect((await refusal(cairn.memories.list(query as never), 'invalid_input')).message).toContain(why)
  })
})

describe('the history of a memory', () => {
  it('has every version, newest first, page by page', async () => {
    const { cairn } = await openStore()
    await addAll(cairn, { value: 1 })
    for (const value of [2, 3]) await cairn.memories.update('user:alice', 'city', value)
    await cairn.memories.delete('user:alice', 'city')
    await cairn.memories.restore('user:alice', 'city', { version: 1 })
    for (const limit of [1, 2, 50]) {
      const items = await allPages((cursor) =>
        cairn.memories.history('user:alice', 'city', { limit, ...(cursor !== undefined && { cursor }) }),
      )
      expect(items.map(({ version, value }) => [version, value])).toEqual([
        [5, 1],
        [4, null],
        [3, 3],
        [2, 2],
        [1, 1],
      ])
    }
  })

  it('is empty for what never was', async () => {
    const { cairn } = await openStore()
    expect(await cairn.memories.history('user:alice', 'city')).toEqual({ items: [], next: null })
  })
})

describe('the namespaces', () => {
  it('are those with live memories, with counts, in order and page by page', async () => {
    const { cairn } = await openStore()
    await addAll(cairn, { key: 'a' }, { key: 'b' }, { namespace: 'user:alice:x' }, { namespace: 'user:bob' })
    await addAll(cairn, { namespace: 'app:shop' }, { namespace: 'user:alice!x' })
    await cairn.memories.delete('user:bob', 'city')
    expect((await cairn.memories.namespaces()).items).toEqual([
      { namespace: 'app:shop', memories: 1 },
      { namespace: 'user:alice', memories: 2 },
      { namespace: 'user:alice!x', memories: 1 },
      { namespace: 'user:alice:x', memories: 1 },
    ])
    const within = await allPages((cursor) =>
      cairn.memories.namespaces({ within: 'user:alice', limit: 1, ...(cursor !== undefined && { cursor }) }),
    )
    expect(within.map(({ namespace }) => namespace)).toEqual(['user:alice', 'user:alice:x'])
    const own = await cairn.as({ user: 'alice', app: 'shop' }).memories.namespaces()
    expect(own.items.map(({ namespace }) => namespace)).toEqual(['app:shop', 'user:alice', 'user:alice:x'])
    expect((await cairn.as({}).memories.namespaces()).items).toEqual([])
  })
})
