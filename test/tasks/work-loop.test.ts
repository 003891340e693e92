import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CairnError } from '../../src/errors.js'
import type { Task } from '../../src/tasks/task.js'
import { type TaskHandler, workLoop } from '../../src/tasks/work-loop.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const often = { heartbeatSeconds: 0.05 }

async function openWorker() {
  const store = await openStore()
  const at = store.cairn.as({ app: 'shop', user: 'alice', agent: 'w1' })
  const heardAt = async () => (await at.agents.get('w1'))?.heartbeatAt ?? ''
  return { ...store, at, heardAt }
}

/** Returns as soon as what `read` returns is another than it was. */
async function changeOf(read: () => Promise<unknown>): Promise<void> {
  const before = await read()
  await vi.waitFor(async () => expect(await read()).not.toEqual(before), { timeout: 10_000, interval: 5 })
}

describe('work', () => {
  it('hands one task after the other to its handler, and stores what comes of it', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'well', priority: 9 },
      { id: 'b', prompt: 'throws', priority: 8 },
      { id: 'c', prompt: 'throws a text', priority: 7 },
      { id: 'd', prompt: 'well', dependsOn: ['a'] },
    ])
    const done = await at.tasks.work(
      ({ prompt, id, claimedBy, attempt }) => {
        if (prompt === 'throws') throw new Error(`no ${id}`)
        if (prompt === 'throws a text') return Promise.reject(`no ${id}`)
        return { id, claimedBy, attempt }
      },
      { waitMs: 0 },
    )
    expect(done).toEqual({ completed: 2, failed: 2, lost: 0 })
    const stored = await Promise.all(['a', 'b', 'c', 'd'].map((id) => at.tasks.get(id)))
    expect(stored).toMatchObject([
      { status: 'completed', result: { id: 'a', claimedBy: 'w1', attempt: 1 } },
      { status: 'pending', retryCount: 1, error: 'no b' },
      { status: 'pending', retryCount: 1, error: 'no c' },
      { status: 'completed', result: { id: 'd', claimedBy: 'w1', attempt: 1 } },
    ])
  })

  it('does not lose a task whose result or error cannot be stored: its try has failed', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'p' },
      { id: 'b', prompt: 'p' },
      { id: 'c', prompt: 'p' },
    ])
    const handlers: Record<string, () => unknown> = {
      a: () => ({ user: undefined }),
      b: () => undefined,
      c: () => {
        throw new Error('half a \ud83d')
      },
    }
    expect(await at.tasks.work(({ id }) => handlers[id]?.(), { waitMs: 0 })).toMatchObject({ completed: 1, failed: 2 })
    expect((await at.tasks.get('a'))?.error).toContain('user is undefined')
    expect(await at.tasks.get('b')).toMatchObject({ status: 'completed', result: null })
    expect((await at.tasks.get('c'))?.error).toContain('The error could not be stored')
  })

  it('ends when it is called off, with the task at hand done', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'p' },
      { id: 'b', prompt: 'p' },
    ])
    const stop = new AbortController()
    const done = await at.tasks.work(() => stop.abort(), { signal: stop.signal })
    expect(done).toEqual({ completed: 1, failed: 0, lost: 0 })
    expect(await at.tasks.get('b')).toMatchObject({ status: 'ready', attempt: 0 })
    const late = new AbortController()
    const waiting = at.tasks.work(() => 0, { agentTypes: ['other'], signal: late.signal })
    late.abort()
    expect(await waiting).toEqual({ completed: 0, failed: 0, lost: 0 })
  })

  it('keeps task and agent alive for as long as it takes', async () => {
    const { at, heardAt } = await openWorker()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    await at.tasks.submit({ id: 'a', prompt: 'p' })
    const lease = async () => (await at.tasks.get('a'))?.leaseUntil
    const done = await at.tasks.work(
      async () => {
        for (let beats = 0; beats < 3; beats++) await Promise.all([changeOf(heardAt), changeOf(lease)])
      },
      { waitMs: 0, ...often },
    )
    expect(done.completed).toBe(1)
  })

  it('keeps a task for no longer than its lease, from the first moment on', async () => {
    const { at, clock } = await openWorker()
    await at.tasks.submit({ id: 'a', prompt: 'p', timeoutSeconds: 3600 })
    const other = at.tasks
    const done = await at.tasks.work(
      async ({ leaseUntil }, { signal }) => {
        const lease = async () => (await other.get('a'))?.leaseUntil ?? ''
        await vi.waitFor(async () => expect(await lease()).not.toBe(leaseUntil), { timeout: 10_000, interval: 5 })
        expect(Date.parse(leaseUntil ?? '') - Date.parse(await lease())).toBeGreaterThan(3_500_000)
        // A computer that slept: the first claim after it brings the task back.
        clock.advance(61_000)
        expect(await other.claim()).toBeNull()
        if (!signal.aborted) await once(signal, 'abort')
        expect(signal.reason).toMatchObject({ code: 'conflict' })
      },
      { waitMs: 0, heartbeatSeconds: 0.5, leaseSeconds: 60 },
    )
    expect(done).toEqual({ completed: 0, failed: 0, lost: 1 })
    expect(await at.tasks.get('a')).toMatchObject({ status: 'pending', retryCount: 1 })
  })

  it('tells its handler that a task was cancelled, and drops what comes of it', async () => {
    const { at } = await openWorker()
    await at.tasks.submitMany([
      { id: 'a', prompt: 'p', priority: 9 },
      { id: 'b', prompt: 'p' },
    ])
    const done = await at.tasks.work(
      async ({ id }, { signal }) => {
        if (id === 'b') return
        await at.tasks.cancel('a', { force: true })
        if (!signal.aborted) await once(signal, 'abort')
        throw signal.reason
      },
      { waitMs: 0, ...often },
    )
    expect(done).toEqual({ completed: 1, failed: 0, lost: 1 })
    expect(await at.tasks.get('a')).toMatchObject({ status: 'cancelled', error: null })
  })

  it('ends with what went wrong in the store, and when its agent was taken for dead', async () => {
    const { at, cairn } = await openWorker()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    await at.tasks.submit({ id: 'a', prompt: 'p' })
    const working = at.tasks.work(() => cairn.agents.releaseSilent({ seconds: 0 }))
    expect((await refusal(working, 'illegal_transition')).details).toEqual({ agent: 'w1' })
    expect(await at.tasks.get('a')).toMatchObject({ status: 'ready', retryCount: 1 })
    await refusal(
      at.tasks.work(() => cairn.close(), { agent: 'w2' }),
      'closed',
    )
  })

  it('says what is wrong with its arguments', async () => {
    const { at, cairn } = await openWorker()
    await refusal(at.tasks.work('do it' as never), 'invalid_input')
    await refusal(
      at.tasks.work(() => 0, { heartbeatSeconds: 0 }),
      'invalid_input',
    )
    await refusal(
      cairn.as({ project: 'apollo' }).tasks.work(() => 0),
      'forbidden',
    )
  })
})

describe('who waits for a task', () => {
  it('is not taken for dead', async () => {
    const { at, clock, heardAt } = await openWorker()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    const stop = new AbortController()
    const waiting = at.tasks.work(() => 0, { signal: stop.signal })
    for (let beats = 0; beats < 3; beats++) {
      const heard = changeOf(heardAt)
      clock.advance(10_000)
      await heard
    }
    expect((await at.agents.silent({ seconds: 10 })).items).toEqual([])
    stop.abort()
    await waiting
  })

  it('is told when it was taken for dead', async () => {
    const { at, clock, cairn } = await openWorker()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    const waiting = refusal(at.tasks.next(), 'illegal_transition')
    await cairn.agents.terminate('w1')
    clock.advance(10_000)
    expect((await waiting).message).toBe('Agent w1 is terminated and gets no tasks any more.')
    await refusal(at.tasks.claim(), 'illegal_transition')
  })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A queue of one task. */
function queueOfOne(heartbeat: () => Promise<never>) {
  const tasks = [{ id: 'a', attempt: 1, timeoutSeconds: 60 } as Task]
  const next = async () => tasks.pop() ?? null
  const done: string[] = []
  const complete = async (task: unknown) => {
    done.push('completed')
    return task as Task
  }
  return { queue: { next, heartbeat, complete, fail: complete }, done }
}

describe('a heartbeat', () => {
  const minutes: TaskHandler = () => new Promise((done) => setTimeout(done, 65_000))

  it('that fails is made up by the next', async () => {
    vi.useFakeTimers()
    let beats = 0
    const { queue } = queueOfOne(async () => {
      beats++
      throw new CairnError('busy', 'Another process writes.')
    })
    const working = workLoop(queue, minutes, { heartbeatSeconds: 10 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await working).toEqual({ completed: 1, failed: 0, lost: 0 })
    expect(beats).toBe(6)
  })

  it.each([
    ['the timeout of its task', {}, 3],
    ['the lease that was asked for', { leaseSeconds: 30 }, 7],
  ])('comes thrice in %s', async (_, options, expected) => {
    vi.useFakeTimers()
    let beats = 0
    const { queue } = queueOfOne(async () => ++beats as never)
    const working = workLoop(queue, minutes, { heartbeatSeconds: 600, ...options })
    await vi.advanceTimersByTimeAsync(120_000)
    await working
    expect(beats).toBe(expected)
  })

  it.each([
    ['lost', () => Promise.reject(new CairnError('conflict', 'It comes too late.'))],
    [
      'done before the last one was answered',
      () => new Promise<never>((_, fail) => setTimeout(() => fail(new CairnError('busy', 'Later.')), 60_000)),
    ],
  ])('is the last when the task is %s', async (_, answer) => {
    vi.useFakeTimers()
    let beats = 0
    const { queue } = queueOfOne(() => {
      beats++
      return answer()
    })
    const working = workLoop(queue, minutes, { heartbeatSeconds: 10 })
    await vi.advanceTimersByTimeAsync(240_000)
    await working
    expect(beats).toBe(1)
  })
})
