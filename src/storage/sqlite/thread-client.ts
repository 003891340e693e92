import { Worker } from 'node:worker_threads'
import { CairnError, fromFailure } from '../../errors.js'
import type { Reply, Request } from './group-writer.js'
import type { ThreadMessage, ThreadSetup } from './storage-thread.js'

// Node 20 starts worker threads from built files only; tests that run from the sources use the build beside them.
const entry = import.meta.url.endsWith('.ts') ? '../../../dist/storage/sqlite/storage-thread.js' : './storage-thread.js'

// Enough to keep the thread busy while this side prepares the rest of the same turn of the event loop.
const flushAt = 16

interface Pending {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/**
 * The calling side of a writer or reader thread. Requests of one turn of the event loop travel together. While requests
 * are under way the thread keeps the process alive; idle, it does not. If the thread dies, everything under way is
 * rejected and the next request starts another.
 */
export class ThreadClient {
  readonly #setup: ThreadSetup
  #worker: Worker | undefined
  #ready: Promise<void> = Promise.resolve()
  #outbox: Request[] = []
  #flushScheduled = false
  #nextId = 1
  readonly #pending = new Map<number, Pending>()

  constructor(setup: ThreadSetup) {
    this.#setup = setup
  }

  get busy(): number {
    return this.#pending.size
  }

  /** Resolves when the thread has its connection, or rejects with what kept it from it. */
  async start(): Promise<void> {
    if (this.#worker === undefined) this.#spawn()
    await this.#ready
  }

  async call(name: string, input: unknown): Promise<unknown> {
    if (this.#worker === undefined) await this.start()
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      if (this.#pending.size === 0) this.#worker?.ref()
      this.#pending.set(id, { resolve, reject })
      this.#outbox.push({ id, name, input })
      if (this.#outbox.length >= flushAt) this.#flush()
      else this.#scheduleFlush()
    })
  }

  /** Lets the thread finish what it was given, then ends it. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#flush()
    worker.ref()
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('close')
    await gone
  }

  #spawn(): void {
    const worker = new Worker(new URL(entry, import.meta.url), { workerData: this.#setup })
    this.#worker = worker
    this.#ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: ThreadMessage) => {
        if (message === 'ready') resolve()
        else if (Array.isArray(message)) this.#settle(message)
        else reject(fromFailure(message.failure))
      })
      worker.on('error', (error) => this.#dead(worker, error))
      worker.on('exit', () => this.#dead(worker, undefined))
      worker.once('exit', () => reject(died(undefined)))
    })
    this.#ready.then(() => this.#pending.size === 0 && worker.unref()).catch(() => undefined)
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushScheduled = false
    if (this.#outbox.length === 0) return
    this.#worker?.postMessage(this.#outbox)
    this.#outbox = []
  }

  #settle(replies: Reply[]): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if ('failure' in reply) pending?.reject(fromFailure(reply.failure))
      else pending?.resolve(reply.value)
    }
    if (this.#pending.size === 0) this.#worker?.unref()
  }

  #dead(worker: Worker, cause: Error | undefined): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#outbox = []
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(died(cause))
  }
}

function died(cause: Error | undefined): CairnError {
  return new CairnError(
    'internal',
    `A storage thread stopped${cause ? `: ${cause.message}` : ''}. Its last writes may or may not be stored.`,
    {
      hint: 'Read before you write again, or repeat with the same event id or ifVersion; the next call starts a new thread.',
      cause,
    },
  )
}
