import { type ResourceLimits, Worker } from 'node:worker_threads'
import { CairnError, closedStore } from '../errors.js'
import type { FolderReader } from './folder-reader.js'
import type { ReadResult } from './read-file.js'
import type { Answer, Job } from './reader-thread.js'
import type { Missing, Walk } from './walk-folder.js'

// Node 20 starts worker threads from built files only; tests that run from the sources use the build beside them.
const entry = import.meta.url.endsWith('.ts') ? '../../dist/documents/reader-thread.js' : './reader-thread.js'

type Question = Job extends infer Each ? (Each extends Job ? Omit<Each, 'id'> : never) : never

// A table of a million rows takes more; whatever is written for people takes a fiftieth. Room for young objects makes
// reading no faster, and the most of it stays with the process.
const usualLimits: ResourceLimits = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 24 }

interface Waiting {
  job: Job
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

/**
 * Walks, hashes and cuts files in a thread, in the order in which it was asked. If the thread dies, the file that it was at
 * is the reason: that one is given up, and another thread goes on with the rest.
 */
export class ThreadReader implements FolderReader {
  readonly #limits: ResourceLimits
  #worker: Worker | undefined
  #nextId = 1
  readonly #waiting = new Map<number, Waiting>()

  constructor(limits = usualLimits) {
    this.#limits = limits
  }

  walk(input: Job['walk'] & object): Promise<Walk> {
    return this.#ask({ walk: input }) as Promise<Walk>
  }

  missing(input: Job['missing'] & object): Promise<Missing> {
    return this.#ask({ missing: input }) as Promise<Missing>
  }

  async read(input: Job['read'] & object): Promise<ReadResult> {
    try {
      return (await this.#ask({ read: input })) as ReadResult
    } catch (error) {
      if (error instanceof CairnError && error.code === 'closed') throw error
      return { reason: `it could not be cut into chunks: ${error instanceof Error ? error.message : error}` }
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(closedStore())
    this.#waiting.clear()
    await worker?.terminate()
  }

  #ask(question: Question): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const job = { id: this.#nextId++, ...question } as Job
      this.#waiting.set(job.id, { job, resolve, reject })
      this.#worker ??= this.#start()
      this.#worker.ref()
      this.#worker.postMessage(job)
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL(entry, import.meta.url), { execArgv: [], resourceLimits: this.#limits })
    let reason = 'the thread stopped'
    worker.on('message', (answer: Answer) => this.#settle(answer))
    worker.on('error', (error) => {
      reason = error.message
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#restart(reason)
    })
    return worker
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    // With nothing to do it must not keep the process.
    if (this.#waiting.size === 0) this.#worker?.unref()
    if ('error' in answer) waiting?.reject(new CairnError('internal', answer.error))
    else waiting?.resolve(answer.value)
  }

  #restart(reason: string): void {
    this.#worker = undefined
    const [first, ...others] = this.#waiting.values()
    if (first === undefined) return
    this.#waiting.delete(first.job.id)
    first.reject(new CairnError('internal', reason))
    if (others.length === 0) return
    this.#worker = this.#start()
    for (const { job } of others) this.#worker.postMessage(job)
  }
}
