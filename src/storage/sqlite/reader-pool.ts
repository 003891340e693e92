import type { StoreFile } from './store-file.js'
import { ThreadClient } from './thread-client.js'

// A search takes milliseconds: one thread answers a busy agent, a second keeps a long question from holding up the rest.
const size = 2

/** Reader threads. The second starts only when there is more to do than one can. */
export class ReaderPool {
  readonly #threads: ThreadClient[]

  constructor(file: StoreFile) {
    this.#threads = Array.from({ length: size }, () => new ThreadClient({ role: 'reader', file }))
  }

  call(name: string, input: unknown): Promise<unknown> {
    const [first, ...rest] = this.#threads
    if (first === undefined) throw new Error('a pool has at least one thread')
    const idlest = rest.reduce((best, thread) => (thread.underWay < best.underWay ? thread : best), first)
    return idlest.call(name, input)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}
