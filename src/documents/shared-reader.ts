import type { FolderReader } from './folder-reader.js'

// To load the parser and the tokenizer takes a quarter of a second, and they take 60 MB.
const idleMillis = 10_000

/** One reader for all who work at the same time or shortly after each other. */
export class SharedReader {
  readonly #open: () => Promise<FolderReader>
  #reader: Promise<FolderReader> | undefined
  #users = 0
  #idle: NodeJS.Timeout | undefined

  constructor(open: () => Promise<FolderReader>) {
    this.#open = open
  }

  async use<T>(work: (reader: FolderReader) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle)
    this.#users++
    this.#reader ??= this.#openAnew()
    try {
      return await work(await this.#reader)
    } finally {
      this.#users--
      if (this.#users === 0) this.#idle = setTimeout(() => void this.close(), idleMillis).unref()
    }
  }

  /** When that fails, whoever comes next tries again. */
  #openAnew(): Promise<FolderReader> {
    const reader = this.#open()
    reader.catch(() => {
      if (this.#reader === reader) this.#reader = undefined
    })
    return reader
  }

  /** Whoever uses it later opens another. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const reader = this.#reader
    this.#reader = undefined
    await reader?.then((opened) => opened.close()).catch(() => undefined)
  }
}

/** In a thread of its own, or on this one. Neither is loaded before it is used. */
export function sharedReader(threads: boolean): SharedReader {
  return new SharedReader(async () => {
    if (!threads) return (await import('./folder-reader.js')).readHere()
    return new (await import('./thread-reader.js')).ThreadReader()
  })
}
