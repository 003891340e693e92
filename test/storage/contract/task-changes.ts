import { describe, expect, it } from 'vitest'
import { refusal } from '../../helpers/refusal.js'
import { author, footprint, now, type Subject, trail } from './subject.js'
import { alice, answer, apollo, bob, getTask, mustClaim, statusOf, submit, taskIds } from './work.js'

export function describeTaskChanges(subject: Subject): void {
  const cancel = (id: string, flags: { force?: boolean; cascade?: boolean; scope?: typeof alice } = {}) =>
    subject.storage.tasks.cancel({ id, scope: undefined, force: false, cascade: false, ...flags, author: author() })
  const retry = (id: string, scope?: typeof alice) =>
    subject.storage.tasks.retry({ id, scope, author: author({ now: now + 9 }) })

  describe('cancel', () => {
    it('takes what has not begun out of the queue', async () => {
      const { storage } = subject
      await submit(storage, [
        { id: 'ready' },
        { id: 'later', runAfter: now + 1 },
        { id: 'blocked', dependsOn: ['ready'] },
      ])
      for (const id of ['blocked', 'later', 'ready']) {
        const { task, dependents } = await cancel(id)
        expect(task).toMatchObject({ id, status: 'cancelled', completedAt: now })
        expect(dependents).toEqual([])
        expect(await getTask(storage, id)).toEqual(task)
      }
      const before = await footprint(storage)
      expect((await cancel('ready')).task.status).toBe('cancelled')
      expect(await footprint(storage)).toEqual(before)
    })

    it('stops a running task by force only, and its worker’s answer is a conflict', async () => {
      const { storage } = subject
      await submit(storage, [{}])
      const task = await mustClaim(storage)
      expect(await refusal(cancel('t1'), 'illegal_transition')).toMatchObject({
        hint: expect.stringContaining('force'),
      })
      expect((await cancel('t1', { force: true })).task).toMatchObject({ status: 'cancelled', claimedBy: null })
      await refusal(storage.tasks.complete({ ...answer(task), result: null }), 'conflict')
    })

    it('refuses what has ended, and what is another’s', async () => {
      const { storage } = subject
      await submit(storage, [{ id: 'done', priority: 9 }, { id: 'dead' }])
      await storage.tasks.complete({ ...answer(await mustClaim(storage)), result: null })
      await storage.tasks.fail({ ...answer(await mustClaim(storage)), error: 'x', retry: false })
      await refusal(cancel('done', { force: true }), 'illegal_transition')
      await refusal(cancel('dead', { force: true }), 'illegal_transition')
      await refusal(cancel('nowhere'), 'not_found')
      await refusal(cancel('done', { scope: bob }), 'not_found')
    })

    it('with cascade takes along all that wait for it, as far as the caller may', async () => {
      const { storage } = subject
      await submit(storage, [
        ...[{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c', dependsOn: ['a', 'b'] }, { id: 'other' }],
        ...[
          { id: 'd', dependsOn: ['c'] },
          { id: 'his', user: 'bob', dependsOn: ['a'] },
        ],
      ])
      const { dependents } = await cancel('a', { cascade: true, scope: alice })
      expect(dependents).toEqual(['b', 'c', 'd'])
      expect(await Promise.all(['b', 'c', 'd', 'his', 'other'].map((id) => statusOf(storage, id)))).toEqual([
        ...['cancelled', 'cancelled', 'cancelled', 'blocked', 'ready'],
      ])
      const [line] = await trail(storage, { task: 'd' })
      expect(line).toMatchObject({ operation: 'status', detail: expect.stringContaining('cancelled c') })
    })

    it('leaves what waits for it blocked, and that tells by what', async () => {
      const { storage } = subject
      await submit(storage, [{ id: 'a' }, { dependsOn: ['a'] }])
      await cancel('a')
      expect(await statusOf(storage)).toBe('blocked')
      expect(await storage.tasks.dependencies({ id: 't1', scope: undefined })).toMatchObject({
        prerequisites: [{ task: 'a', status: 'cancelled', resolvedAt: null }],
      })
    })
  })

  describe('retry', () => {
    it('queues failed and cancelled tasks again, with all their retries', async () => {
      const { storage } = subject
      await submit(storage, [{ maxRetries: 0 }, { id: 'stopped', dependsOn: ['t1'] }])
      await storage.tasks.fail({ ...answer(await mustClaim(storage)), error: 'x', retry: true })
      await cancel('stopped')
      expect(await retry('t1')).toMatchObject({
        ...{ status: 'ready', retryCount: 0, attempt: 1, error: null, completedAt: null, runAfter: null },
        updatedAt: now + 9,
      })
      expect((await mustClaim(storage)).attempt).toBe(2)
      expect(await retry('stopped')).toMatchObject({ status: 'blocked', completedAt: null })
    })

    it('refuses all others', async () => {
      const { storage } = subject
      await submit(storage, [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c', runAfter: now + 1 }])
      for (const id of ['a', 'b', 'c']) await refusal(retry(id), 'illegal_transition')
      const task = await mustClaim(storage)
      await refusal(retry('a'), 'illegal_transition')
      await storage.tasks.complete({ ...answer(task), result: null })
      await refusal(retry('a'), 'illegal_transition')
      await refusal(retry('a', bob), 'not_found')
      await refusal(retry('nowhere'), 'not_found')
    })
  })

  describe('reprocess', () => {
    const reprocess = (input: Partial<Parameters<typeof subject.storage.tasks.reprocess>[0]>) =>
      subject.storage.tasks.reprocess({ scope: undefined, limit: 100, author: author(), ...input })

    async function deadLetters(): Promise<void> {
      const { storage } = subject
      await submit(storage, [
        ...[{ id: 'a', agentType: 'coder' }, { id: 'b', project: 'apollo' }, { id: 'c' }, { id: 'd', user: 'bob' }],
        { id: 'alive', priority: 0 },
      ])
      for (let count = 0; count < 4; count++)
        await storage.tasks.fail({ ...answer(await mustClaim(storage)), error: 'x', retry: false })
    }
    const dead = () => taskIds(subject.storage, { status: 'failed', order: 'queue' })

    it('takes those that match, some at a time', async () => {
      await deadLetters()
      expect(await dead()).toEqual(['a', 'b', 'c', 'd'])
      expect(await reprocess({ agentType: 'coder' })).toBe(1)
      expect(await reprocess({ project: 'apollo', scope: apollo })).toBe(1)
      expect(await reprocess({ scope: apollo })).toBe(0)
      expect(await dead()).toEqual(['c', 'd'])
      expect(await reprocess({ limit: 1 })).toBe(1)
      expect(await reprocess({})).toBe(1)
      expect(await reprocess({})).toBe(0)
      expect(await taskIds(subject.storage, { status: 'ready', order: 'queue' })).toEqual(['a', 'b', 'c', 'd', 'alive'])
    })

    it('takes those of the ids named that are dead letters of the caller', async () => {
      await deadLetters()
      expect(await reprocess({ ids: ['c', 'c', 'alive', 'd', 'nowhere'], scope: alice })).toBe(1)
      expect(await dead()).toEqual(['a', 'b', 'd'])
    })
  })
}
