import { describe, expect, it } from 'vitest'
import { refusal } from '../../helpers/refusal.js'
import { author, createSession, footprint, now, type Subject, trail } from './subject.js'
import {
  alice,
  answer,
  apollo,
  bob,
  claim,
  drain,
  getTask,
  mustClaim,
  nobody,
  second,
  spawn,
  statusOf,
  submit,
} from './work.js'

const hour = 3600 * second

export function describeTaskClaims(subject: Subject): void {
  describe('claim', () => describeClaim(subject))
  describe('what is due', () => describeDue(subject))
  describe('answers', () => describeAnswers(subject))
  describe('outlook', () => describeOutlook(subject))
}

function describeClaim(subject: Subject): void {
  it('hands out by priority, then age, then id, and each once', async () => {
    const { storage } = subject
    await submit(storage, [{ id: 'b' }, { id: 'a' }, { id: 'low', priority: 0 }, { id: 'high', priority: 10 }])
    await submit(storage, [{ id: 'older' }], { now: now - 1 })
    expect(await drain(storage)).toEqual(['high', 'older', 'a', 'b', 'low'])
    expect(await claim(storage)).toBeUndefined()
  })

  it('says who has it, in which try, and until when', async () => {
    const { storage } = subject
    await submit(storage, [{ timeoutSeconds: 60 }], { now: now - 5 })
    const task = await mustClaim(storage, {}, { claimedBy: 'w7' })
    expect(task).toMatchObject({ status: 'running', claimedBy: 'w7', attempt: 1, startedAt: now, updatedAt: now })
    expect(task.leaseUntil).toBe(now + 60 * second)
    expect(await getTask(storage)).toEqual(task)
    const [line] = await trail(storage)
    expect(line).toMatchObject({
      operation: 'status',
      task: 't1',
      detail: '{"from":"ready","to":"running","attempt":1}',
    })
  })

  it('takes any of the types that are wanted, the best of all', async () => {
    const { storage } = subject
    await submit(storage, [
      ...[
        { id: 'code', agentType: 'coder' },
        { id: 'test', agentType: 'tester', priority: 6 },
      ],
      ...[{ id: 'any' }, { id: 'talk', agentType: 'writer' }],
    ])
    expect(await drain(storage, { agentTypes: ['coder', 'tester', 'painter'] })).toEqual(['test', 'code'])
    expect(await drain(storage, { agentTypes: ['general'] })).toEqual(['any'])
    expect(await drain(storage)).toEqual(['talk'])
  })

  it('keeps to a project or a session', async () => {
    const { storage } = subject
    await createSession(storage)
    await createSession(storage, { id: 's2', project: null })
    await submit(storage, [
      ...[{ id: 'plain' }, { id: 'in-apollo', project: 'apollo' }, { id: 'in-zeus', project: 'zeus' }],
      ...[
        { id: 'in-s1', session: 's1', priority: 1 },
        { id: 'in-s2', session: 's2' },
      ],
    ])
    expect(await drain(storage, { session: 's2', project: 'apollo' })).toEqual([])
    expect(await drain(storage, { session: 's1', project: 'apollo' })).toEqual(['in-s1'])
    expect(await drain(storage, { session: 's2', scope: bob })).toEqual([])
    expect(await drain(storage, { session: 's2', scope: alice })).toEqual(['in-s2'])
    expect(await drain(storage, { project: 'zeus' })).toEqual(['in-zeus'])
    expect(await drain(storage, { project: 'apollo', scope: alice })).toEqual(['in-apollo'])
    expect(await drain(storage)).toEqual(['plain'])
  })

  it('keeps to what the caller may work on', async () => {
    const { storage } = subject
    await submit(storage, [
      ...[{ id: 'hers' }, { id: 'his', user: 'bob', project: 'apollo', priority: 4 }],
      ...[
        { id: 'shared', project: 'apollo', priority: 6 },
        { id: 'none', app: null, user: null },
      ],
      ...[{ id: 'zeus', user: 'carol', project: 'zeus' }],
    ])
    expect(await drain(storage, { scope: nobody })).toEqual([])
    expect(await drain(storage, { scope: apollo, project: 'zeus' })).toEqual([])
    expect(await drain(storage, { scope: { ...alice, projects: ['apollo'] } })).toEqual(['shared', 'hers', 'his'])
    expect(await drain(storage, { scope: bob })).toEqual([])
    expect(await drain(storage)).toEqual(['none', 'zeus'])
  })

  it('of two processes gives each task to one', async () => {
    const other = await subject.another()
    await submit(
      subject.storage,
      Array.from({ length: 60 }, (_, index) => ({ id: `t${index}` })),
    )
    const [mine, others] = await Promise.all([drain(subject.storage), drain(other)])
    expect([...mine, ...others].sort()).toEqual(Array.from({ length: 60 }, (_, index) => `t${index}`).sort())
  })

  it('that finds nothing writes nothing', async () => {
    const { storage } = subject
    await submit(storage, [{ runAfter: now + 1 }])
    const before = await footprint(storage)
    expect(await claim(storage)).toBeUndefined()
    expect(await footprint(storage)).toEqual(before)
  })

  it('is a sign of life of the caller’s agent of that name, and of no other', async () => {
    const { storage } = subject
    await spawn(storage)
    await spawn(storage, { id: 'w2', user: 'bob' })
    await submit(storage, [{ id: 'a' }, { id: 'b' }, { id: 'c' }])
    for (const claimedBy of ['w1', 'w2', null]) await claim(storage, { scope: alice }, { claimedBy, now: now + 9 })
    const heard = async (id: string) => (await storage.agents.get({ id, scope: undefined }))?.heartbeatAt
    expect([await heard('w1'), await heard('w2')]).toEqual([now + 9, now])
    await drain(storage)
    expect(await claim(storage, {}, { now: now + 20 })).toBeUndefined()
    expect([await heard('w1'), await heard('w2')]).toEqual([now + 20, now])
  })

  it('of an agent that is terminated is refused, so that no task is left with it', async () => {
    const { storage } = subject
    await spawn(storage)
    await submit(storage, [{}])
    await storage.agents.change({ id: 'w1', scope: undefined, state: 'terminated', heartbeat: false, author: author() })
    const before = await footprint(storage)
    const error = await refusal(claim(storage), 'illegal_transition')
    expect(error).toMatchObject({ details: { agent: 'w1' }, hint: expect.stringContaining('Spawn') })
    expect(await footprint(storage)).toEqual(before)
    expect(await claim(storage, { scope: bob })).toBeUndefined()
    expect(await claim(storage, {}, { claimedBy: 'w2' })).toMatchObject({ status: 'running', claimedBy: 'w2' })
  })
}

function describeDue(subject: Subject): void {
  it('is handed out from its time on', async () => {
    const { storage } = subject
    await submit(storage, [{ id: 'later', runAfter: now + 10, priority: 9 }, { id: 'now' }])
    expect(await drain(storage, {}, now + 9)).toEqual(['now'])
    expect(await drain(storage, {}, now + 10)).toEqual(['later'])
  })

  it('may be more than is brought back at once, and no caller waits for another’s', async () => {
    const { storage } = subject
    const many = Array.from({ length: 250 }, (_, index) => ({ id: `his${index}`, user: 'bob', runAfter: now + 1 }))
    await submit(storage, [...many, { id: 'hers', runAfter: now + 2 }])
    expect(await drain(storage, { scope: alice }, now + 2)).toEqual(['hers'])
    expect((await drain(storage, {}, now + 2)).length).toBe(250)
  })

  it('is tried again after a pause when it was silent for too long, as often as it may', async () => {
    const { storage } = subject
    await submit(storage, [{ maxRetries: 2, timeoutSeconds: 60 }])
    let at = now
    for (const attempt of [1, 2, 3]) {
      expect(await mustClaim(storage, {}, { now: at })).toMatchObject({ id: 't1', attempt, retryCount: attempt - 1 })
      at += 60 * second
      expect(await claim(storage, {}, { now: at - 1 })).toBeUndefined()
      expect(await claim(storage, {}, { now: at })).toBeUndefined()
      const { status, runAfter } = await getTask(storage)
      expect(status).toBe(attempt === 3 ? 'failed' : 'pending')
      at = runAfter ?? at
    }
    expect(await getTask(storage)).toMatchObject({
      ...{ status: 'failed', retryCount: 2, attempt: 3, claimedBy: null, leaseUntil: null, completedAt: at },
      error: 'Try 3 was silent for longer than its lease.',
    })
    const lines = await trail(storage, { task: 't1', operation: 'expire' })
    expect(lines.map(({ detail }) => JSON.parse(detail).to)).toEqual(['failed', 'pending', 'pending'])
  })
}

function describeAnswers(subject: Subject): void {
  it('complete a task and keep who did it', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const task = await mustClaim(storage)
    const done = await storage.tasks.complete({ ...answer(task, { now: now + 5 }), result: '{"n":1}' })
    expect(done).toEqual({
      ...task,
      ...{ status: 'completed', result: '{"n":1}', completedAt: now + 5, updatedAt: now + 5, leaseUntil: null },
    })
    expect(done.claimedBy).toBe('w1')
    expect(await getTask(storage)).toEqual(done)
  })

  it('may be sent twice', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const task = await mustClaim(storage)
    const done = await storage.tasks.complete({ ...answer(task), result: '1' })
    const before = await footprint(storage)
    expect(await storage.tasks.complete({ ...answer(task, { now: now + 9 }), result: '1' })).toEqual(done)
    await refusal(storage.tasks.complete({ ...answer(task), result: '2' }), 'conflict')
    expect(await footprint(storage)).toEqual(before)
  })

  it('of a lost try are conflicts', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const lost = await mustClaim(storage)
    await storage.tasks.release(answer(lost))
    const expectLost = async (details: object) => {
      const before = await footprint(storage)
      for (const error of [
        await refusal(storage.tasks.complete({ ...answer(lost), result: null }), 'conflict'),
        await refusal(storage.tasks.fail({ ...answer(lost), error: 'x', retry: true }), 'conflict'),
        await refusal(storage.tasks.release(answer(lost)), 'conflict'),
        await refusal(storage.tasks.heartbeat(answer(lost)), 'conflict'),
      ])
        expect(error).toMatchObject({ details, hint: expect.stringContaining('claim the next') })
      expect(await footprint(storage)).toEqual(before)
    }
    await expectLost({ status: 'ready', attempt: 1 })
    const next = await mustClaim(storage)
    await expectLost({ status: 'running', attempt: 2 })
    await storage.tasks.complete({ ...answer(next), result: null })
    await expectLost({ status: 'completed', attempt: 2 })
  })

  it('are taken from those who may work on the task, and from no others', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const task = await mustClaim(storage)
    for (const scope of [bob, apollo, nobody]) {
      const address = { ...answer(task), scope }
      await refusal(storage.tasks.complete({ ...address, result: null }), 'not_found')
      await refusal(storage.tasks.fail({ ...address, error: 'x', retry: true }), 'not_found')
      await refusal(storage.tasks.release(address), 'not_found')
      await refusal(storage.tasks.heartbeat(address), 'not_found')
    }
    await storage.tasks.complete({ ...answer(task), scope: alice, result: null })
  })

  it('that it failed rest it longer each time, until its retries are spent', async () => {
    const { storage } = subject
    await submit(storage, [{ maxRetries: 7 }])
    const pauses: number[] = []
    let at = now
    for (let tries = 1; tries <= 8; tries++) {
      const task = await mustClaim(storage, {}, { now: at })
      const failed = await storage.tasks.fail({ ...answer(task, { now: at }), error: `no ${tries}`, retry: true })
      expect(failed.error).toBe(`no ${tries}`)
      if (failed.runAfter !== null && failed.status === 'pending') pauses.push((failed.runAfter - at) / second)
      at = failed.runAfter ?? at
    }
    for (const [index, whole] of [10, 20, 40, 80, 160, 300, 300].entries()) {
      expect(pauses[index]).toBeLessThanOrEqual(whole)
      expect(pauses[index]).toBeGreaterThanOrEqual(whole * 0.8)
    }
    expect(await getTask(storage)).toMatchObject({ status: 'failed', retryCount: 7, attempt: 8, error: 'no 8' })
  })

  it('that it must not be tried again make a dead letter', async () => {
    const { storage } = subject
    await submit(storage, [{}])
    const failed = await storage.tasks.fail({ ...answer(await mustClaim(storage)), error: 'never', retry: false })
    expect(failed).toMatchObject({ status: 'failed', retryCount: 0, completedAt: now, claimedBy: null })
  })

  it('that it was not begun give it back at no cost', async () => {
    const { storage } = subject
    await submit(storage, [{ maxRetries: 0 }])
    for (const attempt of [1, 2, 3]) {
      const task = await mustClaim(storage)
      expect(task.attempt).toBe(attempt)
      expect(await storage.tasks.release(answer(task))).toMatchObject({
        status: 'ready',
        retryCount: 0,
        claimedBy: null,
      })
    }
  })

  it('that it takes longer move its lease on, and leave no line', async () => {
    const { storage } = subject
    await spawn(storage)
    await submit(storage, [{}])
    const task = await mustClaim(storage)
    const before = (await trail(storage)).length
    const beat = await storage.tasks.heartbeat(answer(task, { now: now + 9 }))
    expect(beat).toMatchObject({ leaseUntil: now + 9 + hour, updatedAt: now + 9 })
    const short = await storage.tasks.heartbeat({ ...answer(task, { now: now + 10 }), leaseSeconds: 2 })
    expect(short.leaseUntil).toBe(now + 10 + 2 * second)
    expect((await storage.agents.get({ id: 'w1', scope: undefined }))?.heartbeatAt).toBe(now + 10)
    expect((await trail(storage)).length).toBe(before)
    expect(await claim(storage, {}, { now: now + 10 + 2 * second })).toBeUndefined()
    expect(await statusOf(storage)).toBe('pending')
  })

  it('unblock what waited for nothing else, in the same step', async () => {
    const { storage } = subject
    await submit(storage, [
      ...[
        { id: 'a', priority: 9 },
        { id: 'b' },
        { id: 'of-a', dependsOn: ['a'] },
        { id: 'of-both', dependsOn: ['a', 'b'] },
      ],
      { id: 'later', dependsOn: ['a'], runAfter: now + 5 },
    ])
    const statuses = async () => Promise.all(['of-a', 'of-both', 'later'].map((id) => statusOf(storage, id)))
    await storage.tasks.complete({ ...answer(await mustClaim(storage)), result: null })
    expect(await statuses()).toEqual(['ready', 'blocked', 'pending'])
    const lines = await trail(storage, { task: 'of-a' })
    expect(lines[0]).toMatchObject({ operation: 'status', detail: expect.stringContaining('completed a') })
    await storage.tasks.complete({ ...answer(await mustClaim(storage)), result: null })
    expect(await statuses()).toEqual(['ready', 'ready', 'pending'])
    expect(await storage.tasks.dependencies({ id: 'of-both', scope: undefined })).toMatchObject({
      prerequisites: [
        { task: 'a', resolvedAt: now },
        { task: 'b', resolvedAt: now },
      ],
    })
  })
}

function describeOutlook(subject: Subject): void {
  const look = async (at = now, since?: number) =>
    subject.storage.tasks.outlook({
      claims: [alice, bob, undefined].map((scope) => ({ scope, agentTypes: [] })),
      now: at,
      ...(since !== undefined && { since }),
    })

  it('tells who would find something', async () => {
    const { storage } = subject
    expect(await look()).toMatchObject({ dueAt: null, claimable: [false, false, false] })
    await submit(storage, [{ user: 'bob' }])
    expect(await look()).toMatchObject({ dueAt: null, claimable: [false, true, true] })
    await claim(storage)
    expect(await look()).toMatchObject({ dueAt: now + hour, claimable: [false, false, false] })
    expect(await look(now + hour)).toMatchObject({ claimable: [true, true, true] })
    await submit(storage, [{ id: 't2', runAfter: now + 7 }])
    expect(await look()).toMatchObject({ dueAt: now + 7 })
  })

  it('tells of changes by others, and looks at nothing where there are none', async () => {
    const { version } = await look()
    expect(await look(now, version)).toMatchObject({ version, claimable: [false, false, false] })
    const other = await subject.another()
    await submit(other, [{}])
    const seen = await look(now, version)
    expect(seen).toMatchObject({ claimable: [true, false, true] })
    expect(seen.version).not.toBe(version)
    expect(await look(now, seen.version)).toMatchObject({ claimable: [false, false, false] })
    await other.audit.record({ entry: { subject: 'store', operation: 'read', outcome: 'ok' }, author: author() })
    expect(await look(now, seen.version)).toMatchObject({ claimable: [true, false, true] })
  })
}
