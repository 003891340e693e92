import { describe, expect, it } from 'vitest'
import type { SessionQuery } from '../../../src/storage/session-store.js'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  anEvent,
  append,
  aSession,
  author,
  createSession,
  footprint,
  found,
  now,
  operations,
  type Subject,
  s1,
} from './subject.js'

const alice = { app: 'support', user: 'alice' }

export function describeSessions(subject: Subject): void {
  describe('create and get', () => describeCreate(subject))
  describe('list', () => describeList(subject))
  describe('delete', () => describeDelete(subject))
}

function describeCreate(subject: Subject): void {
  it('makes a session that has no event yet', async () => {
    const { storage } = subject
    const session = aSession({ metadata: '{"channel":"mail"}' })
    const expected = {
      ...session,
      ...{ status: 'created', lastSeq: 0, parent: null, forkedAtSeq: null, createdAt: now, updatedAt: now },
      ...{ terminatedAt: null, archivedAt: null },
    }
    expect(await storage.sessions.create({ session, author: author() })).toEqual(expected)
    expect(await storage.sessions.get(s1)).toEqual(expected)
    expect(await storage.sessions.get({ id: 's1', owner: alice })).toEqual(expected)
    expect(await operations(storage)).toEqual(['session create'])
  })

  it('stores the initial state as the first event, and stays created', async () => {
    const { storage } = subject
    const event = anEvent({
      type: 'state_change',
      stateDelta: '{"user:theme":"dark"}',
      changes: [{ scope: 'user', owner: 'alice', key: 'theme', value: '"dark"' }],
    })
    const created = await storage.sessions.create({ session: aSession(), event, author: author() })
    expect(created).toMatchObject({ status: 'created', lastSeq: 1 })
    expect(await storage.sessions.get(s1)).toEqual(created)
    expect(await storage.sessions.events({ ...s1, order: 'asc', after: 0, before: 99, limit: 9 })).toMatchObject([
      { seq: 1, eventId: 'e1' },
    ])
    expect(await storage.sessions.state({ ...s1, scopes: ['user'] })).toEqual([
      { scope: 'user', owner: 'alice', key: 'theme', value: '"dark"' },
    ])
    expect(await operations(storage)).toEqual(['session create', 'event append'])
  })

  it('refuses an id that is taken, whoever has it, and changes nothing', async () => {
    const { storage } = subject
    await createSession(storage)
    const before = await footprint(storage)
    await refusal(createSession(storage, { user: 'bob', app: 'other' }), 'already_exists')
    const event = anEvent({ changes: [{ scope: 'user', owner: 'bob', key: 'x', value: '1' }] })
    await refusal(
      storage.sessions.create({ session: aSession({ user: 'bob' }), event, author: author() }),
      'already_exists',
    )
    expect(await footprint(storage)).toEqual(before)
    expect(await storage.sessions.get(s1)).toMatchObject({ user: 'alice' })
  })

  it('lets one of two who create the same id at once win', async () => {
    const other = await subject.another()
    const outcomes = await Promise.allSettled([createSession(subject.storage), createSession(other, { user: 'bob' })])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('does not show a session to anybody but its owner', async () => {
    const { storage } = subject
    await createSession(storage)
    for (const owner of [
      { app: 'support', user: 'bob' },
      { app: 'other', user: 'alice' },
      { app: 'alice', user: 'support' },
    ]) {
      const address = { id: 's1', owner }
      expect(await storage.sessions.get(address)).toBeUndefined()
      expect(await storage.sessions.events({ ...address, order: 'asc', after: 0, before: 9, limit: 9 })).toBeUndefined()
      expect(
        await storage.sessions.state({ ...address, scopes: ['session', 'user', 'app', 'project'] }),
      ).toBeUndefined()
      await refusal(storage.sessions.append({ ...address, events: [anEvent()], author: author() }), 'not_found')
      const end = { to: 'terminated' as const, chain: 'c', author: author() }
      await refusal(storage.sessions.setStatus({ ...address, ...end }), 'not_found')
      expect(await storage.sessions.delete({ ...address, author: author() })).toBe(false)
    }
    expect(await storage.sessions.get({ id: 'unknown', owner: undefined })).toBeUndefined()
    expect(await operations(storage)).toEqual(['session create'])
  })
}

function describeList(subject: Subject): void {
  /** Eight sessions of two users in two apps and two projects, a second apart. */
  async function populate(): Promise<void> {
    const { storage } = subject
    for (let index = 0; index < 8; index++) {
      const user = index % 2 === 0 ? 'alice' : 'bob'
      const app = index < 4 ? 'support' : 'sales'
      const project = index % 4 < 2 ? 'apollo' : null
      await createSession(storage, { id: `s${index}`, user, app, project }, { now: now + index * 1_000 })
    }
  }

  const ids = async (query: Partial<SessionQuery>) =>
    (await subject.storage.sessions.list({ limit: 100, ...query })).map(({ id }) => id)

  async function pages(query: Partial<SessionQuery>, limit: number): Promise<string[]> {
    const seen: string[] = []
    for (let before: SessionQuery['before']; ; ) {
      const page = await subject.storage.sessions.list({ ...query, limit, ...(before && { before }) })
      expect(page.length).toBeLessThanOrEqual(limit)
      seen.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      if (last === undefined) return seen
      before = [query.active ? last.updatedAt : last.createdAt, last.id]
    }
  }

  it('is newest first, by any mix of app, user, project and status', async () => {
    await populate()
    await subject.storage.sessions.setStatus({
      id: 's2',
      owner: undefined,
      to: 'terminated',
      chain: 'c',
      author: author(),
    })
    expect(await ids({})).toEqual(['s7', 's6', 's5', 's4', 's3', 's2', 's1', 's0'])
    expect(await ids({ limit: 2 })).toEqual(['s7', 's6'])
    expect(await ids({ user: 'alice' })).toEqual(['s6', 's4', 's2', 's0'])
    expect(await ids({ app: 'sales' })).toEqual(['s7', 's6', 's5', 's4'])
    expect(await ids({ app: 'support', user: 'alice' })).toEqual(['s2', 's0'])
    expect(await ids({ project: 'apollo' })).toEqual(['s5', 's4', 's1', 's0'])
    expect(await ids({ project: 'apollo', user: 'bob' })).toEqual(['s5', 's1'])
    expect(await ids({ project: 'apollo', app: 'sales' })).toEqual(['s5', 's4'])
    expect(await ids({ status: 'terminated' })).toEqual(['s2'])
    expect(await ids({ status: 'created', user: 'alice', app: 'support' })).toEqual(['s0'])
    expect(await ids({ user: 'nobody' })).toEqual([])
  })

  it('of the active ones has those with an event that did not end, last updated first', async () => {
    await populate()
    const { storage } = subject
    const at = (millis: number) => ({ now: now + 100_000 + millis })
    for (const [index, id] of ['s1', 's0', 's2', 's4', 's5'].entries())
      await append(storage, [anEvent()], at(index), id)
    const move = (id: string, to: 'paused' | 'terminated', millis: number) =>
      storage.sessions.setStatus({ id, owner: undefined, to, chain: 'c', author: author(at(millis)) })
    await move('s1', 'paused', 50)
    await move('s4', 'terminated', 60)
    expect(await ids({ active: true })).toEqual(['s1', 's5', 's2', 's0'])
    expect(await ids({ active: true, user: 'alice' })).toEqual(['s2', 's0'])
    expect(await ids({ active: true, app: 'sales' })).toEqual(['s5'])
    expect(await ids({ active: true, status: 'paused' })).toEqual(['s1'])
    expect(await ids({ active: true, project: 'apollo', user: 'bob' })).toEqual(['s1', 's5'])
    for (const limit of [1, 3]) {
      expect(await pages({ active: true }, limit)).toEqual(['s1', 's5', 's2', 's0'])
      expect(await pages({ active: true, user: 'alice' }, limit)).toEqual(['s2', 's0'])
    }
  })

  it('can be read in pages, also where many were created in the same millisecond', async () => {
    const { storage } = subject
    for (const id of ['a', 'b', 'é', '鍵', '🗝', 'Z', 'c']) await createSession(storage, { id })
    const whole = ['🗝', '鍵', 'é', 'c', 'b', 'a', 'Z']
    const queries: Partial<SessionQuery>[] = [{}, { user: 'alice' }, alice, { project: 'apollo' }]
    for (const query of queries) for (const limit of [1, 2, 7]) expect(await pages(query, limit)).toEqual(whole)
  })
}

function describeDelete(subject: Subject): void {
  it('takes the events, the own state and what search knows of both, and leaves the rest', async () => {
    const { storage } = subject
    await createSession(storage)
    await createSession(storage, { id: 's2' })
    const changes = [
      { scope: 'session', owner: 's1', key: 'step', value: '1' },
      { scope: 'user', owner: 'alice', key: 'theme', value: '"dark"' },
    ] as const
    await append(storage, [anEvent({ changes: [...changes], content: '{"text":"alpha"}' })])
    await append(storage, [anEvent({ content: '{"text":"alpha"}' })], {}, 's2')
    for (const namespace of ['session:s1', 'session:s1:notes', 'session:s10', 'user:alice'])
      await add(storage, { namespace, value: '"alpha"' })

    expect(await storage.sessions.delete({ ...s1, author: author() })).toBe(true)
    expect(await storage.sessions.get(s1)).toBeUndefined()
    expect(await storage.sessions.events({ ...s1, order: 'asc', after: 0, before: 9, limit: 9 })).toBeUndefined()
    expect((await found(storage, 'alpha')).sort()).toEqual(['s2 1', 'session:s10 tone 1', 'user:alice tone 1'])
    expect((await storage.info()).rows).toMatchObject({ sessions: 1, events: 1, state: 1, memories: 2 })
    expect(await storage.sessions.state({ id: 's2', owner: undefined, scopes: ['user'] })).toMatchObject([
      { key: 'theme' },
    ])
    expect((await operations(storage)).slice(-3)).toEqual(['memory purge', 'memory purge', 'session delete'])
  })

  it('leaves nothing behind for the next session of that id', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent({ changes: [{ scope: 'session', owner: 's1', key: 'step', value: '1' }] })])
    await storage.sessions.delete({ ...s1, author: author() })
    expect(await createSession(storage)).toMatchObject({ lastSeq: 0, status: 'created' })
    expect(await storage.sessions.state({ ...s1, scopes: ['session'] })).toEqual([])
    expect(await append(storage, [anEvent()])).toMatchObject([{ duplicate: false, event: { seq: 1 } }])
  })

  it('answers false, and writes nothing, when there is no such session', async () => {
    const { storage } = subject
    expect(await storage.sessions.delete({ ...s1, author: author() })).toBe(false)
    expect(await operations(storage)).toEqual([])
  })
}
