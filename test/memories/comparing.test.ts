import { describe, expect, it } from 'vitest'
import type { Cairn, MemoryChange } from '../../src/index.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const namespace = 'user:alice:preferences'

async function withTone() {
  const store = await openStore()
  const { memories } = store.cairn
  await memories.add({ namespace, key: 'tone', type: 'semantic', value: { style: 'concise', words: 100 } })
  await memories.update(namespace, 'tone', { style: 'warm', words: 100 })
  await memories.update(namespace, 'tone', { style: 'warm', emoji: true })
  return { ...store, memories }
}

describe('diff of two versions', () => {
  it('is of the latest and the one before, or of those named', async () => {
    const { memories } = await withTone()
    const last = await memories.diff(namespace, 'tone')
    expect(last).toMatchObject({ namespace, key: 'tone', from: { version: 2 }, to: { version: 3 } })
    expect(last.added).toEqual([{ path: '/emoji', after: true }])
    expect(last.removed).toEqual([{ path: '/words', before: 100 }])
    expect(last.changed).toEqual([])
    const first = await memories.diff(namespace, 'tone', { from: 1, to: 2 })
    expect(first.changed).toEqual([{ path: '/style', before: 'concise', after: 'warm' }])
    expect((await memories.diff(namespace, 'tone', { from: 3, to: 1 })).changed).toEqual([
      { path: '/style', before: 'warm', after: 'concise' },
    ])
    expect(await memories.diff(namespace, 'tone', { to: 1 })).toMatchObject({ from: null, added: [{ path: '' }] })
  })

  it('has no value where a memory was deleted', async () => {
    const { memories } = await withTone()
    await memories.delete(namespace, 'tone')
    const diff = await memories.diff(namespace, 'tone')
    expect(diff).toMatchObject({ from: { version: 3 }, to: { version: 4, deleted: true }, removed: [{ path: '' }] })
  })

  it('refuses what is not there', async () => {
    const { cairn, memories } = await withTone()
    await refusal(memories.diff(namespace, 'none'), 'not_found')
    await refusal(memories.diff(namespace, 'tone', { to: 4 }), 'not_found')
    await refusal(memories.diff(namespace, 'tone', { from: 9 }), 'not_found')
    await refusal(memories.diff(namespace, 'tone', { from: 0 }), 'invalid_input')
    await refusal(cairn.as({ user: 'bob' }).memories.diff(namespace, 'tone'), 'forbidden')
  })
})

describe('diff of a namespace between two moments', () => {
  const told = ({ key, change, before, after }: MemoryChange) => [key, change, before?.value, after?.value]
  const add = (at: Cairn, key: string, value: unknown, more: object = {}) =>
    at.memories.add({ namespace, key, value, type: 'semantic', ...more })

  it('tells by key what was added, removed and changed', async () => {
    const { cairn, clock } = await openStore()
    for (const key of ['changed', 'gone', 'same', 'touched', 'back']) await add(cairn, key, 1)
    await cairn.memories.add({ namespace: 'user:alicebob', key: 'changed', value: 1, type: 'semantic' })
    const then = clock()
    await cairn.memories.update(namespace, 'changed', 2)
    await cairn.memories.delete(namespace, 'gone')
    await cairn.memories.update(namespace, 'touched', 2)
    await cairn.memories.update(namespace, 'touched', 1)
    await cairn.memories.delete(namespace, 'back')
    const between = clock()
    await cairn.memories.restore(namespace, 'back')
    await add(cairn, 'new', 1)
    await cairn.memories.update('user:alicebob', 'changed', 2)
    const changes = (await cairn.memories.diffNamespace('user:alice', { from: then })).items
    expect(changes.map(told)).toEqual([
      ['changed', 'changed', 1, 2],
      ['gone', 'removed', 1, undefined],
      ['new', 'added', undefined, 1],
    ])
    const back = (await cairn.memories.diffNamespace('user:alice', { from: between, to: then })).items
    expect(back.map(told)).toContainEqual(['back', 'added', undefined, 1])
    expect((await cairn.memories.diffNamespace('user:alice', { from: then, to: then })).items).toEqual([])
  })

  it('asks the other clock what was true', async () => {
    const { cairn } = await openStore()
    await add(cairn, 'home', 'Porto', { validTo: '2035-06-01' })
    await cairn.memories.update(namespace, 'home', 'Lisbon', { validFrom: '2035-06-01' })
    const query = { from: '2035-01-01', to: '2035-07-01', clock: 'validAt' as const }
    const { items } = await cairn.memories.diffNamespace(namespace, query)
    expect(items.map(told)).toEqual([['home', 'changed', 'Porto', 'Lisbon']])
  })

  it('comes in pages that miss nothing, however much is the same', async () => {
    const { cairn, clock } = await openStore()
    const entries = Array.from({ length: 700 }, (_, index) => ({
      ...{ namespace: `${namespace}:${index % 3}`, key: `k${index}`, value: index, type: 'semantic' as const },
    }))
    await cairn.memories.addMany(entries)
    const then = clock()
    const touched = entries.filter((_, index) => index % 70 === 0)
    for (const entry of touched) await cairn.memories.update(entry.namespace, entry.key, 'new')
    const found = await allPages((cursor) =>
      cairn.memories.diffNamespace(namespace, { from: then, limit: 3, ...(cursor && { cursor }) }),
    )
    expect(found.map(({ key }) => key).sort()).toEqual(touched.map(({ key }) => key).sort())
    expect(found).toHaveLength(10)
  })

  it('refuses what makes no sense, and whom it does not concern', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.memories.diffNamespace('user', { from: 0 }), 'invalid_input')
    await refusal(cairn.memories.diffNamespace(namespace, {} as never), 'invalid_input')
    await refusal(cairn.memories.diffNamespace(namespace, { from: 'yesterday' }), 'invalid_input')
    await refusal(cairn.memories.diffNamespace(namespace, { from: 0, cursor: 'x' }), 'invalid_input')
    await refusal(cairn.as({ user: 'bob' }).memories.diffNamespace(namespace, { from: 0 }), 'forbidden')
  })
})
