import { CairnError, closedStore } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import type { ClaimQuery, Outlook } from '../storage/task-store.js'
import type { TaskRow } from './task.js'

/** Somebody who waits for a task. */
export interface WaitRequest {
  query: ClaimQuery
  claim: () => Promise<TaskRow | undefined>
  /** For a task that was claimed for somebody who does not want it any more. */
  giveBack: (task: TaskRow) => Promise<unknown>
  waitMs?: number | undefined
  signal?: AbortSignal | undefined
  /** How often to claim whether there is something or not: a claim is a sign of life of its agent. Left out: never. */
  heartbeatMs?: number | undefined
}

interface Waiter extends WaitRequest {
  /** Waiters of one key want the same: where one found nothing, the others need not ask. */
  key: string
  isClaiming: boolean
  /** When it last claimed. */
  heardAt: number
  /** How it ends, where that was decided while a claim for it was under way. */
  ending?: Ending
  settle: (task: TaskRow | null) => void
  fail: (error: unknown) => void
}

interface Ending {
  /** Whether a task that comes after all is taken. */
  takesTask: boolean
  finish: () => void
}

const shortestMillis = 50
const longestMillis = 500

/**
 * All who wait for tasks of one store in this process. What this process does to the queue wakes them at once. What others
 * do is noticed by one look at the store for all of them, every 50 ms while things change and less often when not; a timer
 * is set for the next task that becomes due. Claims are made in the order in which the waiters came. Who waits for long
 * claims now and then all the same, so that its agent is not taken for dead.
 */
export class TaskWaiters {
  readonly #storage: Storage
  readonly #now: () => number
  readonly #waiters = new Set<Waiter>()
  #version: number | undefined
  #interval = shortestMillis
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(storage: Storage, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  wait(request: WaitRequest): Promise<TaskRow | null> {
    return new Promise((resolve, reject) => {
      const { signal, waitMs } = request
      if (this.#closed) return reject(closedStore())
      if (signal?.aborted) return reject(aborted(signal))
      const stop = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#rest()
      }
      const waiter: Waiter = {
        ...request,
        key: JSON.stringify(request.query),
        isClaiming: false,
        heardAt: this.#now(),
        settle: (task) => {
          stop()
          resolve(task)
        },
        fail: (error) => {
          stop()
          reject(error)
        },
      }
      const onAbort = (): void => end(waiter, { takesTask: false, finish: () => waiter.fail(aborted(signal)) })
      const onTimeout = (): void => end(waiter, { takesTask: true, finish: () => waiter.settle(null) })
      const timer = waitMs === undefined ? undefined : setTimeout(onTimeout, waitMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
      this.wake()
    })
  }

  /** The queue has changed. */
  wake(): void {
    if (this.#waiters.size === 0) return
    this.#version = undefined
    this.#start()
  }

  /** Sends all away who wait; tasks that were just claimed for them go back. */
  async close(): Promise<void> {
    this.#closed = true
    for (const waiter of this.#waiters) {
      end(waiter, { takesTask: false, finish: () => waiter.fail(closedStore()) })
    }
    await this.#running
    this.#rest()
  }

  #start(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#again && this.#waiters.size > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      let outlook: Outlook | undefined
      do {
        this.#again = false
        outlook = await this.#look()
      } while (this.#again)
      if (this.#waiters.size > 0) this.#sleep(outlook)
    } catch (error) {
      for (const waiter of this.#waiters) waiter.fail(error)
    }
  }

  async #look(): Promise<Outlook> {
    const queues = byKey(this.#waiters)
    const claims = queues.flatMap(([first]) => first?.query ?? [])
    const since = this.#version === undefined ? {} : { since: this.#version }
    const outlook = await this.#storage.tasks.outlook({ claims, now: this.#now(), ...since })
    const isQuiet = this.#version === outlook.version
    this.#interval = isQuiet ? Math.min(longestMillis, this.#interval * 1.5) : shortestMillis
    this.#version = outlook.version
    await Promise.all(queues.map((queue, at) => outlook.claimable[at] && this.#serve(queue)))
    await this.#showLife()
    return outlook
  }

  /** Claims for those who want the same, one after the other, until there is nothing left for them. */
  async #serve(queue: Waiter[]): Promise<void> {
    for (const waiter of queue) {
      if (!this.#waiters.has(waiter)) continue
      if (!(await this.#claimFor(waiter))) return
    }
  }

  async #showLife(): Promise<void> {
    const now = this.#now()
    const due = [...this.#waiters].filter((waiter) => beatsAt(waiter) <= now)
    await Promise.all(due.map((waiter) => this.#claimFor(waiter)))
  }

  #claimFor(waiter: Waiter): Promise<boolean> {
    waiter.heardAt = this.#now()
    return claimFor(waiter)
  }

  #sleep({ dueAt }: Outlook): void {
    const next = Math.min(dueAt ?? Number.POSITIVE_INFINITY, ...[...this.#waiters].map(beatsAt))
    this.#timer = setTimeout(() => this.#start(), Math.min(this.#interval, Math.max(1, next - this.#now())))
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#interval = shortestMillis
  }
}

function byKey(waiters: Iterable<Waiter>): Waiter[][] {
  const queues = new Map<string, Waiter[]>()
  for (const waiter of waiters) {
    const queue = queues.get(waiter.key)
    if (queue) queue.push(waiter)
    else queues.set(waiter.key, [waiter])
  }
  return [...queues.values()]
}

function beatsAt({ heardAt, heartbeatMs = Number.POSITIVE_INFINITY }: Waiter): number {
  return heardAt + heartbeatMs
}

/** Ends a wait now or, when a claim for it is under way, as soon as that is answered. */
function end(waiter: Waiter, ending: Ending): void {
  if (waiter.isClaiming) waiter.ending = ending
  else ending.finish()
}

/** Whether there may be more for others who want the same. */
async function claimFor(waiter: Waiter): Promise<boolean> {
  waiter.isClaiming = true
  try {
    const task = await waiter.claim()
    const { ending } = waiter
    if (task && ending?.takesTask === false) await waiter.giveBack(task)
    if (task && ending?.takesTask !== false) waiter.settle(task)
    else ending?.finish()
    return task !== undefined
  } catch (error) {
    waiter.fail(error)
    return false
  } finally {
    waiter.isClaiming = false
  }
}

function aborted(signal: AbortSignal | undefined): CairnError {
  return new CairnError('cancelled', 'The wait for a task was cancelled.', { cause: signal?.reason })
}
