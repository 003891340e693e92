import { Worker } from 'node:worker_threads'
import { CairnError, fromFailure } from '../../errors.js'
import type { Reply, Request } from './group-writer.js'
import type { ThreadMessage, ThreadSetup } from './storage-thread.js'

// Node 20 starts worker threads from built files only; tests that run from the sources use the build beside them.
const entry = import.meta.url.endsWith('.ts') ? '../../../dist/storage/sqlite/storage-thread.js' : './storage-thread.js'

/**
 * A search makes some six megabytes of short-lived objects. With the 48 that Node gives all of them, the slowest hundredth of
 * searches waits a tenth to a fifth longer for its memory to be cleared; it takes some ten megabytes of resident memory.
 */
const youngMegabytes = 96

// Enough to keep the thread busy while this side prepares the rest of the same turn of the event loop.
const flushAt = 4

interface Pending {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/**
 * The calling side of a writer or reader thread. Requests of one turn of the event loop travel together, in the order in
 * which they were made. While requests are under way the thread keeps the process alive; idle, it does not. If the thread
 * dies, everything under way is rejected and the next request starts another.
 */
export class ThreadClient {
  readonly #setup: ThreadSetup
  #worker: Worker | undefined
  #ready: Promise<void> = Promise.resolve()
  #closing = false
  #outbox: Request[] = []
  #transfers: ArrayBuffer[] = []
  #flushScheduled = false
  #nextId = 1
  readonly #pending = new Map<number, Pending>()
  #inbox: Reply[][] = []

  constructor(setup: ThreadSetup) {
    this.#setup = setup
  }

  /** How many requests wait for an answer. */
  get underWay(): number {
    return this.#pending.size
  }

  /** Resolves when the thread has its connection, or rejects with what kept it from it. */
  async start(): Promise<void> {
    this.#spawnIfNone()
    await this.#ready
  }

  /**
   * A thread that is only starting takes requests already; if it cannot start, they are rejected with the reason. Buffers to
   * `transfer` are the thread's from here on.
   */
  async call(name: string, input: unknown, transfer?: ArrayBuffer[]): Promise<unknown> {
    this.#spawnIfNone()
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      if (this.#pending.size === 0) this.#worker?.ref()
      this.#pending.set(id, { resolve, reject })
      this.#outbox.push({ id, name, input })
      if (transfer) this.#transfers.push(...transfer)
      if (this.#outbox.length >= flushAt) this.#flush()
      else this.#scheduleFlush()
    })
  }

  /** Lets the thread finish what it was given, then ends it. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#closing = true
    this.#flush()
    worker.ref()
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('close')
    await gone
  }

  #spawnIfNone(): void {
    if (this.#worker !== undefined) return
    try {
      const worker = new Worker(new URL(entry, import.meta.url), {
        workerData: this.#setup,
        // Flags of the process are not for threads: with --input-type, which `node -e` scripts need, none would start.
        execArgv: [],
        ...(this.#setup.role === 'reader' && { resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes } }),
      })
      this.#worker = worker
      this.#ready = this.#listen(worker)
      this.#ready.then(() => this.#rest()).catch(() => undefined)
    } catch (error) {
      throw died(this.#setup.role, error)
    }
  }

  #listen(worker: Worker): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const end = (reason: CairnError): void => {
        reject(reason)
        this.#dead(worker, reason)
      }
      worker.on('message', (message: ThreadMessage) => {
        if (message === 'ready') resolve()
        else if (Array.isArray(message)) this.#receive(message)
        else end(fromFailure(message.failure))
      })
      worker.on('error', (error) => end(died(this.#setup.role, error)))
      worker.on('exit', () => end(died(this.#setup.role)))
    })
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushScheduled = false
    if (this.#outbox.length === 0) return
    this.#worker?.postMessage(this.#outbox, this.#transfers)
    this.#outbox = []
    this.#transfers = []
  }

  /**
   * One message for each turn of the event loop. Node takes messages off a port until it is empty, and callers who go on
   * writing keep it from ever being: timers and sockets would wait for all of them.
   */
  #receive(replies: Reply[]): void {
    this.#inbox.push(replies)
    if (this.#inbox.length === 1) setImmediate(() => this.#settleNext())
  }

  #settleNext(): void {
    const [replies, ...others] = this.#inbox
    this.#inbox = others
    if (others.length > 0) setImmediate(() => this.#settleNext())
    if (replies) this.#settle(replies)
  }

  #settle(replies: Reply[]): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if ('failure' in reply) pending?.reject(fromFailure(reply.failure))
      else pending?.resolve(reply.value)
    }
    this.#rest()
  }

  /** With nothing under way a thread must not keep the process; while it closes, somebody waits for its end. */
  #rest(): void {
    if (this.#pending.size === 0 && !this.#closing) this.#worker?.unref()
  }

  #dead(worker: Worker, reason: CairnError): void {
    if (this.#worker !== worker) return
    // What it answered before its end was done.
    for (const replies of this.#inbox) this.#settle(replies)
    this.#inbox = []
    this.#worker = undefined
    this.#outbox = []
    this.#transfers = []
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(reason)
  }
}

function died(role: ThreadSetup['role'], cause?: unknown): CairnError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  const lost = role === 'writer' ? ' Its last writes may or may not be stored.' : ''
  const hint =
    role === 'writer'
      ? 'Read before you write again, or repeat with the same event id or ifVersion; the next call starts a new thread.'
      : 'Ask again; the next call starts a new thread.'
  return new CairnError('internal', `A storage thread stopped${why}.${lost}`, { hint, cause })
}
