import { describe, expect, it } from 'vitest'
import type { NewTask } from '../../../src/storage/task-store.js'
import { refusal } from '../../helpers/refusal.js'
import { author, createSession, footprint, now, operations, type Subject, s1, trail } from './subject.js'
import { answer, apollo, aTask, bob, claim, getTask, mustClaim, owner, statusOf, submit, taskIds } from './work.js'

export function describeTaskSubmits(subject: Subject): void {
  it('stores a task as it is, ready to be claimed', async () => {
    const { storage } = subject
    const { dependsOn, ...task } = aTask({ project: 'apollo', deadline: 7, input: '[1]', metadata: '{"a":1}' })
    const expected = {
      ...{ ...task, status: 'ready', result: null, error: null, retryCount: 0, submittedAt: now, startedAt: null },
      ...{ updatedAt: now, completedAt: null, createdBy: 'user:alice', claimedBy: null, attempt: 0, leaseUntil: null },
    }
    expect(await submit(storage, [{ ...task, dependsOn }])).toEqual([expected])
    expect(await getTask(storage)).toEqual(expected)
    expect(await trail(storage)).toMatchObject([
      { subject: 'task', operation: 'create', task: 't1', actor: 'user:alice' },
    ])
  })

  it('answers a task that is sent again with what has become of it, and writes nothing', async () => {
    const { storage } = subject
    await submit(storage, [{ id: 'a' }, { dependsOn: ['a'], runAfter: now - 1 }])
    const task = await mustClaim(storage)
    const before = await footprint(storage)
    expect(await submit(storage, [{ dependsOn: ['a'], runAfter: now + 9 }, { id: 'a' }])).toMatchObject([
      { id: 't1', status: 'blocked' },
      { ...task, status: 'running' },
    ])
    expect(await footprint(storage)).toEqual(before)
  })

  const differences: Partial<NewTask>[] = [
    ...[{ prompt: 'x' }, { agentType: 'x' }, { source: 'agent_planner' as const }, { priority: 1 }, { input: '1' }],
    ...[{ maxRetries: 9 }, { timeoutSeconds: 60 }, { deadline: 1 }, { parent: 'p' }, { metadata: '{"a":1}' }],
    ...[
      { app: 'x' },
      { user: 'x' },
      { project: 'x' },
      { dependsOn: ['p'] },
      { dependsOn: ['p', 'q'] },
      { session: 's1' },
    ],
  ]
  it.each(differences)('refuses an id that is taken by a task with another %o', async (change) => {
    const { storage } = subject
    await createSession(storage)
    await submit(storage, [{ id: 'p' }, { id: 'q' }, { dependsOn: ['q'] }])
    const before = await footprint(storage)
    await refusal(submit(storage, [{ id: 'new' }, { dependsOn: ['q'], ...change }]), 'already_exists')
    expect(await footprint(storage)).toEqual(before)
  })

  it('takes the owners of the session', async () => {
    const { storage } = subject
    await createSession(storage)
    const [task] = await submit(storage, [{ session: 's1', app: null, user: null }])
    expect(task).toMatchObject({ session: 's1', app: 'support', user: 'alice', project: 'apollo' })
    await storage.sessions.delete({ ...s1, author: author() })
    expect(await getTask(storage)).toMatchObject({ session: null, app: 'support', user: 'alice', project: 'apollo' })
  })

  it('refuses sessions, parents and prerequisites that are not there, or not for the caller, and stores nothing', async () => {
    const { storage } = subject
    await createSession(storage)
    await submit(storage, [{ id: 'hers' }])
    const before = await footprint(storage)
    const put = (task: Partial<NewTask>, scope = bob, sessionOwner = bob.owner ?? undefined) =>
      storage.tasks.submit({ tasks: [aTask({ id: 'first' }), aTask(task)], scope, sessionOwner, author: author() })
    for (const id of ['hers', 'nowhere']) {
      const details = { task: id }
      expect(await refusal(put({ parent: id }), 'not_found')).toMatchObject({ details })
      expect(await refusal(put({ dependsOn: ['first', id] }), 'not_found')).toMatchObject({ details })
    }
    for (const session of ['s1', 'nowhere'])
      expect(await refusal(put({ session }), 'not_found')).toMatchObject({ details: { session } })
    expect(await footprint(storage)).toEqual(before)
    await put({ id: 't2', dependsOn: ['first'], parent: 'first' })
    await submit(storage, [{ id: 'shared', project: 'apollo' }])
    await put({ id: 't3', dependsOn: ['shared'] }, apollo)
  })

  it('waits for what it depends on, for its time, or for nothing', async () => {
    const { storage } = subject
    await submit(storage, [{ id: 'done' }])
    await storage.tasks.complete({ ...answer(await mustClaim(storage)), result: null })
    await submit(storage, [
      ...[
        { id: 'later', runAfter: now + 1 },
        { id: 'due', runAfter: now },
        { id: 'after-done', dependsOn: ['done'] },
      ],
      ...[
        { id: 'waits', dependsOn: ['due', 'done'] },
        { id: 'both', dependsOn: ['due'], runAfter: now + 1 },
      ],
    ])
    const statuses = await Promise.all(
      ['later', 'due', 'after-done', 'waits', 'both'].map((id) => statusOf(storage, id)),
    )
    expect(statuses).toEqual(['pending', 'ready', 'ready', 'blocked', 'blocked'])
    expect(await storage.tasks.dependencies({ id: 'waits', scope: undefined })).toMatchObject({
      prerequisites: [
        { task: 'done', status: 'completed', resolvedAt: now },
        { task: 'due', status: 'ready', resolvedAt: null },
      ],
      dependents: [],
    })
  })

  it('takes tasks that depend on each other, whichever is first', async () => {
    const { storage } = subject
    await submit(storage, [{ id: 'b', dependsOn: ['a'] }, { id: 'a' }, { id: 'c', parent: 'b', dependsOn: ['a', 'b'] }])
    expect(await statusOf(storage, 'b')).toBe('blocked')
    expect(await taskIds(storage, { parent: 'b' })).toEqual(['c'])
    expect(await storage.tasks.dependencies({ id: 'a', scope: undefined })).toMatchObject({
      dependents: [{ task: 'b' }, { task: 'c' }],
    })
  })

  it('lets one of two processes that submit the same id with other words win', async () => {
    const other = await subject.another()
    const outcomes = await Promise.allSettled([submit(subject.storage, [{}]), submit(other, [{ prompt: 'else' }])])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await operations(subject.storage)).toEqual(['task create'])
  })

  describe('a task is seen by', () => {
    it('its owner, members of its project, and root', async () => {
      const { storage } = subject
      await submit(storage, [{ project: 'apollo' }, { id: 'own' }, { id: 'nobody', app: null, user: null }])
      const see = async (id: string, scope = apollo) =>
        (await storage.tasks.get({ id, scope, sessionOwner: undefined })) !== undefined
      expect([await see('t1'), await see('own'), await see('nobody')]).toEqual([true, false, false])
      const self = { owner, projects: [] }
      expect([await see('t1', self), await see('own', self), await see('nobody', self)]).toEqual([true, true, false])
      expect([await see('t1', bob), await see('own', bob)]).toEqual([false, false])
      expect(await storage.tasks.dependencies({ id: 't1', scope: bob })).toBeUndefined()
      expect(await claim(storage, { scope: bob })).toBeUndefined()
    })

    it('nobody in another session than its own', async () => {
      const { storage } = subject
      await createSession(storage)
      await submit(storage, [{ session: 's1' }])
      expect(await storage.tasks.get({ id: 't1', scope: apollo, sessionOwner: bob.owner ?? undefined })).toEqual({
        task: await getTask(storage),
      })
      expect(await storage.tasks.get({ id: 't1', scope: apollo, sessionOwner: owner })).toEqual({
        task: await getTask(storage),
        session: await storage.sessions.get(s1),
      })
    })
  })
}
