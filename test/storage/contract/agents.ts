import { describe, expect, it } from 'vitest'
import type { AgentQuery } from '../../../src/storage/agent-store.js'
import type { AgentState } from '../../../src/tasks/agent.js'
import { refusal } from '../../helpers/refusal.js'
import { author, createSession, footprint, now, type Subject, s1, trail } from './subject.js'
import { alice, answer, apollo, bob, getTask, mustClaim, nobody, owner, spawn, statusOf, submit } from './work.js'

export function describeAgents(subject: Subject): void {
  describe('spawn', () => describeSpawn(subject))
  describe('change', () => describeChange(subject))
  describe('list', () => describeList(subject))
  describe('the silent', () => describeSilent(subject))
}

function describeSpawn(subject: Subject): void {
  it('stores an agent as it is', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const expected = {
      ...{ id: 'w1', name: 'worker', specialization: 'tests', model: 'm', task: 't1', session: null, ...owner },
      ...{ project: 'apollo', state: 'spawning', resourceUsage: '{}', spawnedAt: now, heartbeatAt: now },
      terminatedAt: null,
    }
    expect(await spawn(storage, { specialization: 'tests', model: 'm', task: 't1', project: 'apollo' })).toEqual(
      expected,
    )
    expect(await storage.agents.get({ id: 'w1', scope: undefined })).toEqual(expected)
    expect(await storage.agents.get({ id: 'w1', scope: apollo })).toEqual(expected)
    for (const scope of [bob, nobody]) expect(await storage.agents.get({ id: 'w1', scope })).toBeUndefined()
    const [line] = await trail(storage, { agent: 'w1' })
    expect(line).toMatchObject({ subject: 'agent', operation: 'create', task: 't1', actor: 'user:alice' })
  })

  it('takes the owners of the session', async () => {
    const { storage } = subject
    await createSession(storage)
    expect(await spawn(storage, { session: 's1', app: null, user: null })).toMatchObject({
      ...owner,
      project: 'apollo',
    })
    await storage.sessions.delete({ ...s1, author: author() })
    expect(await storage.agents.get({ id: 'w1', scope: alice })).toMatchObject({ session: null, ...owner })
  })

  it('refuses an id that is taken, and tasks and sessions that are not for the caller', async () => {
    const { storage } = subject
    await createSession(storage)
    await submit(storage, [{}])
    await spawn(storage, { user: 'bob' })
    const before = await footprint(storage)
    const put = (changes: object) =>
      storage.agents.spawn({
        ...{
          agent: {
            id: 'w2',
            name: 'x',
            specialization: null,
            model: null,
            task: null,
            session: null,
            ...owner,
            project: null,
            ...changes,
          },
        },
        ...{ scope: bob, sessionOwner: bob.owner ?? undefined, author: author() },
      })
    await refusal(put({ id: 'w1' }), 'already_exists')
    for (const task of ['t1', 'nowhere'])
      expect(await refusal(put({ task }), 'not_found')).toMatchObject({ details: { task } })
    for (const session of ['s1', 'nowhere'])
      expect(await refusal(put({ session }), 'not_found')).toMatchObject({ details: { session } })
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeChange(subject: Subject): void {
  const change = (
    changes: { state?: AgentState; resourceUsage?: string; heartbeat?: boolean; scope?: typeof bob },
    at = now + 5,
  ) =>
    subject.storage.agents.change({
      id: 'w1',
      scope: undefined,
      heartbeat: false,
      ...changes,
      author: author({ now: at }),
    })

  it('notes a sign of life without a line, and a new state with one', async () => {
    const { storage } = subject
    await spawn(storage)
    const lines = (await trail(storage)).length
    expect(await change({ heartbeat: true, resourceUsage: '{"cpu":1}' })).toMatchObject({
      ...{ state: 'spawning', heartbeatAt: now + 5, resourceUsage: '{"cpu":1}' },
    })
    expect((await trail(storage)).length).toBe(lines)
    expect(await change({ state: 'busy' }, now + 6)).toMatchObject({ state: 'busy', heartbeatAt: now + 5 })
    expect((await trail(storage))[0]).toMatchObject({
      ...{ subject: 'agent', operation: 'status', agent: 'w1', detail: '{"from":"spawning","to":"busy"}' },
    })
    expect(await storage.agents.get({ id: 'w1', scope: undefined })).toMatchObject({ resourceUsage: '{"cpu":1}' })
  })

  it('keeps to the legal steps', async () => {
    await spawn(subject.storage)
    await change({ state: 'idle' })
    const error = await refusal(change({ state: 'spawning' }), 'illegal_transition')
    expect(error).toMatchObject({ hint: expect.stringContaining('busy or terminating'), details: { from: 'idle' } })
    await change({ state: 'terminating' })
    await refusal(change({ state: 'busy' }), 'illegal_transition')
    expect(await change({ state: 'terminated' })).toMatchObject({ state: 'terminated', terminatedAt: now + 5 })
    await refusal(change({ state: 'idle' }), 'illegal_transition')
    await refusal(change({ heartbeat: true }), 'illegal_transition')
    const before = await footprint(subject.storage)
    expect(await change({ state: 'terminated' }, now + 9)).toMatchObject({ terminatedAt: now + 5 })
    expect(await footprint(subject.storage)).toEqual(before)
  })

  it('is for those whose agent it is', async () => {
    await spawn(subject.storage)
    for (const scope of [bob, apollo, nobody])
      expect(await refusal(change({ scope, heartbeat: true }), 'not_found')).toMatchObject({ details: { agent: 'w1' } })
    await refusal(
      subject.storage.agents.change({ id: 'w9', scope: undefined, heartbeat: true, author: author() }),
      'not_found',
    )
  })

  it('that ends it gives back what it works on, at the cost of a retry, and nothing else', async () => {
    const { storage } = subject
    await spawn(storage, { project: 'apollo' })
    await submit(storage, [
      ...[
        { id: 'a', priority: 9, maxRetries: 1 },
        { id: 'last', priority: 8, maxRetries: 0 },
        { id: 'his', user: 'bob', priority: 7 },
      ],
      ...[
        { id: 'shared', user: 'bob', project: 'apollo', priority: 6 },
        { id: 'done', priority: 5 },
        { id: 'w2s', priority: 4 },
      ],
    ])
    const tasks = []
    for (const claimedBy of ['w1', 'w1', 'w1', 'w1', 'w1', 'w2'])
      tasks.push(await mustClaim(storage, {}, { claimedBy }))
    await storage.tasks.complete({ ...answer(tasks[4] ?? tasks[0] ?? (await getTask(storage))), result: null })
    await change({ state: 'terminated' })
    const statuses = await Promise.all(['a', 'last', 'his', 'shared', 'done', 'w2s'].map((id) => statusOf(storage, id)))
    expect(statuses).toEqual(['ready', 'failed', 'running', 'ready', 'completed', 'running'])
    expect(await getTask(storage, 'a')).toMatchObject({ retryCount: 1, claimedBy: null, runAfter: null })
    expect(await getTask(storage, 'last')).toMatchObject({ error: 'Agent w1 was terminated.' })
    await refusal(storage.tasks.complete({ ...answer(await getTask(storage, 'a')), result: null }), 'conflict')
  })
}

function describeList(subject: Subject): void {
  it('is newest first, by any mix of filters, of what the caller may see', async () => {
    const { storage } = subject
    await createSession(storage, { project: null })
    await submit(storage, [{}])
    for (let index = 0; index < 6; index++) {
      const agent = {
        ...{ id: `w${index}`, user: index % 2 === 0 ? 'alice' : 'bob', project: index < 2 ? 'apollo' : null },
        ...{ task: index > 3 ? 't1' : null, session: index === 2 ? 's1' : null },
      }
      await spawn(storage, agent, { now: now + index })
    }
    const change = { scope: undefined, heartbeat: false, state: 'idle' as const, author: author() }
    for (const id of ['w0', 'w5']) await storage.agents.change({ ...change, id })
    const ids = async (query: Partial<AgentQuery> = {}) =>
      (await storage.agents.list({ scope: undefined, limit: 100, ...query })).map(({ id }) => id)
    expect(await ids()).toEqual(['w5', 'w4', 'w3', 'w2', 'w1', 'w0'])
    expect(await ids({ limit: 2, after: [now + 4, 'w4'] })).toEqual(['w3', 'w2'])
    expect(await ids({ state: 'idle' })).toEqual(['w5', 'w0'])
    expect(await ids({ state: 'idle', scope: bob })).toEqual(['w5'])
    expect(await ids({ task: 't1' })).toEqual(['w5', 'w4'])
    expect(await ids({ task: 't1', state: 'idle' })).toEqual(['w5'])
    expect(await ids({ session: 's1' })).toEqual(['w2'])
    expect(await ids({ session: 's1', scope: bob })).toEqual([])
    expect(await ids({ project: 'apollo' })).toEqual(['w1', 'w0'])
    expect(await ids({ project: 'apollo', scope: bob })).toEqual(['w1'])
    expect(await ids({ scope: { ...alice, projects: ['apollo'] } })).toEqual(['w4', 'w2', 'w1', 'w0'])
    expect(await ids({ scope: { ...alice, projects: ['apollo'] }, limit: 2, after: [now + 2, 'w2'] })).toEqual([
      'w1',
      'w0',
    ])
    expect(await ids({ scope: nobody })).toEqual([])
  })
}

function describeSilent(subject: Subject): void {
  async function populate(): Promise<void> {
    const { storage } = subject
    for (const [index, id] of ['w0', 'w1', 'w2', 'w3'].entries())
      await spawn(storage, { id, user: id === 'w1' ? 'bob' : 'alice' }, { now: now + index })
    await storage.agents.change({ id: 'w0', scope: undefined, heartbeat: true, author: author({ now: now + 9 }) })
    await storage.agents.change({ id: 'w2', scope: undefined, heartbeat: false, state: 'terminated', author: author() })
  }

  it('are those not heard of since a moment, the longest silent first', async () => {
    const { storage } = subject
    await populate()
    const ids = async (silentSince: number, query: Partial<AgentQuery> = {}) =>
      (await storage.agents.list({ scope: undefined, silentSince, limit: 100, ...query })).map(({ id }) => id)
    expect(await ids(now + 9)).toEqual(['w1', 'w3', 'w0'])
    expect(await ids(now + 8)).toEqual(['w1', 'w3'])
    expect(await ids(now)).toEqual([])
    expect(await ids(now + 9, { scope: alice })).toEqual(['w3', 'w0'])
    expect(await ids(now + 9, { limit: 1, after: [now + 1, 'w1'] })).toEqual(['w3'])
  })

  it('are terminated some at a time, and their tasks are given back', async () => {
    const { storage } = subject
    await populate()
    await submit(storage, [{ id: 'a' }, { id: 'b' }])
    await mustClaim(storage, {}, { claimedBy: 'w3', now: now + 3 })
    await mustClaim(storage, {}, { claimedBy: 'w0', now: now + 9 })
    const release = (silentSince: number, limit: number) =>
      storage.agents.releaseSilent({ scope: alice, silentSince, limit, author: author({ now: now + 20 }) })
    expect(await release(now + 8, 9)).toEqual({ agents: ['w3'], tasks: ['a'] })
    expect(await statusOf(storage, 'a')).toBe('ready')
    expect(await release(now + 9, 1)).toEqual({ agents: ['w0'], tasks: ['b'] })
    expect(await release(now + 9, 1)).toEqual({ agents: [], tasks: [] })
    expect((await trail(storage, { agent: 'w3' }))[0]).toMatchObject({
      ...{ operation: 'terminate', detail: '{"from":"spawning","to":"terminated","because":"silent"}' },
    })
  })
}
