import type { FolderReader } from './folder-reader.js'

/** One reader for all who work at the same time; it ends with the last of them. */
export class SharedReader {
  readonly #open: () => Promise<FolderReader>
  #reader: Promise<FolderReader> | undefined
  #users = 0

  constructor(open: () => Promise<FolderReader>) {
    this.#open = open
  }

  async use<T>(work: (reader: FolderReader) => Promise<T>): Promise<T> {
    this.#users++
    this.#reader ??= this.#open()
    const reader = this.#reader
    try {
      return await work(await reader)
    } finally {
      this.#users--
      if (this.#users === 0) {
        this.#reader = undefined
        await reader.then((opened) => opened.close()).catch(() => undefined)
      }
    }
  }
}

/** In a thread of its own, or on this one. Neither is loaded before it is used. */
export function sharedReader(threads: boolean): SharedReader {
  return new SharedReader(async () => {
    if (!threads) return (await import('./folder-reader.js')).readHere()
    return new (await import('./thread-reader.js')).ThreadReader()
  })
}
