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

  /** What needs the codes of vectors goes to one thread: each that has them holds 22 MB for 100,000. */
  call(name: string, input: unknown, which?: 'vectors'): Promise<unknown> {
    const [first, ...rest] = this.#threads
    if (first === undefined) throw new Error('a pool has at least one thread')
    if (which === 'vectors') return first.call(name, input)
    const idlest = rest.reduce((best, thread) => (thread.underWay < best.underWay ? thread : best), first)
    return idlest.call(name, input)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}
