import { randomUUID } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import { Guard } from './access/guard.js'
import { root } from './access/principal.js'
import { Cairn } from './cairn.js'
import { type ConfigInput, resolveConfig } from './config.js'
import { documentWork } from './documents/document-work.js'
import { embeddingWork, noEmbeddings } from './embeddings/embedding-work.js'
import type { ModelNews } from './embeddings/model-news.js'
import { storeModels } from './embeddings/store-models.js'
import { CairnError } from './errors.js'
import { describe } from './json.js'
import { OperationTimes } from './observe/operation-times.js'
import { type RollupOptions, startRollup } from './observe/rollup.js'
import type { DetectedFormat } from './ops/importers/detect-format.js'
import type { ForeignRecords } from './ops/importers/importer.js'
import type { ForeignInput } from './ops/importers/importers.js'
import { openForeignDatabase } from './storage/sqlite/foreign-database.js'
import { openSqliteStorage } from './storage/sqlite/sqlite-storage.js'
import type { Storage } from './storage/storage.js'

/** The settings of a store, whether it may be created, and a clock and ids for tests. */
export interface OpenOptions extends ConfigInput {
  /** Whether a missing store is created. Default true. */
  create?: boolean
  /** The clock, in milliseconds since the epoch. */
  now?: () => number
  /**
   * Whether this process gives vectors to what has none, while the model answers. Default true. `existing`: only in a store
   * that somebody has given a space, now or later.
   */
  background?: boolean | 'existing'
  /**
   * Is told once when `auto` finds no model, and how to get one; when the model of the background work goes away, and when it
   * is back; and when the store has changed over to another model, whether this process goes with it.
   */
  onModel?: (news: ModelNews) => void
  /** Ids for sessions, events and keys that callers leave out. Default UUIDv7. */
  newId?: () => string
}

const pageBytes = 4096

/**
 * Opens a store, creating or migrating it as needed. Takes a path, or options; files and environment variables are for
 * the command line and are not read here. `:memory:` is a private store in a temporary folder of its own, removed by
 * `close` or when the process ends; a process that a signal kills leaves it behind. Rejects with `config_invalid`,
 * `not_found`, `not_a_database`, `corrupt`, `schema_newer`, `migration_failed`, `read_only`, `disk_full` or
 * `unsupported_filesystem`.
 */
export async function openCairn(target: string | OpenOptions = {}): Promise<Cairn> {
  const { create = true, now = Date.now, newId = uuidv7, background = true, onModel, ...settings } = parseTarget(target)
  const config = resolveConfig(settings)
  const times = new OperationTimes()
  const opened = await openSqliteStorage({
    path: config.db,
    create,
    durability: config.durability,
    busyTimeoutMs: config.busyTimeoutMs,
    threads: config.threads,
    maxPages: Math.ceil(config.limits.storeBytes / pageBytes),
    observe: (name, millis) => times.record(name, millis),
  })
  const clock = (): number => wholeMillis(now())
  const storage = measured(opened, { times, now: clock, metricsDays: config.metricsDays })
  const guard = new Guard({ storage, caller: root, now: clock, auditReads: 'off' })
  const work = { storage, now: clock, author: () => guard.author(), background, tell: onModel && later(onModel) }
  const embeddings =
    config.embedder.provider === 'none'
      ? noEmbeddings
      : embeddingWork({ ...work, models: storeModels(config.embedder) })
  return new Cairn({
    storage,
    caller: root,
    now: clock,
    newId,
    auditReads: config.auditReads,
    valueBytes: config.limits.valueBytes,
    openDatabase: openForeignDatabase,
    times,
    checkpointBytes: config.limits.checkpointBytes,
    documents: documentWork({ maxBytes: config.limits.documentBytes, threads: config.threads }),
    embeddings,
  })
}

/** What a listener throws is not for the work that it is told of. */
function later<News>(listener: (news: News) => void): (news: News) => void {
  return (news) => queueMicrotask(() => listener(news))
}

/** A store whose calls are measured, until it is closed. */
function measured(storage: Storage, options: Pick<RollupOptions, 'times' | 'now' | 'metricsDays'>): Storage {
  const stop = startRollup({ ...options, storage, holder: `${process.pid}:${randomUUID()}` })
  const close = async (): Promise<void> => {
    // What is stored last is handed in before the store stops taking anything.
    await Promise.all([stop(), storage.close()])
  }
  return { ...storage, close }
}

/**
 * The data of a file of another tool as records of an interchange file, and a report of what became of it. Nothing is
 * read before the records are. `invalid_input` for a format that is not known; reading rejects with `not_found`,
 * `invalid_input`, `not_a_database`, `corrupt`, `busy` or `read_only`.
 */
export async function readForeignFile(path: string, input: ForeignInput): Promise<ForeignRecords> {
  const { readForeign } = await import('./ops/importers/importers.js')
  return readForeign(path, input, openForeignDatabase)
}

/** Which format a file is of, and what it looks like in words, by its beginning. `not_found`, or `invalid_input`. */
export async function detectForeignFormat(path: string): Promise<DetectedFormat> {
  const { detectFormat } = await import('./ops/importers/detect-format.js')
  return detectFormat({ path, openDatabase: openForeignDatabase })
}

/** What the types promise, for callers that have none: a wrong kind of thing must not open the default store instead. */
function parseTarget(target: unknown): OpenOptions {
  if (typeof target === 'string') return { db: target }
  if (target === null || typeof target !== 'object' || Array.isArray(target)) {
    throw invalidConfig(`openCairn() takes a path or options, not ${describe(target)}.`)
  }
  const options: OpenOptions = target
  const kinds = { create: 'boolean', now: 'function', newId: 'function', onModel: 'function' } as const
  for (const name of ['create', 'now', 'newId', 'onModel'] as const) {
    const value: unknown = options[name]
    if (value !== undefined && typeof value !== kinds[name])
      throw invalidConfig(`${name} must be a ${kinds[name]}, not ${describe(value)}.`)
  }
  return options
}

// The last moment that a Date can hold.
const latest = 8_640_000_000_000_000

function wholeMillis(time: number): number {
  const millis = Math.trunc(time)
  if (millis >= 0 && millis <= latest) return millis
  throw invalidConfig(`now() returned ${time}, which is not a time in milliseconds.`)
}

function invalidConfig(message: string): CairnError {
  return new CairnError('config_invalid', message, { hint: "Such as openCairn('cairn.db') or openCairn({ db, now })." })
}
