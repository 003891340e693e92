import { describe, expect, it } from 'vitest'
import type { HistoryChange } from '../../src/index.js'
import { openStore, type TestStore } from '../store.js'
import { exported, fill, recordsOf } from './full-store.js'

async function filled(): Promise<TestStore> {
  const store = await openStore()
  await fill(store)
  return store
}

describe('export, import into an empty store, export', () => {
  it.each([
    ['everything', {}],
    ['a namespace', { namespace: 'user:alice' }],
    ['a namespace of a project', { namespace: 'project:apollo' }],
    ['a session', { session: 's-é' }],
    ['a fork of a fork', { session: '0-fork' }],
  ])('gives the same bytes for %s', async (_, scope) => {
    const { cairn } = await filled()
    const text = await exported(cairn, scope)
    const copy = await openStore()
    const report = await copy.cairn.import([text])
    expect(report.differences).toEqual([])
    expect(recordsOf(text).length).toBeGreaterThan(5)
    expect(await exported(copy.cairn, scope)).toBe(text)
    if (Object.keys(scope).length > 0)
      expect(await exported(copy.cairn)).toBe(text.replace(/"scope":\{[^}]*\}/, '"scope":{}'))
  })

  it('holds everything there is', async () => {
    const { cairn } = await filled()
    const kinds = recordsOf(await exported(cairn)).map(({ record }) => record)
    const order = ['session', 'event', 'operation', 'state', 'memory', 'task', 'agent', 'checkpoint', 'audit']
    expect([...new Set(kinds)]).toEqual(order)
    const { rows } = await cairn.info()
    const count = (kind: string) => kinds.filter((each) => each === kind).length
    expect({
      sessions: count('session'),
      events: count('event'),
      state: count('state'),
      audit: count('audit'),
    }).toEqual({
      ...{ sessions: rows.sessions, events: rows.events, state: rows.state, audit: rows.audit },
    })
    expect(count('memory')).toBe(rows.memoryVersions)
  })

  it('leaves a store that answers as the first one does', async () => {
    const { cairn } = await filled()
    const copy = await openStore()
    await copy.cairn.import([await exported(cairn)])
    const both = async (ask: (store: typeof cairn) => Promise<unknown>) =>
      expect(await ask(copy.cairn), String(ask)).toEqual(await ask(cairn))
    await both((store) => store.memories.history('user:alice', 'tone'))
    await both((store) => store.memories.get('user:alice', 'tone', { validAt: '2025-03-01' }))
    await both((store) => store.memories.get('user:alice', 'tone', { knownAt: '2026-01-01T00:00:00.060Z' }))
    await both((store) => store.sessions.list())
    await both((store) => store.sessions.state('s-é'))
    await both((store) => store.sessions.events('s-é', { limit: 1000 }))
    await both((store) => store.sessions.tree('0-fork'))
    await both((store) => store.sessions.events('0-fork'))
    await both((store) => store.sessions.state('0-fork'))
    await both((store) => store.sessions.events('a-fork'))
    await both((store) => store.memories.origins('user:alice', 'tone', { version: 1 }))
    await both((store) => store.memories.fromOrigin({ event: { session: 's-\ue000', eventId: 'three' } }))
    await both((store) => store.memories.get('project:apollo', 'tone'))
    await both((store) => store.tasks.list())
    await both((store) => store.tasks.get('t-5'))
    await both((store) => store.agents.list())
    for (const iteration of [0, 3, 5, 19]) await both((store) => store.checkpoints.get('t-4', iteration))
    await both((store) =>
      store.audit.list({ namespace: 'user:alice', outcome: 'ok' }).then(({ items }) => items.length),
    )
  })

  it('leaves an index that finds what the first one finds, and what was known earlier', async () => {
    const { cairn } = await filled()
    const copy = await openStore()
    await copy.cairn.import([await exported(cairn)])
    const found = async (store: typeof cairn, text: string, options = {}) =>
      (await store.search(text, { limit: 50, duplicates: true, ...options })).hits
        .map(({ ref }) => JSON.stringify(ref))
        .sort()
    for (const text of ['harbours', 'warm', 'cool', 'new life', 'fact', 'another', 'smile', 'session', 'tone']) {
      expect(await found(copy.cairn, text), text).toEqual(await found(cairn, text))
      const knownAt = new Date('2027-01-01')
      expect(await found(copy.cairn, text, { knownAt }), text).toEqual(await found(cairn, text, { knownAt }))
    }
    expect((await found(copy.cairn, 'harbours')).length).toBeGreaterThan(20)
  })

  it('leaves a store that goes on where the first one stopped', async () => {
    const { cairn } = await filled()
    const copy = await openStore()
    await copy.cairn.import([await exported(cairn)])
    expect(await copy.cairn.memories.update('user:alice', 'tone', 'next')).toMatchObject({ version: 6 })
    const { event } = await copy.cairn.sessions.appendEvent('s-é', {
      eventId: 'new',
      type: 'message',
      actor: 'user',
      content: {},
    })
    expect(event.seq).toBe(44)
    const again = { append: [{ type: 'message', actor: 'user:alice', content: { text: 'Three' }, eventId: 'three' }] }
    expect(await copy.cairn.sessions.applyHistory('s-\ue000', 'op-1', again as HistoryChange)).toMatchObject({
      duplicate: true,
    })
    expect(await copy.cairn.sessions.fork('0-fork', { atSeq: 11 })).toMatchObject({ parent: '0-fork', lastSeq: 11 })
  })
})
