import type { Database } from 'better-sqlite3'
import { toFailure } from '../../errors.js'
import type { ExportScope } from '../../ops/interchange.js'
import { translate } from './driver-errors.js'
import type { Reply, Request } from './group-writer.js'
import { exportLines } from './interchange-read.js'
import { openDatabase } from './open-database.js'
import type { StoreFile } from './store-file.js'

// Large enough that messages cost nothing, small enough that a reader who stops has not made much for nothing.
const portionLength = 65_536

/** One export: a connection that keeps one view of the store, and hands out its lines in portions. */
export class SnapshotReader {
  readonly #db: Database
  #lines: Generator<string> | undefined

  constructor(file: StoreFile, busyTimeoutMs: number) {
    this.#db = openDatabase(file.path, { role: 'reader', durability: file.durability, busyTimeoutMs })
  }

  /** Settles what the export sees: a transaction begins with its first read. */
  open(scope: ExportScope): void {
    this.#db.exec('begin')
    this.#db.pragma('schema_version')
    this.#lines = exportLines(this.#db, scope)
  }

  /** Undefined at the end. */
  next(): string[] | undefined {
    if (this.#lines === undefined) throw new Error('the thread of this export has stopped')
    const portion: string[] = []
    for (let length = 0; length < portionLength; ) {
      const { value, done } = this.#lines.next()
      if (done) break
      portion.push(value)
      length += value.length
    }
    return portion.length === 0 ? undefined : portion
  }

  close(): void {
    this.#lines?.return(undefined)
    this.#db.close()
  }

  /** The same for requests from another thread. */
  answer({ id, name, input }: Request): Reply {
    try {
      return { id, value: name === 'open' ? this.open(input as ExportScope) : this.next() }
    } catch (error) {
      return { id, failure: toFailure(translate(error, this.#db.name)) }
    }
  }
}
