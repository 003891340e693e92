import { describe, expect, it } from 'vitest'
import { compareBytes, everything, spansOf, spansOfAll } from '../../../src/access/namespace.js'
import type { MemoryQuery, NewMemory } from '../../../src/storage/memory-store.js'
import { add, aMemory, author, keys, list, now, type Subject, toValue } from './subject.js'

export function describeMemoryLists(subject: Subject): void {
  describe('of namespaces', () => describeSpans(subject))
  describe('with filters', () => describeFilters(subject))
  describe('in order newest', () => describeNewest(subject))
  describe('of the namespaces there are', () => describeNamespaces(subject))
}

const lookalikes = ['user:alice', 'user:alice:prefs', 'user:alice:prefs:deep', 'user:alice:zoo']
const strangers = [
  'user:alic',
  'user:alice!x',
  'user:alice_x',
  'user:alicebob',
  'user:alice;x',
  'user:bob',
  'user:Alice',
]

function describeSpans(subject: Subject): void {
  it('hold a namespace and what is below it, and nothing that only looks like it', async () => {
    const { storage } = subject
    const entries = [...strangers, ...lookalikes].map((namespace) => aMemory({ namespace, chain: namespace }))
    await storage.memories.add({ entries, author: author() })
    const names = async (spans: MemoryQuery['spans'], order: MemoryQuery['order'] = 'key') =>
      (await list(storage, { spans, order })).map(({ namespace }) => namespace)
    expect(await names(spansOf('user:alice'))).toEqual(lookalikes)
    expect((await names(spansOf('user:alice'), 'newest')).sort()).toEqual([...lookalikes].sort())
    expect(await names(spansOf('user:alice:prefs'))).toEqual(['user:alice:prefs', 'user:alice:prefs:deep'])
    expect(await names(spansOf('user:ali'))).toEqual([])
    expect(await names([])).toEqual([])
    expect(await names([], 'newest')).toEqual([])
    expect(await names([everything])).toHaveLength(lookalikes.length + strangers.length)
  })

  it('come in the byte order of namespace and key', async () => {
    const { storage } = subject
    const names = ['Z', 'a', 'é', '鍵', '\ufffd', '\u{1f5dd}', 'A', 'a b', 'a-b', '%', '_', '*', '[']
    const entries = names.flatMap((name) => [
      aMemory({ namespace: `user:${name}`, key: 'x', chain: name }),
      aMemory({ namespace: 'user:keys', key: name, chain: name }),
    ])
    await storage.memories.add({ entries, author: author() })
    const listed = (await list(storage)).map(({ namespace, key }) => [namespace, key])
    const expected = entries
      .map(({ namespace, key }): [string, string] => [namespace, key])
      .sort((a, b) => compareBytes(a[0], b[0]) || compareBytes(a[1], b[1]))
    expect(listed).toEqual(expected)
  })

  it('can be read in pages that neither repeat nor skip, across spans', async () => {
    const { storage } = subject
    const namespaces = ['app:web', 'user:alice', 'user:alice:prefs', 'user:bob']
    const entries = namespaces.flatMap((namespace) =>
      Array.from({ length: 5 }, (_, index) => aMemory({ namespace, key: `k${index}`, chain: `${namespace}${index}` })),
    )
    await storage.memories.add({ entries, author: author() })
    for (const spans of [[everything], spansOfAll(['app:web', 'user:alice', 'user:bob'])]) {
      for (const limit of [1, 3, 20]) {
        const seen: string[] = []
        for (let after: [string, string] | undefined; ; ) {
          const page = await list(storage, { spans, limit, ...(after && { after }) })
          expect(page.length).toBeLessThanOrEqual(limit)
          seen.push(...page.map(({ namespace, key }) => `${namespace} ${key}`))
          const last = page.at(-1)
          if (last === undefined) break
          after = [last.namespace, last.key]
        }
        expect(seen).toEqual(entries.map(({ namespace, key }) => `${namespace} ${key}`))
      }
    }
  })
}

/** A filter by metadata, as the store takes it. */
const having = (wanted: Record<string, unknown[]>): string => JSON.stringify(wanted)

function describeFilters(subject: Subject): void {
  it('take one type', async () => {
    const { storage } = subject
    for (const type of ['semantic', 'episodic', 'procedural'] as const) await add(storage, { key: type, type })
    for (const order of ['key', 'newest'] as const) {
      expect(await keys(storage, { type: 'episodic', order })).toEqual(['episodic'])
      expect(await keys(storage, { type: 'episodic', order, spans: spansOf('user:alice') })).toEqual(['episodic'])
      expect(await keys(storage, { type: 'episodic', order, spans: spansOf('user:bob') })).toEqual([])
    }
  })

  it('take what one actor created, whoever changed it since', async () => {
    const { storage } = subject
    await add(storage, { key: 'a' }, { actor: 'user:alice' })
    await add(storage, { key: 'b' }, { actor: 'user:bob' })
    await storage.memories.update({ namespace: 'user:alice', key: 'a', ...toValue('2', { actor: 'user:bob' }) })
    for (const order of ['key', 'newest'] as const) {
      expect(await keys(storage, { createdBy: 'user:alice', order })).toEqual(['a'])
      expect(await keys(storage, { createdBy: 'user:bob', order, spans: spansOf('user:alice') })).toEqual(['b'])
      expect(await keys(storage, { createdBy: 'user:bob', order, type: 'episodic' })).toEqual([])
    }
  })

  it('compare metadata by value and by type', async () => {
    const { storage } = subject
    const held: unknown[] = ['1', 1, 1.5, true, false, null, '', 'é"\\', [[1]], { a: 1 }, 0, '0', 'null', -7, 1e21]
    for (const [index, value] of held.entries())
      await add(storage, { key: `${index}`, chain: `${index}`, metadata: JSON.stringify({ other: 1, tag: value }) })
    await add(storage, { key: 'none', chain: 'none', metadata: '{}' })
    for (const [index, value] of held.entries()) {
      if (typeof value === 'object' && value !== null) continue
      expect(await keys(storage, { metadata: having({ tag: [value] }) }), `tag = ${value}`).toEqual([`${index}`])
    }
    expect(await keys(storage, { metadata: having({ tag: [2] }) })).toEqual([])
  })

  it('find all values that are asked for in a list, and take one value for a list of one', async () => {
    const { storage } = subject
    const held = { both: ['sea', 'ship', 1], one: ['sea'], plain: 'sea', other: ['seas', '1', true, ['sea']], none: [] }
    for (const [key, tags] of Object.entries(held))
      await add(storage, { key, chain: key, metadata: JSON.stringify({ other: 'ship', tags }) })
    for (const order of ['key', 'newest'] as const) {
      const found = async (...tags: unknown[]) => (await keys(storage, { metadata: having({ tags }), order })).sort()
      expect(await found('sea')).toEqual(['both', 'one', 'plain'])
      expect(await found('ship', 'sea')).toEqual(['both'])
      expect(await found(1)).toEqual(['both'])
      expect(await found('1')).toEqual(['other'])
      expect(await found(null)).toEqual([])
    }
  })

  it('need every field of the metadata asked for, whatever its name', async () => {
    const { storage } = subject
    const odd = { 'a.b': 1, '$[0]': 2, 'with "quotes"': 3, "it's": 4, 'äöü 🜨': 5, 'back\\slash': 6, 'new\nline': 7 }
    await add(storage, { key: 'all', metadata: JSON.stringify(odd) })
    await add(storage, { key: 'nested', metadata: '{"a":{"b":1}}' })
    for (const [name, value] of Object.entries(odd))
      expect(await keys(storage, { metadata: having({ [name]: [value] }) }), name).toEqual(['all'])
    const all = Object.fromEntries(Object.entries(odd).map(([name, value]) => [name, [value]]))
    expect(await keys(storage, { metadata: having(all) })).toEqual(['all'])
    expect(await keys(storage, { metadata: having({ ...all, more: [1] }) })).toEqual([])
    expect(await keys(storage, { metadata: '{}' })).toEqual(['all', 'nested'])
  })

  it('come before the limit', async () => {
    const { storage } = subject
    const entries = Array.from({ length: 30 }, (_, index) =>
      aMemory({ key: `k${100 + index}`, chain: `${index}`, metadata: `{"even":${index % 2 === 0}}` }),
    )
    await storage.memories.add({ entries, author: author() })
    for (const order of ['key', 'newest'] as const)
      expect(await keys(storage, { metadata: having({ even: [false] }), limit: 15, order })).toHaveLength(15)
  })

  it('show tombstones instead of memories when asked for the deleted', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c']) await add(storage, { key, chain: key })
    for (const key of ['a', 'c']) await storage.memories.delete({ namespace: 'user:alice', key, author: author() })
    await add(storage, { key: 'c' })
    for (const order of ['key', 'newest'] as const) {
      expect(await keys(storage, { order })).toHaveLength(2)
      const deleted = await list(storage, { order, deleted: true })
      expect(deleted.map(({ key, version, deleted }) => [key, version, deleted])).toEqual([['a', 2, 1]])
    }
  })
}

function describeNewest(subject: Subject): void {
  /** All keys in order newest, page by page. */
  async function pages(query: Partial<MemoryQuery>, limit: number): Promise<string[]> {
    const seen: string[] = []
    for (let after: MemoryQuery['after']; ; ) {
      const page = await list(subject.storage, { ...query, order: 'newest', limit, ...(after && { after }) })
      seen.push(...page.map(({ key }) => key))
      const last = page.at(-1)
      if (last === undefined) return seen
      after = [last.changedAt ?? 0, last.place ?? 0]
    }
  }

  it('begins with what changed last', async () => {
    const { storage } = subject
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) await add(storage, { key, chain: key }, { now: index })
    await storage.memories.update({ namespace: 'user:alice', key: 'b', ...toValue('2', { now: 9 }) })
    for (const spans of [[everything], spansOf('user:alice'), spansOfAll(['user:alice', 'user:bob'])]) {
      expect(await keys(storage, { order: 'newest', spans })).toEqual(['b', 'd', 'c', 'a'])
      expect(await keys(storage, { order: 'newest', spans, limit: 2 })).toEqual(['b', 'd'])
    }
  })

  it('can be read in pages, also where many changed in the same millisecond', async () => {
    const { storage } = subject
    const entries = ['user:alice', 'user:alice:prefs', 'user:bob'].flatMap((namespace) =>
      Array.from({ length: 7 }, (_, index) => aMemory({ namespace, key: `${namespace} ${index}`, chain: `${index}` })),
    )
    await storage.memories.add({ entries, author: author() })
    const filters: Partial<MemoryQuery>[] = [
      { spans: [everything] },
      { spans: [everything], type: 'semantic' },
      { spans: [everything], createdBy: 'user:alice' },
      { spans: spansOfAll(['user:alice', 'user:bob']) },
    ]
    for (const query of filters) {
      const whole = await keys(storage, { ...query, order: 'newest' })
      expect(new Set(whole).size).toBe(21)
      for (const limit of [1, 4, 21]) expect(await pages(query, limit)).toEqual(whole)
    }
  })

  it('loses nothing between pages where the latest version is not yet valid', async () => {
    const { storage } = subject
    for (const [index, key] of ['a', 'b', 'c', 'd', 'e'].entries())
      await add(storage, { key, chain: key }, { now: index })
    for (const key of ['b', 'd'])
      await storage.memories.update({ namespace: 'user:alice', key, ...toValue('2', { now: 10 }), validFrom: now + 1 })
    for (const spans of [[everything], spansOf('user:alice')]) {
      const whole = await keys(storage, { order: 'newest', spans })
      expect([...whole].sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
      for (const limit of [1, 2, 3]) expect(await pages({ spans }, limit)).toEqual(whole)
    }
  })

  it('filters what was visible then when it is asked about the past', async () => {
    const { storage } = subject
    await add(storage, { type: 'procedural' }, { now: 10 })
    await storage.memories.delete({ namespace: 'user:alice', key: 'tone', author: author({ now: 20 }) })
    await add(storage, { type: 'semantic' }, { now: 30 })
    const moment = { knownAt: 15 }
    for (const order of ['key', 'newest'] as const) {
      expect(await keys(storage, { order, moment, type: 'procedural' })).toEqual(['tone'])
      expect(await keys(storage, { order, moment, type: 'semantic' })).toEqual([])
    }
  })

  it('lists tombstones in pages, too', async () => {
    const { storage } = subject
    for (const [index, key] of ['a', 'b', 'c'].entries()) {
      await add(storage, { key, chain: key })
      await storage.memories.delete({ namespace: 'user:alice', key, author: author({ now: now + index }) })
    }
    expect(await pages({ deleted: true, now: now + 9 }, 1)).toEqual(['c', 'b', 'a'])
    expect(await pages({ deleted: true, now: now + 9, spans: spansOf('user:alice') }, 2)).toEqual(['c', 'b', 'a'])
  })
}

function describeNamespaces(subject: Subject): void {
  it('are counted by what is alive in each, in order', async () => {
    const { storage } = subject
    const at = (namespace: string, key: string, expiresAt: number | null = null) =>
      add(storage, { namespace, key, chain: key, expiresAt })
    await at('user:bob', 'a')
    await at('user:alice:prefs', 'a')
    await at('user:alice', 'a')
    await at('user:alice', 'b')
    await at('user:alice', 'gone')
    await at('user:alice', 'expired', now)
    await at('user:empty', 'gone')
    await storage.memories.update({ namespace: 'user:alice', key: 'a', ...toValue('2') })
    for (const namespace of ['user:alice', 'user:empty'])
      await storage.memories.delete({ namespace, key: 'gone', author: author() })
    const query = { spans: [everything], after: '', limit: 100, now }
    const all = [
      { namespace: 'user:alice', memories: 2 },
      { namespace: 'user:alice:prefs', memories: 1 },
      { namespace: 'user:bob', memories: 1 },
    ]
    expect(await storage.memories.namespaces(query)).toEqual(all)
    expect(await storage.memories.namespaces({ ...query, limit: 2 })).toEqual(all.slice(0, 2))
    expect(await storage.memories.namespaces({ ...query, after: 'user:alice:prefs' })).toEqual(all.slice(2))
    expect(await storage.memories.namespaces({ ...query, spans: spansOf('user:alice') })).toEqual(all.slice(0, 2))
    const spans = spansOfAll(['user:alice', 'user:bob'])
    expect(await storage.memories.namespaces({ ...query, spans, limit: 2 })).toEqual(all.slice(0, 2))
    expect(await storage.memories.namespaces({ ...query, spans: [] })).toEqual([])
  })

  it('are counted by what holds now, as lists are', async () => {
    const { storage } = subject
    const at = (namespace: string, key: string, window: Partial<NewMemory> = {}) =>
      add(storage, { namespace, key, chain: key, ...window })
    await at('user:alice', 'always')
    await at('user:alice', 'later', { validFrom: now + 10 })
    await at('user:alice', 'changes')
    await storage.memories.update({ namespace: 'user:alice', key: 'changes', ...toValue('2'), validFrom: now + 10 })
    await at('user:bob', 'over', { validTo: now })
    await at('user:carol', 'ends', { validFrom: now, validTo: now + 10 })
    await at('user:carol', 'gone', { validFrom: now })
    await storage.memories.delete({ namespace: 'user:carol', key: 'gone', author: author() })
    const count = (time: number, changes = {}) =>
      storage.memories.namespaces({ spans: [everything], after: '', limit: 9, now: time, ...changes })
    const alice = { namespace: 'user:alice', memories: 2 }
    const carol = { namespace: 'user:carol', memories: 1 }
    expect(await count(now)).toEqual([alice, carol])
    expect(await count(now, { limit: 1 })).toEqual([alice])
    expect(await count(now, { after: 'user:alice' })).toEqual([carol])
    expect(await count(now, { spans: spansOf('user:bob') })).toEqual([])
    expect(await count(now + 10)).toEqual([{ namespace: 'user:alice', memories: 3 }])
  })
}
