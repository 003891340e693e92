import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, SqliteError, type Statement } from 'better-sqlite3'
import { CairnError, type Failure, toFailure } from '../../errors.js'
import { isBusy, translate } from './driver-errors.js'
import { isRefusal, type WriteOperation } from './operation.js'

export interface Request {
  id: number
  name: string
  input: unknown
}

export type Reply = { id: number; value: unknown } | { id: number; failure: Failure }

export interface GroupWriterOptions {
  operations: Record<string, WriteOperation>
  /** How long a write may wait for other processes before it fails as `busy`. */
  busyTimeoutMs: number
  /** Throws when the file is not the one that was opened any more. */
  check?: () => void
  /** Requests that came in while the thread was at work and that its event loop has not delivered yet. */
  poll?: () => Request[]
  /** Puts the store in order for a moment, when nothing has been asked for a while; whether there is more to do. */
  tidy?: (db: Database) => boolean
}

// A group ends at whichever comes first. Larger ones gain little more and keep the others waiting.
const maxOperations = 64
const maxBytes = 262_144
const maxMillis = 5

// Frames of the log, each a page of 4 KiB. After 16 MB they are copied back: SQLite's own 4 MB writes the pages that
// change all the time (full text, audit) four times as often, 50 instead of 21 µs for each memory. Over 64 MB the log is
// cut as well.
const checkpointFrames = 4_000
const truncateFrames = 16_000
const contentionMillis = 500

/** After so long without a request the store is put in order, with pauses in which other processes may write. */
const restMillis = 1_000
const tidyPauseMillis = 10

/**
 * The one place that writes: everything that has queued up goes into one transaction. It has no savepoints, because FTS5
 * flushes at each (9,400 → 4,900 writes a second); operations refuse before they write, and when one throws after all,
 * the group is rolled back and its members run one by one. It runs in the writer thread or, unchanged, in-process.
 */
export class GroupWriter {
  readonly #db: Database
  readonly #logFrames: Statement
  readonly #options: GroupWriterOptions
  readonly #reply: (replies: Reply[]) => void
  #queue: Request[] = []
  #draining: Promise<void> | undefined
  #dataVersion = -1
  #contendedUntil = 0
  #outOfSpace = false
  #rest: NodeJS.Timeout | undefined

  constructor(db: Database, options: GroupWriterOptions, reply: (replies: Reply[]) => void) {
    this.#db = db
    this.#logFrames = db.prepare('pragma wal_checkpoint(noop)')
    this.#options = options
    this.#reply = reply
  }

  push(requests: Request[]): void {
    this.#queue.push(...requests)
    if (this.#queue.length > 0) this.#draining ??= this.#drain()
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#drainGroup()
    } finally {
      // At once, and not when the promise is settled: what is pushed in between would wait for ever.
      this.#draining = undefined
      this.#tidyAfter(restMillis)
    }
  }

  #tidyAfter(millis: number): void {
    if (this.#options.tidy === undefined) return
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.#tidy(), millis).unref()
  }

  /** What comes to nothing is tried again after the next write. */
  #tidy(): void {
    if (this.#draining !== undefined || !this.#db.open) return
    try {
      this.#options.check?.()
      this.#db.exec('begin immediate')
      const more = this.#options.tidy?.(this.#db)
      this.#db.exec('commit')
      if (more) this.#tidyAfter(tidyPauseMillis)
    } catch (error) {
      this.#rollback()
      if (!(error instanceof SqliteError || error instanceof CairnError)) throw error
      if (isBusy(error)) this.#tidyAfter(restMillis)
    }
    this.#checkpoint()
  }

  async #drainGroup(): Promise<void> {
    try {
      await this.#begin()
      await this.#runGroup()
    } catch (error) {
      this.#settle([...this.#queue], translate(error))
    }
    this.#checkpoint()
    this.#poll()
    if (performance.now() < this.#contendedUntil) await sleep(1 + Math.random() * 4)
  }

  #poll(): void {
    if (this.#options.poll) this.#queue.push(...this.#options.poll())
  }

  /**
   * Short random gaps instead of SQLite's own growing ones, which starve: with ten processes they give 27 to 6,864
   * commits each, these 659 to 894. Who waited, or sees others commit, pauses after each commit to let them in; who has
   * waited longer asks more often, which comes close to first come, first served.
   */
  async #begin(): Promise<void> {
    const start = performance.now()
    for (;;) {
      try {
        this.#options.check?.()
        this.#db.exec('begin immediate')
        const version = this.#db.pragma('data_version', { simple: true }) as number
        if (version !== this.#dataVersion && this.#dataVersion !== -1)
          this.#contendedUntil = performance.now() + contentionMillis
        this.#dataVersion = version
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() - start > this.#options.busyTimeoutMs) throw error
        this.#contendedUntil = performance.now() + contentionMillis
        await sleep(retryGap(performance.now() - start))
      }
    }
  }

  async #runGroup(): Promise<void> {
    const group: Request[] = []
    const replies: Reply[] = []
    const start = performance.now()
    let bytes = 0
    try {
      while (group.length < maxOperations && bytes < maxBytes && performance.now() - start < maxMillis) {
        // What arrives while the group runs still joins it: the caller prepares while the thread writes.
        if (group.length === this.#queue.length) this.#poll()
        const request = this.#queue[group.length]
        if (request === undefined) break
        group.push(request)
        bytes += sizeOf(request.input)
        replies.push(this.#run(request))
      }
    } catch (error) {
      const failure = this.#fail(error)
      this.#settle(group, group.length === 1 ? failAll(group, failure) : await this.#runEach(group))
      return
    }
    this.#settle(group, this.#commit() ?? replies)
  }

  #settle(group: Request[], outcome: Reply[] | Error): void {
    this.#queue.splice(0, group.length)
    this.#reply(outcome instanceof Error ? failAll(group, outcome) : outcome)
  }

  /** A failed commit has stored none of its group: all members fail, since running them again might fill the disk for good. */
  #commit(): Error | undefined {
    try {
      this.#db.exec('commit')
      return undefined
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): CairnError {
    this.#rollback()
    const failure = translate(error)
    if (failure.code === 'disk_full') this.#outOfSpace = true
    return failure
  }

  async #runEach(group: Request[]): Promise<Reply[]> {
    const replies: Reply[] = []
    for (const request of group) replies.push(await this.#runAlone(request))
    return replies
  }

  async #runAlone(request: Request): Promise<Reply> {
    try {
      await this.#begin()
      const reply = this.#run(request)
      this.#db.exec('commit')
      return reply
    } catch (error) {
      return failed(request, this.#fail(error))
    }
  }

  #run(request: Request): Reply {
    const operation = this.#options.operations[request.name]
    if (operation === undefined) throw new Error(`no operation is named ${request.name}`)
    const result = operation(this.#db, request.input as never)
    if (isRefusal(result)) return { id: request.id, failure: result.refused }
    return { id: request.id, value: result }
  }

  #rollback(): void {
    // SQLite has rolled back by itself after a full disk or an I/O error.
    if (this.#db.inTransaction) this.#db.exec('rollback')
  }

  /**
   * The log is copied back between groups, so that no commit pays for it by surprise. `noop` only tells how long the log
   * is; the file's size does not, since SQLite writes a copied log again from its start. On a full disk that is the only
   * way to give space back.
   */
  #checkpoint(): void {
    try {
      const { log, checkpointed } = this.#logFrames.get() as { log: number; checkpointed: number }
      const urgent = this.#outOfSpace
      this.#outOfSpace = false
      if (log - checkpointed < checkpointFrames && !urgent) return
      this.#db.pragma(log > truncateFrames || urgent ? 'wal_checkpoint(truncate)' : 'wal_checkpoint(passive)')
    } catch (error) {
      // What was committed is safe in the log; the next checkpoint will tell again.
      if (!(error instanceof SqliteError)) throw error
    }
  }
}

/** At most 8 ms, at most 2 after 48 ms. */
function retryGap(waited: number): number {
  return Math.random() * Math.max(2, 8 - waited / 8)
}

function failed(request: Request, error: unknown): Reply {
  return { id: request.id, failure: toFailure(translate(error)) }
}

function failAll(group: Request[], error: unknown): Reply[] {
  return group.map((request) => failed(request, error))
}

/** Rough size of an operation's input: the texts and bytes in it. */
function sizeOf(input: unknown): number {
  if (typeof input === 'string') return input.length
  if (ArrayBuffer.isView(input)) return input.byteLength
  if (Array.isArray(input)) return input.reduce<number>((sum, item) => sum + sizeOf(item), 0)
  if (typeof input !== 'object' || input === null) return 8
  return Object.values(input).reduce<number>((sum, item) => sum + sizeOf(item), 0)
}
