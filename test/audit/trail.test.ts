import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore, outcomeOf, whileLocked } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const place = ['user:alice', 'city'] as const
const city = { namespace: 'user:alice', key: 'city', type: 'semantic' } as const

describe('the trail', () => {
  it('has a line for every change of a memory, with who, what and which version, and never a value', async () => {
    const { cairn, clock } = await openStore()
    const { memories } = cairn.as({ ...alice, agent: 'planner' })
    await memories.add({ ...city, value: 'secret one' })
    await memories.update(...place, 'secret two', { expiresAt: clock() + 60_000 })
    await memories.rollback(...place, 1)
    await memories.delete(...place)
    await memories.restore(...place, { expiresAt: clock() + 60_000 })
    clock.advance(60_000)
    await cairn.memories.cleanupExpired()
    const { items } = await cairn.audit.list({ namespace: 'user:alice' })
    expect(items.map(({ operation, version, actor }) => [operation, version, actor])).toEqual([
      ['expire', 6, 'root'],
      ['restore', 5, 'agent:planner'],
      ['delete', 4, 'agent:planner'],
      ['rollback', 3, 'agent:planner'],
      ['update', 2, 'agent:planner'],
      ['create', 1, 'agent:planner'],
    ])
    expect(items.at(-1)).toEqual({
      id: expect.any(Number),
      timestamp: expect.stringMatching(/^2026-01-01T/),
      subject: 'memory',
      operation: 'create',
      outcome: 'ok',
      actor: 'agent:planner',
      principal: { ...alice, agent: 'planner' },
      namespace: 'user:alice',
      key: 'city',
      version: 1,
      session: null,
      task: null,
      agent: 'planner',
      occurrences: 1,
      detail: {},
    })
    expect(items[0]?.principal).toEqual({ root: true })
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('has a line for every change of a session', async () => {
    const { cairn } = await openStore()
    const { sessions } = cairn.as(alice)
    const { id } = await sessions.create({ state: { k: 'secret' } })
    const event = { type: 'message' as const, actor: 'user', content: { text: 'secret' } }
    await sessions.appendEvents(id, [event, event, event])
    await sessions.setState(id, 'k', 'secret')
    await sessions.updateStatus(id, 'paused')
    await sessions.terminate(id)
    await sessions.delete(id)
    const { items } = await cairn.audit.list({ session: id })
    expect(items.map(({ subject, operation, detail }) => [subject, operation, detail])).toEqual([
      ['session', 'delete', {}],
      ['session', 'terminate', { from: 'paused', to: 'terminated' }],
      ['session', 'status', { from: 'active', to: 'paused' }],
      ['event', 'append', { seq: 5 }],
      ['event', 'append', { from: 2, to: 4 }],
      ['event', 'append', { seq: 1 }],
      ['session', 'create', {}],
    ])
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('has nothing of what was refused, or was there already', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ ...city, value: 1 })
    const { id } = await cairn.sessions.create(alice)
    const event = { eventId: 'e', type: 'message' as const, actor: 'user', content: {} }
    await cairn.sessions.appendEvent(id, event)
    const before = await cairn.audit.list()
    await refusal(cairn.memories.add({ ...city, value: 2 }), 'already_exists')
    await refusal(cairn.memories.update(...place, 2, { ifVersion: 9 }), 'conflict')
    await refusal(cairn.memories.restore(...place), 'already_exists')
    await refusal(cairn.sessions.archive(id), 'illegal_transition')
    await cairn.sessions.appendEvent(id, event)
    await cairn.memories.delete('user:alice', 'nothing')
    expect(await cairn.audit.list()).toEqual(before)
  })

  it('is read newest first, by any filter and all of them together', async () => {
    const { cairn, clock } = await openStore()
    await cairn.memories.add({ ...city, value: 1 })
    await cairn.memories.add({ ...city, key: 'tone', namespace: 'user:alice:prefs', value: 1 })
    await cairn.memories.add({ ...city, namespace: 'user:alicebob', value: 1 })
    const { id } = await cairn.sessions.create(alice)
    await refusal(cairn.as(alice).memories.get('user:bob', 'k'), 'forbidden')
    const since = clock()
    await cairn.as({ ...alice, agent: 'planner' }).memories.update(...place, 2)
    const lines = async (query: Parameters<typeof cairn.audit.list>[0]) =>
      (await cairn.audit.list(query)).items.map(({ operation, namespace, key }) => `${operation} ${namespace} ${key}`)
    expect(await lines({ namespace: 'user:alice' })).toEqual([
      'update user:alice city',
      'create user:alice:prefs tone',
      'create user:alice city',
    ])
    expect(await lines({ namespace: 'user:alice', key: 'city' })).toHaveLength(2)
    expect(await lines({ subject: 'memory', operation: 'create' })).toHaveLength(3)
    expect(await lines({ outcome: 'forbidden' })).toEqual(['read user:bob null'])
    expect(await lines({ session: id })).toEqual(['create null null'])
    expect(await lines({ agent: 'planner' })).toEqual(['update user:alice city'])
    expect(await lines({ task: 'none' })).toEqual([])
    expect(await lines({ since })).toEqual(['update user:alice city'])
    expect(await lines({ since: new Date(since).toISOString(), operation: 'create' })).toEqual([])
    expect(await lines({ namespace: 'user:alice', agent: 'planner' })).toEqual(['update user:alice city'])
    expect(await lines({ namespace: 'user:alice:prefs', agent: 'planner' })).toEqual([])
    expect(await lines({ session: id, agent: 'planner' })).toEqual([])
    expect(await lines({ namespace: 'user:alice', key: 'city', session: id })).toEqual([])
    for (const limit of [1, 2, 50]) {
      const all = await allPages((cursor) => cairn.audit.list({ limit, ...(cursor !== undefined && { cursor }) }))
      expect(all.map((entry) => entry.id)).toEqual([6, 5, 4, 3, 2, 1])
      const own = await allPages((cursor) =>
        cairn.audit.list({ namespace: 'user:alice', limit, ...(cursor !== undefined && { cursor }) }),
      )
      expect(own).toHaveLength(3)
    }
  })

  it.each([
    { key: 'city' },
    { limit: 0 },
    { operation: 'look' },
    { namespace: 'user' },
    { cursor: 'x' },
    { who: 'me' },
  ])('refuses %j', async (query) => {
    const { cairn } = await openStore()
    await refusal(cairn.audit.list(query as never), 'invalid_input')
  })

  it('of others is shown as far as their namespaces may be read', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ ...city, value: 1 })
    await cairn.memories.add({ ...city, namespace: 'user:bob', value: 1 })
    await cairn.memories.add({ ...city, namespace: 'app:shop', value: 1 })
    await cairn.sessions.create(alice)
    const { audit } = cairn.as(alice)
    expect((await audit.list()).items.map(({ namespace }) => namespace)).toEqual(['app:shop', 'user:alice'])
    expect((await audit.list({ namespace: 'app:shop' })).items).toHaveLength(1)
    await refusal(audit.list({ namespace: 'user:bob' }), 'forbidden')
    await refusal(audit.list({ namespace: 'user:bob', key: 'city' }), 'forbidden')
    expect((await cairn.as({}).audit.list()).items).toEqual([])
  })
})

describe('the audit of reads', () => {
  async function readAll(auditReads: 'off' | 'basic' | 'full') {
    const { cairn } = await openStore({ auditReads })
    await cairn.memories.add({ ...city, value: 'secret' })
    const { id } = await cairn.sessions.create({ ...alice, state: { k: 'secret' } })
    const before = (await cairn.audit.list()).items.length
    const handle = cairn.as(alice)
    await handle.memories.get(...place, { validAt: 5 })
    await handle.memories.get('user:alice', 'missing')
    await handle.memories.list({ namespace: 'user:alice' })
    await handle.memories.history(...place)
    await handle.memories.namespaces({ within: 'user:alice' })
    await handle.search('secret', { limit: 3 })
    await handle.sessions.get(id)
    await handle.sessions.list()
    await handle.sessions.events(id)
    await handle.sessions.getState(id, 'k')
    await handle.sessions.state(id)
    // The write after them lets what is written in the background be written.
    await cairn.memories.add({ namespace: 'app:flush', value: 0, type: 'episodic' })
    const lines = (await cairn.audit.list({ limit: 1000 })).items.slice(1).reverse().slice(before)
    return lines.map(({ subject, operation, namespace, key, version, session, detail }) => ({
      what: `${subject} ${operation}`,
      where: [namespace, key, version, session].filter((part) => part !== null).join(' '),
      detail,
    }))
  }
  const where = (id: string) => [
    ['memory read', 'user:alice city 1'],
    ['memory read', 'user:alice missing'],
    ['memory list', 'user:alice'],
    ['memory read', 'user:alice city'],
    ['memory list', 'user:alice'],
    ['store search', ''],
    ['session read', id],
    ['session list', ''],
    ['session read', id],
    ['state read', `k ${id}`],
    ['state read', id],
  ]

  it('is off unless switched on', async () => {
    expect(await readAll('off')).toEqual([])
  })

  it('when basic has a line for each, without what was asked', async () => {
    const lines = await readAll('basic')
    expect(lines.map(({ what, where }) => [what, where])).toEqual(where(lines[6]?.where ?? ''))
    expect(lines.map(({ detail }) => detail)).toEqual(lines.map(() => ({})))
  })

  it('when full says what was asked and how much was found, and no value', async () => {
    const lines = await readAll('full')
    expect(lines.map(({ what, where }) => [what, where])).toEqual(where(lines[6]?.where ?? ''))
    expect(lines.map(({ detail }) => detail).slice(0, 6)).toEqual([
      { validAt: 5, found: true },
      { found: false },
      { query: { namespace: 'user:alice' }, found: 1 },
      { history: true, found: 1 },
      { namespaces: true },
      { text: 'secret', options: { limit: 3 }, found: 1 },
    ])
  })

  it('names namespaces in their one spelling', async () => {
    const { cairn } = await openStore({ auditReads: 'full' })
    await cairn.memories.list({ namespace: 'user:re\u0301mi' })
    await cairn.memories.namespaces({ within: 'user:re\u0301mi' })
    const { items } = await cairn.as({ user: 'rémi' }).audit.list()
    expect(items.map(({ namespace }) => namespace)).toEqual(['user:rémi', 'user:rémi'])
  })

  it('when full is written before the answer is given', async () => {
    const { cairn } = await openStore({ auditReads: 'full' })
    await cairn.as(alice).memories.get(...place)
    expect((await cairn.audit.list()).items).toMatchObject([{ operation: 'read', actor: 'user:alice', outcome: 'ok' }])
  })

  it.each([
    ['full', 'busy'],
    ['basic', 'an answer'],
  ] as const)('when %s gives, if the line cannot be written: %s', async (auditReads, expected) => {
    const { cairn, path } = await openStore({ auditReads, busyTimeoutMs: 0 })
    await cairn.memories.add({ ...city, value: 1 })
    await whileLocked(path, async () => {
      const outcome = await outcomeOf(() => cairn.memories.get(...place))
      expect('error' in outcome ? outcome.error.code : 'an answer').toBe(expected)
      // By the time that this has failed, what is written in the background has failed too.
      await refusal(cairn.memories.delete(...place), 'busy')
    })
  })
})
