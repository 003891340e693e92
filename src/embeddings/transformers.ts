import { Worker } from 'node:worker_threads'
import { closedStore } from '../errors.js'
import { embeddingCancelled, embeddingFailure } from './embedding-failure.js'
import type { VectorRequest } from './limited.js'
import { type FlatVectors, type ModelSource, packageName } from './transformers-model.js'
import type { Answer, Job, ThreadFault } from './transformers-thread.js'

// Node 20 starts worker threads from built files only; tests that run from the sources use the build beside them.
const entry = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/embeddings/transformers-thread.js' : './transformers-thread.js',
  import.meta.url,
)

interface Waiting {
  /** Listens no longer for a cancellation. */
  done: () => void
  resolve: (vectors: unknown[]) => void
  reject: (error: Error) => void
}

/** A model in a thread of its own: it computes for tens of milliseconds a text, and the event loop must not wait for it. */
export class ModelThread {
  readonly #source: ModelSource
  readonly #entry: URL
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #nextId = 1

  constructor(source: ModelSource, thread = entry) {
    this.#source = source
    this.#entry = thread
  }

  /** Starts the thread, and loads the model, at the first request. */
  readonly request: VectorRequest = (texts, { signal }) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(embeddingCancelled())
      const job: Job = { id: this.#nextId++, texts: [...texts] }
      const cancel = (): void => this.#fail(job.id, embeddingCancelled())
      const done = (): void => signal?.removeEventListener('abort', cancel)
      signal?.addEventListener('abort', cancel, { once: true })
      this.#waiting.set(job.id, { done, resolve, reject })
      this.#worker ??= this.#start()
      this.#worker.ref()
      this.#worker.postMessage(job)
    })

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const id of this.#waiting.keys()) this.#fail(id, closedStore())
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { execArgv: [], workerData: this.#source })
    let reason = 'it stopped'
    worker.on('message', (answer: Answer) => this.#settle(answer))
    worker.on('error', (error) => {
      reason = error.message
    })
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      for (const id of this.#waiting.keys())
        this.#fail(id, embeddingFailure('server', `The thread of the model ended: ${reason}.`))
    })
    return worker
  }

  #settle(answer: Answer): void {
    const waiting = this.#take(answer.id)
    if ('fault' in answer) waiting?.reject(failureOf(answer.fault, answer.reason, this.#source))
    else waiting?.resolve(cut(answer.vectors))
  }

  #fail(id: number, error: Error): void {
    this.#take(id)?.reject(error)
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.done()
    // With nothing to do it must not keep the process.
    if (this.#waiting.size === 0) this.#worker?.unref()
    return waiting
  }
}

function cut({ values, dimensions }: FlatVectors): Float32Array[] {
  const count = dimensions === 0 ? 0 : values.length / dimensions
  return Array.from({ length: count }, (_, index) => values.subarray(index * dimensions, (index + 1) * dimensions))
}

function failureOf(fault: ThreadFault, reason: string, { model, folder }: ModelSource): Error {
  if (fault === 'missing')
    return embeddingFailure('setup', `The package ${packageName} is not installed.`, {
      hint: `Install it with: npm install ${packageName}`,
    })
  if (fault === 'run') return embeddingFailure('unclear', `The model ${model} failed: ${reason}`)
  // From a folder, the model is there or it is not; from the network, it may be there later.
  const where = folder === undefined ? 'from huggingface.co' : `from ${folder}`
  return embeddingFailure(
    folder === undefined ? 'server' : 'setup',
    `The model ${model} cannot be loaded ${where}: ${reason}`,
  )
}
