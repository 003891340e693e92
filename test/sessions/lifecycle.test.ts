import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import {
  isLegalTransition,
  isOpen,
  legalNext,
  type SessionStatus,
  sessionStatuses,
} from '../../src/sessions/lifecycle.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice', project: 'apollo' }
const message = { type: 'message' as const, actor: 'user', content: { text: 'hello harbour' } }

/** Every way to a status, by the legal steps. */
const wayTo: Record<SessionStatus, SessionStatus[]> = {
  created: [],
  active: ['active'],
  paused: ['active', 'paused'],
  terminated: ['terminated'],
  archived: ['terminated', 'archived'],
}
const legal = [
  'created active',
  'created terminated',
  'active paused',
  'active terminated',
  'paused active',
  'paused terminated',
  'terminated archived',
]
const steps = sessionStatuses.flatMap((from) => sessionStatuses.map((to) => [from, to] as const))

async function sessionAt(cairn: Cairn, status: SessionStatus): Promise<string> {
  const { id } = await cairn.sessions.create(alice)
  for (const step of wayTo[status]) await cairn.sessions.updateStatus(id, step)
  return id
}

describe('the lifecycle', () => {
  it.each(steps)('from %s to %s is a step as the table says', async (from, to) => {
    const { cairn } = await openStore()
    const id = await sessionAt(cairn, from)
    const before = await cairn.sessions.get(id)
    if (from === to) {
      expect(await cairn.sessions.updateStatus(id, to)).toEqual(before)
    } else if (legal.includes(`${from} ${to}`)) {
      expect(await cairn.sessions.updateStatus(id, to)).toMatchObject({ status: to })
    } else {
      const error = await refusal(cairn.sessions.updateStatus(id, to), 'illegal_transition')
      expect(error).toMatchObject({
        message: `Session ${id} is ${from} and cannot become ${to}.`,
        details: { from, to },
      })
      for (const next of legalNext(from)) expect(error.hint).toContain(next)
      expect(await cairn.sessions.get(id)).toEqual(before)
    }
    expect(isLegalTransition(from, to)).toBe(from === to || legal.includes(`${from} ${to}`))
  })

  it('is open until it is terminated', () => {
    expect(sessionStatuses.filter(isOpen)).toEqual(['created', 'active', 'paused'])
  })

  it('stamps its ends and writes a line for each step', async () => {
    const { cairn } = await openStore()
    const id = await sessionAt(cairn, 'paused')
    const { session } = await cairn.sessions.terminate(id)
    expect(session).toMatchObject({ status: 'terminated', terminatedAt: session.updatedAt, archivedAt: null })
    const archived = await cairn.sessions.archive(id)
    expect(archived).toMatchObject({ terminatedAt: session.terminatedAt, archivedAt: archived.updatedAt })
    expect(await cairn.sessions.get(id)).toEqual(archived)
    const { items } = await cairn.audit.list({ session: id })
    expect(items.map(({ operation, detail }) => [operation, detail])).toEqual([
      ['archive', { from: 'terminated', to: 'archived' }],
      ['terminate', { from: 'paused', to: 'terminated' }],
      ['status', { from: 'active', to: 'paused' }],
      ['status', { from: 'created', to: 'active' }],
      ['create', {}],
    ])
  })

  it("knows five statuses and no session but the caller's", async () => {
    const { cairn } = await openStore()
    const id = await sessionAt(cairn, 'active')
    await refusal(cairn.sessions.updateStatus(id, 'open' as never), 'invalid_input')
    await refusal(cairn.sessions.updateStatus('nobody', 'active'), 'not_found')
    const bob = cairn.as({ app: 'shop', user: 'bob' })
    for (const step of [bob.sessions.updateStatus(id, 'paused'), bob.sessions.terminate(id), bob.sessions.archive(id)])
      await refusal(step, 'not_found')
    expect((await cairn.sessions.get(id))?.status).toBe('active')
  })
})

describe('terminating a session', () => {
  it('clears its own state and keeps what it set for its user as memories', async () => {
    const { cairn } = await openStore()
    const handle = cairn.as(alice)
    const state = { topic: 'x', 'user:theme': 'dark', 'user:lang': { primary: 'de' } }
    const { id } = await handle.sessions.create({ state })
    const { kept, session } = await handle.sessions.terminate(id)
    expect(session.status).toBe('terminated')
    expect(kept).toEqual([
      { namespace: 'user:alice:state', key: 'lang', version: 1 },
      { namespace: 'user:alice:state', key: 'theme', version: 1 },
    ])
    expect(await handle.memories.get('user:alice:state', 'lang')).toMatchObject({
      value: { primary: 'de' },
      type: 'semantic',
      createdBy: 'user:alice',
    })
    expect(await handle.sessions.state(id)).toMatchObject({
      session: {},
      user: { theme: 'dark', lang: { primary: 'de' } },
    })
  })

  it('keeps only what was set in that session, and only the last value', async () => {
    const { cairn } = await openStore()
    const { sessions, memories } = cairn.as(alice)
    const one = await sessions.create({ state: { 'user:a': 1, 'user:b': 1, 'user:c': 1 } })
    const two = await sessions.create()
    await sessions.setState(two.id, 'user:b', 2)
    await sessions.setState(two.id, 'user:b', 3)
    await sessions.setState(two.id, 'user:c', null)
    expect((await sessions.terminate(two.id)).kept).toEqual([{ namespace: 'user:alice:state', key: 'b', version: 1 }])
    expect((await sessions.terminate(one.id)).kept.map(({ key }) => key)).toEqual(['a'])
    const { items } = await memories.list({ namespace: 'user:alice:state' })
    expect(items.map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['b', 3],
    ])
  })

  it('writes a new version only where the value differs', async () => {
    const { cairn } = await openStore()
    const { sessions, memories } = cairn.as(alice)
    const end = async (state: Record<string, unknown>) =>
      (await sessions.terminate((await sessions.create({ state })).id)).kept
    await end({ 'user:theme': 'dark', 'user:lang': 'de' })
    expect(await end({ 'user:theme': 'dark', 'user:lang': 'en' })).toEqual([
      { namespace: 'user:alice:state', key: 'lang', version: 2 },
    ])
    expect(await end({ 'user:theme': 'dark' })).toEqual([])
    expect((await memories.history('user:alice:state', 'lang')).items.map(({ value }) => value)).toEqual(['en', 'de'])
  })

  it('brings back a deleted one as its next version and leaves an episodic one alone', async () => {
    const { cairn } = await openStore()
    const { sessions, memories } = cairn.as(alice)
    await memories.add({ namespace: 'user:alice:state', key: 'gone', value: 1, type: 'semantic' })
    await memories.delete('user:alice:state', 'gone')
    await memories.add({ namespace: 'user:alice:state', key: 'diary', value: 'that day', type: 'episodic' })
    const { id } = await sessions.create({ state: { 'user:gone': 1, 'user:diary': 'changed' } })
    expect((await sessions.terminate(id)).kept).toEqual([{ namespace: 'user:alice:state', key: 'gone', version: 3 }])
    expect((await memories.get('user:alice:state', 'diary'))?.value).toBe('that day')
  })

  it('keeps what it set for app and project by grant of whoever ends it', async () => {
    const { cairn } = await openStore()
    const state = { 'app:motd': 'hello', 'project:phase': 'alpha', 'user:theme': 'dark' }
    const create = () => cairn.sessions.create({ ...alice, state })
    const kept = async (grants: ('app:write' | 'project:write')[], id: string) =>
      (await cairn.as({ ...alice, grants }).sessions.terminate(id)).kept.map(
        ({ namespace, key }) => `${namespace} ${key}`,
      )
    expect(await kept([], (await create()).id)).toEqual(['user:alice:state theme'])
    expect(await kept(['project:write'], (await create()).id)).toEqual(['project:apollo:state phase'])
    expect(await kept(['app:write', 'project:write'], (await create()).id)).toEqual(['app:shop:state motd'])
  })

  it('deletes what it kept before, where it removed the value since', async () => {
    const { cairn } = await openStore()
    const { sessions, memories } = cairn.as(alice)
    const one = await sessions.create({ state: { 'user:theme': 'dark', 'user:lang': 'de' } })
    await sessions.terminate(one.id)
    const two = await sessions.create()
    await sessions.setState(two.id, 'user:alice:theme', null)
    await sessions.setState(two.id, 'user:lang', null)
    await sessions.setState(two.id, 'user:lang', 'de')
    expect(await memories.get('user:alice:state', 'theme')).toMatchObject({ value: 'dark' })
    expect(await sessions.terminate(two.id)).toMatchObject({
      kept: [],
      removed: [{ namespace: 'user:alice:state', key: 'theme', version: 2 }],
    })
    expect(await memories.get('user:alice:state', 'theme')).toBeNull()
    expect(await memories.get('user:alice:state', 'lang')).toMatchObject({ value: 'de', version: 1 })
    expect(await memories.restore('user:alice:state', 'theme')).toMatchObject({ value: 'dark' })
  })

  it('leaves what another session removed to that one', async () => {
    const { cairn } = await openStore()
    const { sessions, memories } = cairn.as(alice)
    await sessions.terminate((await sessions.create({ state: { 'user:theme': 'dark' } })).id)
    const [one, two] = [await sessions.create({ state: { 'user:theme': 'light' } }), await sessions.create()]
    await sessions.setState(two.id, 'user:theme', null)
    expect(await sessions.terminate(one.id)).toMatchObject({ kept: [], removed: [] })
    expect(await memories.get('user:alice:state', 'theme')).toMatchObject({ value: 'dark' })
    expect((await sessions.terminate(two.id)).removed).toMatchObject([{ key: 'theme', version: 2 }])
  })

  it('a second time does nothing', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create({ ...alice, state: { 'user:theme': 'dark' } })
    const { session } = await cairn.sessions.terminate(id)
    expect(await cairn.sessions.terminate(id)).toEqual({ session, kept: [], removed: [] })
  })

  it('leaves its events to be read and found', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create(alice)
    await cairn.sessions.appendEvent(id, message)
    await cairn.sessions.terminate(id)
    await cairn.sessions.archive(id)
    expect((await cairn.sessions.events(id)).items).toHaveLength(1)
    expect((await cairn.search('harbour')).hits).toHaveLength(1)
  })
})

describe('deleting a session', () => {
  it('removes it with its events, its own state and its place in the index', async () => {
    const { cairn } = await openStore()
    const { sessions, search } = { sessions: cairn.as(alice).sessions, search: cairn.as(alice) }
    const { id } = await sessions.create({ state: { topic: 'x', 'user:theme': 'dark' } })
    await sessions.appendEvent(id, message)
    expect((await search.search('harbour')).hits).toHaveLength(1)
    expect(await sessions.delete(id)).toBe(true)
    expect(await sessions.delete(id)).toBe(false)
    expect(await sessions.get(id)).toBeNull()
    expect((await search.search('harbour')).hits).toEqual([])
    expect((await cairn.info()).rows).toMatchObject({ sessions: 0, events: 0, state: 1 })
    const again = await sessions.create({ id })
    expect(again.lastSeq).toBe(0)
    expect((await sessions.state(id)).merged).toEqual({ theme: 'dark' })
  })

  it('lets go of what it set for others: who takes its id does not keep that', async () => {
    const { cairn } = await openStore()
    const state = { 'user:diagnosis': 'private', 'app:motd': 'hello' }
    const admin = cairn.as({ ...alice, grants: ['app:write'] })
    await admin.sessions.create({ id: 's1', state })
    await admin.sessions.delete('s1')
    const bob = cairn.as({ app: 'shop', user: 'bob', grants: ['app:write'] })
    await bob.sessions.create({ id: 's1' })
    expect(await bob.sessions.terminate('s1')).toMatchObject({ kept: [], removed: [] })
    expect((await cairn.memories.list()).items).toEqual([])
    await bob.sessions.delete('s1')
    await admin.sessions.create({ id: 's1' })
    expect(await admin.sessions.state('s1')).toMatchObject({ user: { diagnosis: 'private' }, app: { motd: 'hello' } })
    expect(await admin.sessions.terminate('s1')).toMatchObject({ kept: [] })
  })

  it('takes what was remembered for it alone: who takes its id does not find that', async () => {
    const { cairn, clock } = await openStore()
    const owner = cairn.as(alice)
    await owner.sessions.create({ id: 's1' })
    const inside = cairn.as({ session: 's1' })
    const note = { namespace: 'session:s1:notes', key: 'plan', value: 'to the harbour' }
    await inside.memories.add({ ...note, type: 'episodic' })
    await owner.sessions.delete('s1')
    await cairn.as({ app: 'shop', user: 'bob' }).sessions.create({ id: 's1' })
    expect(await inside.memories.get(note.namespace, note.key)).toBeNull()
    expect((await inside.search('harbour', { knownAt: clock() })).hits).toEqual([])
    const [last] = (await cairn.audit.list({ subject: 'memory' })).items
    expect(last).toMatchObject({ operation: 'purge', actor: 'user:alice', namespace: note.namespace, key: note.key })
  })

  it('is in the trail, which outlives it, and only for the owner to do', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create(alice)
    expect(await cairn.as({ app: 'shop', user: 'bob' }).sessions.delete(id)).toBe(false)
    expect(await cairn.sessions.get(id)).not.toBeNull()
    await cairn.as(alice).sessions.delete(id)
    const { items } = await cairn.audit.list({ session: id })
    expect(items.map(({ operation, actor }) => [operation, actor])).toEqual([
      ['delete', 'user:alice'],
      ['create', 'root'],
    ])
  })
})
