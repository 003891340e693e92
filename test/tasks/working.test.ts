import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { Task } from '../../src/tasks/task.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }

async function openWorker() {
  const store = await openStore()
  return { ...store, at: store.cairn.as({ ...alice, agent: 'w1' }) }
}

async function mustClaim(at: Cairn): Promise<Task> {
  const task = await at.tasks.claim()
  if (task === null) throw new Error('there was nothing to claim')
  return task
}

describe('a worker', () => {
  it('claims under the name of its handle, or another', async () => {
    const { at, cairn } = await openWorker()
    await at.tasks.submitMany([{ prompt: '1' }, { prompt: '2' }, { prompt: '3' }])
    expect(await at.tasks.claim()).toMatchObject({ claimedBy: 'w1', status: 'running', attempt: 1 })
    expect(await at.tasks.claim({ agent: 'w2' })).toMatchObject({ claimedBy: 'w2' })
    expect(await cairn.tasks.claim()).toMatchObject({ claimedBy: null })
    expect(await at.tasks.claim()).toBeNull()
    await refusal(at.tasks.claim({ agentTypes: [] }), 'invalid_input')
    await refusal(at.tasks.claim({ agentTypes: [''] }), 'invalid_input')
    await refusal(at.tasks.claim({ agent: '' }), 'invalid_input')
  })

  it('answers with the task as it was claimed, or by id and try', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'p' },
      { id: 'b', prompt: 'p' },
    ])
    expect(await at.tasks.complete(await mustClaim(at), { done: [1] })).toMatchObject({
      ...{ id: 'a', status: 'completed', result: { done: [1] }, claimedBy: 'w1' },
    })
    await mustClaim(at)
    expect(await at.tasks.complete({ id: 'b', attempt: 1 })).toMatchObject({ status: 'completed', result: null })
    await refusal(at.tasks.complete({ id: 'b' } as Task), 'invalid_input')
    await refusal(at.tasks.complete({ id: 'nowhere', attempt: 1 }), 'not_found')
  })

  it('says why it failed, with a text or an error', async () => {
    const { at, clock } = await openWorker()
    await at.tasks.submit({ prompt: 'p' })
    const failed = await at.tasks.fail(await mustClaim(at), new TypeError('no such harbour'))
    expect(failed).toMatchObject({ status: 'pending', error: 'no such harbour', retryCount: 1 })
    clock.advance(10_000)
    const again = await mustClaim(at)
    expect(again).toMatchObject({ attempt: 2, error: 'no such harbour' })
    expect(await at.tasks.fail(again, 'never', { retry: false })).toMatchObject({ status: 'failed', error: 'never' })
    expect((await at.tasks.deadLetters()).items).toMatchObject([{ id: again.id }])
    await refusal(at.tasks.fail(again, 7 as never), 'invalid_input')
  })

  it('keeps a task by heartbeats, and loses it without', async () => {
    const { at, clock } = await openWorker()
    await at.tasks.submit({ prompt: 'p', timeoutSeconds: 60 })
    const task = await mustClaim(at)
    for (let minutes = 0; minutes < 5; minutes++) {
      clock.advance(50_000)
      await at.tasks.heartbeat(task)
      expect(await at.tasks.claim()).toBeNull()
    }
    const { leaseUntil } = await at.tasks.heartbeat(task, { leaseSeconds: 5 })
    expect(Date.parse(leaseUntil ?? '') - clock()).toBeLessThanOrEqual(5_000)
    clock.advance(5_000)
    expect(await at.tasks.claim()).toBeNull()
    const lost = await refusal(at.tasks.heartbeat(task), 'conflict')
    expect(lost.message).toContain('pending: the answer of try 1 comes too late')
    await refusal(at.tasks.heartbeat(task, { leaseSeconds: 0 }), 'invalid_input')
  })

  it('gives back what it cannot do', async () => {
    const { at } = await openWorker()
    await at.tasks.submit({ prompt: 'p' })
    expect(await at.tasks.release(await mustClaim(at))).toMatchObject({ status: 'ready', retryCount: 0 })
    expect(await at.tasks.claim()).toMatchObject({ attempt: 2 })
  })

  it('without anything to work on is told so, since it would wait for ever', async () => {
    const { cairn } = await openWorker()
    const member = cairn.as({ project: 'apollo' })
    await refusal(member.tasks.claim(), 'forbidden')
    await refusal(member.tasks.next(), 'forbidden')
    await refusal(cairn.as({ user: 'alice' }).tasks.claim(), 'forbidden')
  })
})

describe('members of a project', () => {
  it('see its tasks and agents, and work on them by grant', async () => {
    const { cairn } = await openWorker()
    const owner = cairn.as({ ...alice, project: 'apollo' })
    const { id } = await owner.tasks.submit({ prompt: 'p' })
    await owner.agents.spawn({ id: 'w1', name: 'worker' })
    const reader = cairn.as({ app: 'shop', user: 'bob', project: 'apollo' })
    expect(await reader.tasks.get(id)).toMatchObject({ id })
    expect((await reader.agents.list()).items).toMatchObject([{ id: 'w1' }])
    expect(await reader.tasks.claim()).toBeNull()
    for (const refused of [
      await refusal(reader.tasks.cancel(id), 'forbidden'),
      await refusal(reader.tasks.complete({ id, attempt: 1 }), 'forbidden'),
      await refusal(reader.agents.terminate('w1'), 'forbidden'),
    ])
      expect(refused.hint).toContain('project:write')
    const writer = cairn.as({ app: 'shop', user: 'bob', project: 'apollo', grants: ['project:write'] })
    await writer.tasks.complete(await mustClaim(writer))
    await writer.agents.terminate('w1')
    expect(await owner.tasks.get(id)).toMatchObject({ status: 'completed' })
  })

  it('of another project see nothing, and only the trail tells that there was something', async () => {
    const { cairn } = await openWorker()
    await cairn.as({ ...alice, project: 'apollo' }).tasks.submit({ id: 'hers', prompt: 'p' })
    await cairn.as({ ...alice, project: 'apollo' }).agents.spawn({ id: 'agent', name: 'worker' })
    const session = await cairn.sessions.create(alice)
    const other = cairn.as({ app: 'shop', user: 'bob', project: 'zeus', grants: ['project:write'] })
    const missing = await refusal(other.tasks.cancel('nowhere'), 'not_found')
    const foreign = await refusal(other.tasks.cancel('hers'), 'not_found')
    expect({ ...foreign, message: foreign.message }).toEqual({
      ...missing,
      message: missing.message.replace('nowhere', 'hers'),
      details: { task: 'hers' },
    })
    expect(await other.tasks.get('hers')).toBeNull()
    await refusal(other.tasks.submit({ prompt: 'p', dependsOn: ['hers'] }), 'not_found')
    await refusal(other.tasks.submit({ prompt: 'p', session: session.id }), 'not_found')
    await refusal(other.agents.heartbeat('agent'), 'not_found')
    expect(await other.agents.get('agent')).toBeNull()
    expect(await other.tasks.reprocess(['hers'])).toBe(0)
    const { items } = await cairn.audit.list({ outcome: 'forbidden' })
    expect(items.reverse().map((line) => [line.subject, line.operation, line.task, line.namespace])).toEqual([
      ...[
        ['task', 'status', 'hers', null],
        ['task', 'read', 'hers', null],
        ['task', 'create', 'hers', null],
      ],
      ...[
        ['session', 'create', null, `session:${session.id}`],
        ['agent', 'status', null, null],
      ],
      ['agent', 'read', null, null],
    ])
  })
})

describe('whoever leads', () => {
  it('cancels, with what waits for it', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'p' },
      { id: 'b', prompt: 'p', dependsOn: ['a'] },
    ])
    const task = await mustClaim(at)
    await refusal(at.tasks.cancel('a'), 'illegal_transition')
    const { task: cancelled, dependents } = await at.tasks.cancel('a', { force: true, cascade: true })
    expect([cancelled.status, dependents]).toEqual(['cancelled', ['b']])
    await refusal(at.tasks.complete(task), 'conflict')
    expect(await at.tasks.retry('a')).toMatchObject({ status: 'ready' })
    expect(await at.tasks.retry('b')).toMatchObject({ status: 'blocked' })
  })

  it('sees what blocks a task', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'first' },
      { id: 'b', prompt: 'then', dependsOn: ['a'] },
    ])
    await at.tasks.cancel('a')
    expect(await at.tasks.dependencies('b')).toEqual({
      prerequisites: [{ task: 'a', prompt: 'first', status: 'cancelled', resolvedAt: null }],
      dependents: [],
    })
    expect(await at.tasks.dependencies('a')).toMatchObject({ dependents: [{ task: 'b', status: 'blocked' }] })
  })

  it('queues dead letters again, all or some', async () => {
    const { at } = await openWorker()
    const count = 1_203
    const each = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({
        prompt: 'p',
        id: `t${from + index}`,
        agentType: index === 0 ? 'coder' : 'general',
      }))
    await at.tasks.submitMany(each(0, 1000))
    await at.tasks.submitMany(each(1000, count))
    const fail = async () => {
      for (let task = await at.tasks.claim(); task; task = await at.tasks.claim())
        await at.tasks.fail(task, 'x', { retry: false })
    }
    await fail()
    expect((await at.tasks.deadLetters({ agentType: 'coder' })).items.map(({ id }) => id)).toEqual(['t0', 't1000'])
    expect(await at.tasks.reprocess({ agentType: 'coder' })).toBe(2)
    expect(await at.tasks.reprocess(['t1', 't2', 'nowhere'])).toBe(2)
    expect(await at.tasks.reprocess()).toBe(count - 4)
    expect((await at.tasks.deadLetters()).items).toEqual([])
    await refusal(at.tasks.reprocess({ status: 'failed' } as never), 'invalid_input')
  })
})
