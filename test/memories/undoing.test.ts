import { describe, expect, it } from 'vitest'
import type { Cairn, UndoResult } from '../../src/index.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const namespace = 'user:alice:facts'
const by = 'agent:w1'

/** Handles of the user alone, and of two agents that work for her. */
async function withAgents() {
  const store = await openStore()
  const handle = (agent?: string) => store.cairn.as({ app: 'shop', user: 'alice', ...(agent && { agent }) })
  return { ...store, alice: handle(), w1: handle('w1'), w2: handle('w2') }
}

const add = (at: Cairn, key: string, value: unknown, more: object = {}) =>
  at.memories.add({ namespace, key, value, type: 'semantic', ...more })
const valueAt = async (at: Cairn, key: string, options: object = {}) =>
  (await at.memories.get(namespace, key, options))?.value
const told = ({ undone, skipped }: UndoResult) => ({
  undone: undone.map(({ key, action, from, to }) => [key, action, from, to]),
  skipped: skipped.map(({ key, version, by: who, why }) => [key, version, who, why]),
})

describe('undo of what an actor has done since a moment', () => {
  it('puts back what was there before, and names what others have changed since', async () => {
    const { alice, w1, w2, clock } = await withAgents()
    for (const key of ['changed', 'deleted', 'built-on', 'untouched']) await add(alice, key, 'old')
    await add(w1, 'earlier', 'stays')
    const since = clock()
    await w1.memories.update(namespace, 'changed', 'newer')
    await w1.memories.update(namespace, 'changed', 'newest')
    await w1.memories.delete(namespace, 'deleted')
    await w1.memories.update(namespace, 'built-on', 'new')
    await w2.memories.update(namespace, 'built-on', 'mine now')
    await add(w1, 'added', 'new')
    await add(w2, 'of another', 'new')

    const planned = await alice.memories.undo({ by, since, dryRun: true })
    expect(await valueAt(alice, 'changed')).toBe('newest')
    const done = await alice.memories.undo({ by, since })
    expect(done).toEqual(planned)
    expect(told(done)).toEqual({
      undone: [
        ['changed', 'rollback', 3, 1],
        ['deleted', 'restore', 2, 1],
        ['added', 'delete', 1, null],
      ],
      skipped: [['built-on', 3, 'agent:w2', 'changed since']],
    })
    const values = ['changed', 'deleted', 'built-on', 'untouched', 'earlier', 'added', 'of another']
    expect(await Promise.all(values.map((key) => valueAt(alice, key)))).toEqual([
      ...['old', 'old', 'mine now', 'old', 'stays', undefined, 'new'],
    ])
    const { items } = await alice.memories.history(namespace, 'changed')
    expect(items.map(({ version, updatedBy }) => [version, updatedBy])).toEqual([
      [4, 'user:alice'],
      [3, 'agent:w1'],
      [2, 'agent:w1'],
      [1, 'user:alice'],
    ])
    const [line] = (await alice.audit.list({ namespace, key: 'changed' })).items
    expect(line).toMatchObject({ operation: 'rollback', actor: 'user:alice', detail: { undo: { by } } })
  })

  it('does nothing a second time, whoever does it', async () => {
    const { alice, w1, clock } = await withAgents()
    await add(alice, 'tone', 'old')
    const since = clock()
    await w1.memories.update(namespace, 'tone', 'new')
    await add(w1, 'added', 'new')
    expect((await w1.memories.undo({ by, since })).undone).toHaveLength(2)
    expect(await w1.memories.undo({ by, since })).toEqual({ undone: [], skipped: [] })
    expect(await valueAt(alice, 'tone')).toBe('old')
    await w1.memories.update(namespace, 'tone', 'new')
    expect((await alice.memories.undo({ by, since })).undone).toHaveLength(1)
    expect(await alice.memories.undo({ by, since })).toEqual({ undone: [], skipped: [] })
    expect((await alice.memories.undo({ by: 'agent:nobody', since })).undone).toEqual([])
  })

  it('goes back to what somebody else wrote in between', async () => {
    const { alice, w1, w2, clock } = await withAgents()
    await add(alice, 'tone', 'old')
    const since = clock()
    await w1.memories.update(namespace, 'tone', 'one')
    await w2.memories.update(namespace, 'tone', 'two')
    await w1.memories.update(namespace, 'tone', 'three')
    expect(told(await alice.memories.undo({ by, since })).undone).toEqual([['tone', 'rollback', 4, 3]])
    expect(await valueAt(alice, 'tone')).toBe('two')
  })

  it('brings back who added it, after it was deleted and added anew', async () => {
    const { alice, w1, clock } = await withAgents()
    const { createdAt } = await add(alice, 'tone', 'old')
    const since = clock()
    await w1.memories.delete(namespace, 'tone')
    await add(w1, 'tone', 'new')
    expect(told(await alice.memories.undo({ by, since })).undone).toEqual([['tone', 'rollback', 3, 1]])
    const memory = await alice.memories.get(namespace, 'tone')
    expect(memory).toMatchObject({ version: 4, value: 'old', createdAt, createdBy: 'user:alice' })
  })

  it('takes away episodes that were added, and brings back those that were deleted', async () => {
    const { alice, w1, clock } = await withAgents()
    await add(alice, 'met', 'Bob', { type: 'episodic' })
    const since = clock()
    await w1.memories.delete(namespace, 'met')
    await add(w1, 'said', 'hi', { type: 'episodic' })
    expect(told(await alice.memories.undo({ by, since })).undone).toEqual([
      ['met', 'restore', 2, 1],
      ['said', 'delete', 1, null],
    ])
    expect(await alice.memories.get(namespace, 'met')).toMatchObject({ value: 'Bob', type: 'episodic' })
  })

  it('brings back every moment of valid time, not only the last version', async () => {
    const { alice, w1, clock } = await withAgents()
    await add(alice, 'home', 'Porto', { validTo: '2040-01-01' })
    await alice.memories.update(namespace, 'home', 'Lisbon', { validFrom: '2035-06-01', validTo: '2040-01-01' })
    const since = clock()
    await w1.memories.update(namespace, 'home', 'Mars')
    const moments = ['2030-01-01', '2036-01-01', '2050-01-01']
    const at = () => Promise.all(moments.map((validAt) => valueAt(alice, 'home', { validAt })))
    expect(await at()).toEqual(['Mars', 'Mars', 'Mars'])
    expect(told(await alice.memories.undo({ by, since })).undone).toEqual([['home', 'rollback', 3, 2]])
    expect(await at()).toEqual(['Porto', 'Lisbon', undefined])
    const { hits } = await alice.search('Porto Lisbon Mars', { validAt: '2036-01-01' })
    expect(hits.map(({ snippet }) => snippet.text)).toEqual(['Lisbon'])
  })

  it('brings type, metadata, expiry and origins back', async () => {
    const { alice, w1, clock } = await withAgents()
    const origins = [{ document: { path: 'notes.md' } }]
    const more = { metadata: { source: 'chat' }, expiresAt: '2040-01-01', origins }
    await add(alice, 'tone', 'old', more)
    const since = clock()
    await w1.memories.update(namespace, 'tone', 'old', { metadata: {}, expiresAt: '2026-01-02' })
    await w1.memories.delete(namespace, 'tone')
    await add(w1, 'tone', 'other', { type: 'procedural' })
    await alice.memories.undo({ by, since })
    expect(await alice.memories.get(namespace, 'tone')).toMatchObject({
      ...{ value: 'old', type: 'semantic', metadata: { source: 'chat' }, expiresAt: '2040-01-01T00:00:00.000Z' },
    })
    expect((await alice.memories.origins(namespace, 'tone')).origins).toMatchObject(origins)
  })

  it('leaves what is not there, before and after', async () => {
    const { alice, w1, clock } = await withAgents()
    await add(alice, 'gone', 'old')
    await alice.memories.delete(namespace, 'gone')
    const since = clock()
    await w1.memories.restore(namespace, 'gone')
    await w1.memories.delete(namespace, 'gone')
    await add(w1, 'short', 'new', { expiresAt: clock() + 5 })
    clock.advance(10)
    expect(await alice.memories.undo({ by, since })).toEqual({ undone: [], skipped: [] })
  })

  it('works in batches, and through more than one', async () => {
    const { alice, w1, clock } = await withAgents()
    const since = clock()
    const entries = Array.from({ length: 450 }, (_, index) => ({
      ...{ namespace, key: `k${index}`, value: index, type: 'semantic' as const },
    }))
    await w1.memories.addMany(entries)
    expect((await alice.memories.undo({ by, since, dryRun: true })).undone).toHaveLength(450)
    expect((await alice.memories.undo({ by, since })).undone).toHaveLength(450)
    expect((await alice.memories.list()).items).toEqual([])
  })

  it('is for those who may read and write, and sees nothing else', async () => {
    const { cairn, w1, clock } = await withAgents()
    const since = clock()
    await add(w1, 'hers', 'new')
    const bob = cairn.as({ user: 'bob' })
    expect(await bob.memories.undo({ by, since })).toEqual({ undone: [], skipped: [] })
    await refusal(bob.memories.undo({ by, since, namespace }), 'forbidden')
    const reader = cairn.as({ user: 'bob', grants: [{ namespace, rights: ['read'] }] })
    expect((await reader.memories.undo({ by, since, dryRun: true })).undone).toEqual([])
    await refusal(reader.memories.undo({ by, since, namespace, dryRun: true }), 'forbidden')
    const writer = cairn.as({
      user: 'bob',
      grants: [
        { namespace: 'user:alice', rights: ['write'] },
        { namespace, rights: ['read'] },
      ],
    })
    expect((await writer.memories.undo({ by, since, dryRun: true })).undone).toHaveLength(1)
    expect((await cairn.memories.undo({ by, since, namespace: 'user:alic' })).undone).toEqual([])
    expect((await cairn.memories.undo({ by, since, namespace: 'user:alice' })).undone).toHaveLength(1)
  })

  it.each([{}, { by }, { since: 0 }, { by: '', since: 0 }, { by, since: 'x' }, { by, since: 0, dry: true }])(
    'refuses %j',
    async (options) => {
      const { alice } = await withAgents()
      await refusal(alice.memories.undo(options as never), 'invalid_input')
    },
  )
})
