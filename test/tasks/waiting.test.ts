import { afterEach, describe, expect, it, vi } from 'vitest'
import { openCairn } from '../../src/open.js'
import type { Storage } from '../../src/storage/storage.js'
import type { Outlook } from '../../src/storage/task-store.js'
import { TaskWaiters } from '../../src/tasks/task-waiters.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const far = 60_000

async function openWaiter() {
  const store = await openStore()
  return { ...store, at: store.cairn.as(alice) }
}

describe('next', () => {
  it('answers at once where there is something, and with null when its time is over', async () => {
    const { at } = await openWaiter()
    await at.tasks.submit({ id: 'a', prompt: 'p' })
    expect(await at.tasks.next()).toMatchObject({ id: 'a', status: 'running' })
    expect(await at.tasks.next({ waitMs: 0 })).toBeNull()
    await refusal(at.tasks.next({ waitMs: -1 }), 'invalid_input')
  })

  it('is woken by whatever puts a task into the queue, through any handle', async () => {
    const { cairn, at } = await openWaiter()
    await at.tasks.submit({ id: 'a', prompt: 'p', priority: 9 })
    const first = await at.tasks.next()
    if (!first) throw new Error('nothing')
    await cairn.tasks.submit({ id: 'b', prompt: 'p', dependsOn: ['a'], ...alice })
    const events: [string, () => Promise<unknown>][] = [
      ['a', () => cairn.tasks.release(first)],
      ['a', () => cairn.tasks.cancel('a', { force: true }).then(() => at.tasks.retry('a'))],
      ['b', async () => at.tasks.complete({ id: 'a', attempt: 3 })],
      ['c', () => cairn.as(alice).tasks.submit({ id: 'c', prompt: 'p' })],
      ['c', () => at.tasks.fail({ id: 'c', attempt: 1 }, 'x', { retry: false }).then(() => at.tasks.reprocess())],
    ]
    for (const [id, act] of events) {
      const waiting = at.tasks.next()
      await act()
      expect(await waiting).toMatchObject({ id })
    }
  })

  it('is woken by the end of an agent', async () => {
    const { cairn, at } = await openWaiter()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    await at.tasks.submit({ id: 'a', prompt: 'p' })
    await at.tasks.claim({ agent: 'w1' })
    const waiting = at.tasks.next()
    await cairn.agents.terminate('w1')
    expect(await waiting).toMatchObject({ id: 'a', attempt: 2 })
    await at.agents.spawn({ id: 'w2', name: 'worker' })
    await at.tasks.release({ id: 'a', attempt: 2 })
    await at.tasks.claim({ agent: 'w2' })
    const again = at.tasks.next()
    await at.agents.releaseSilent({ seconds: 0 })
    expect(await again).toMatchObject({ id: 'a', attempt: 4 })
  })

  it('gives each of many waiters one, in the order in which they came, and each what it wants', async () => {
    const { at } = await openWaiter()
    const order: string[] = []
    const waiters = Array.from({ length: 5 }, (_, index) =>
      at.tasks.next().then((task) => order.push(`${index} ${task?.id}`)),
    )
    const coder = at.tasks.next({ agentTypes: ['coder'] })
    await at.tasks.submitMany(['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, prompt: 'p' })))
    await Promise.all(waiters)
    expect(order).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e'])
    await at.tasks.submit({ id: 'code', prompt: 'p', agentType: 'coder' })
    expect(await coder).toMatchObject({ id: 'code' })
  })

  it('sees what another process does', async () => {
    const { at, path } = await openWaiter()
    const other = await openCairn({ db: path, threads: false })
    const waiting = Promise.all([at.tasks.next(), at.tasks.next()])
    await other.as(alice).tasks.submit({ id: 'a', prompt: 'p' })
    await other.as(alice).tasks.submit({ id: 'b', prompt: 'p' })
    expect((await waiting).map((task) => task?.id)).toEqual(['a', 'b'])
    await other.close()
  })

  it('sees what becomes due', async () => {
    const { at } = await openStore({ now: Date.now }).then(({ cairn }) => ({ at: cairn.as(alice) }))
    const start = Date.now()
    await at.tasks.submit({ id: 'a', prompt: 'p', runAfter: start + 120 })
    expect(await at.tasks.next()).toMatchObject({ id: 'a' })
    expect(Date.now() - start).toBeGreaterThanOrEqual(120)
  })

  it('can be called off', async () => {
    const { at } = await openWaiter()
    await refusal(at.tasks.next({ signal: AbortSignal.abort('no more') }), 'cancelled')
    const controller = new AbortController()
    const waiting = at.tasks.next({ signal: controller.signal })
    controller.abort()
    await refusal(waiting, 'cancelled')
    await at.tasks.submit({ id: 'a', prompt: 'p' })
    expect(await at.tasks.get('a')).toMatchObject({ status: 'ready', attempt: 0 })
    await refusal(at.tasks.next({ signal: 'now' as never }), 'invalid_input')
    const second = new AbortController()
    const claiming = at.tasks.next({ signal: second.signal })
    second.abort()
    await refusal(claiming, 'cancelled')
    expect(await at.tasks.get('a')).toMatchObject({ status: 'ready', retryCount: 0 })
  })

  it('ends when the store is closed', async () => {
    const { cairn, at } = await openWaiter()
    const waiting = Promise.allSettled([at.tasks.next(), at.tasks.next({ waitMs: far })])
    await at.tasks.list()
    await cairn.close()
    for (const outcome of await waiting) expect(outcome).toMatchObject({ reason: { code: 'closed' } })
    await refusal(at.tasks.next(), 'closed')
  })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A store in which a test decides when a claim is answered. */
function waitersOf(outlook: () => Promise<Outlook>): TaskWaiters {
  return new TaskWaiters({ tasks: { outlook } } as unknown as Storage, Date.now)
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

const task = { id: 'a', attempt: 1 } as never
const query = { scope: undefined, agentTypes: [] }
const someWork = async () => ({ version: 1, dueAt: null, claimable: [true] })

describe('a waiter that goes while a task is claimed for it', () => {
  const claimUnderWay = () => {
    const [begun, answer] = [deferred<void>(), deferred<never>()]
    const given: unknown[] = []
    const request = {
      query,
      claim: () => {
        begun.resolve()
        return answer.promise
      },
      giveBack: async (back: unknown) => given.push(back),
    }
    return { begun: begun.promise, answer, given, request }
  }

  it('gives it back when it was called off', async () => {
    const { begun, answer, given, request } = claimUnderWay()
    const controller = new AbortController()
    const waiting = waitersOf(someWork).wait({ ...request, signal: controller.signal })
    await begun
    controller.abort()
    answer.resolve(task)
    await refusal(waiting, 'cancelled')
    expect(given).toEqual([task])
  })

  it('gives it back before the store is closed', async () => {
    const { begun, answer, given, request } = claimUnderWay()
    const waiters = waitersOf(someWork)
    const waiting = Promise.allSettled([waiters.wait(request)])
    await begun
    const closed = waiters.close()
    answer.resolve(task)
    await closed
    expect(given).toEqual([task])
    expect(await waiting).toMatchObject([{ reason: { code: 'closed' } }])
    await refusal(waiters.wait(request), 'closed')
  })

  it('takes it when only its time is over', async () => {
    vi.useFakeTimers()
    const { begun, answer, given, request } = claimUnderWay()
    const waiting = waitersOf(someWork).wait({ ...request, waitMs: 0 })
    await begun
    vi.advanceTimersByTime(0)
    answer.resolve(task)
    expect(await waiting).toBe(task)
    expect(given).toEqual([])
  })

  it('is told what went wrong', async () => {
    const { begun, answer, request } = claimUnderWay()
    const waiting = waitersOf(someWork).wait(request)
    await begun
    answer.reject(new Error('disk'))
    await expect(waiting).rejects.toThrow('disk')
    await expect(waitersOf(() => Promise.reject(new Error('gone'))).wait(request)).rejects.toThrow('gone')
  })
})

describe('a waiter that finds nothing', () => {
  it('claims now and then all the same, as a sign of life', async () => {
    vi.useFakeTimers()
    const start = Date.now()
    const claims: number[] = []
    const waiters = waitersOf(async () => ({ version: 1, dueAt: null, claimable: [false, false] }))
    const request = (agentTypes: string[], heartbeatMs?: number) => ({
      ...{ query: { ...query, agentTypes }, giveBack: async () => 0, waitMs: 60_000, heartbeatMs },
      claim: async () => void claims.push(Date.now() - start),
    })
    const all = [waiters.wait(request([], 20_000)), waiters.wait(request(['other']))]
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await Promise.all(all)).toEqual([null, null])
    expect(claims).toEqual([20_000, 40_000])
  })
})

describe('a hundred waiters', () => {
  it('who want the same look at the store together, less often while nothing happens', async () => {
    vi.useFakeTimers()
    let looks = 0
    const claimsOf: number[] = []
    const waiters = new TaskWaiters(
      {
        tasks: {
          outlook: async ({ claims }: { claims: unknown[] }) => {
            looks++
            claimsOf.push(claims.length)
            return { version: 1, dueAt: null, claimable: claims.map(() => true) }
          },
        },
      } as unknown as Storage,
      Date.now,
    )
    let claims = 0
    const claim = async () => {
      claims++
      return undefined
    }
    const all = Array.from({ length: 100 }, () =>
      waiters.wait({ query, claim, giveBack: async () => 0, waitMs: 60_000 }),
    )
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, () => null))
    expect(Math.max(...claimsOf)).toBe(1)
    expect(looks).toBeGreaterThan(100)
    expect(looks).toBeLessThan(130)
    expect(claims).toBeLessThanOrEqual(looks)
  })
})
