import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { closedStore } from '../../errors.js'
import type { Storage } from '../storage.js'
import type { Calls, Reads } from './calls.js'
import { checkpointStore } from './checkpoints-store.js'
import { documentStore } from './documents-store.js'
import { isBusy, translate } from './driver-errors.js'
import { embeddingStore } from './embeddings-store.js'
import type { InlineWriter } from './inline-writer.js'
import { interchangeStore } from './interchange-store.js'
import { leaseStore, metricStore } from './metrics-store.js'
import { type Durability, openDatabase } from './open-database.js'
import { makePrivateFolder, removePrivateFolder } from './private-folder.js'
import { inSnapshot, readQueries } from './read-queries.js'
import { ReaderPool } from './reader-pool.js'
import { Snapshots } from './snapshots.js'
import { identify, needsPreparation, type StoreFile } from './store-file.js'
import { auditStore, memoryStore, searchStore, sessionStore } from './stores.js'
import { agentStore, taskStore } from './tasks-store.js'
import { ThreadClient } from './thread-client.js'

export interface SqliteOptions {
  /** A file, or `:memory:` for a private temporary one that goes when the store is closed. */
  path: string
  /** Whether a missing file is created. */
  create: boolean
  durability: Durability
  busyTimeoutMs: number
  /** Without threads everything runs on the calling one: right for a command that does one thing and ends. */
  threads: boolean
  maxPages: number
  /** Told of every call, by the name of its operation, how many milliseconds it took. */
  observe?: (name: string, millis: number) => void
}

/** Who runs a request and answers it: a thread, or this thread. */
interface Runner {
  call(name: string, input: unknown, transfer?: ArrayBuffer[]): Promise<unknown>
  close(): Promise<void>
}

interface LongReader {
  call(name: string, input: unknown, which?: 'vectors'): Promise<unknown>
  close(): Promise<void>
}

export async function openSqliteStorage(options: SqliteOptions): Promise<Storage> {
  let folder: string | undefined
  const removeFolder = (): void => {
    if (folder !== undefined) removePrivateFolder(folder)
  }
  try {
    if (options.path === ':memory:') folder = makePrivateFolder()
    const file: StoreFile = {
      path: folder === undefined ? absolute(options.path) : join(folder, 'cairn.db'),
      durability: folder === undefined ? options.durability : 'off',
      busyTimeoutMs: options.busyTimeoutMs,
      maxPages: options.maxPages,
    }
    const connections = await connect(file, options.create || folder !== undefined, options.threads)
    return toStorage(connections, removeFolder, options.observe)
  } catch (error) {
    removeFolder()
    throw translate(error, options.path)
  }
}

/** Without links, and whatever the working directory will be when a thread opens it: SQLite puts the log beside this name. */
function absolute(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path)
}

interface Connections {
  reader: Database
  writer: Runner
  /** For reads that take longer than a turn of the event loop may. */
  longReader: LongReader
  snapshots: Snapshots
}

async function connect(file: StoreFile, create: boolean, threads: boolean): Promise<Connections> {
  const writer = threads ? new ThreadClient({ role: 'writer', file }) : await openInlineWriter(file)
  if (needsPreparation(file, create)) await writer.start()
  const identity = identify(file.path)
  if (identity !== undefined) file.identity = identity
  const reader = openDatabase(file.path, { role: 'reader', durability: file.durability, busyTimeoutMs: 0 })
  const longReader = threads ? new ReaderPool(file) : inlineReader(reader)
  return { reader, writer, longReader, snapshots: new Snapshots(file, threads) }
}

/** Loaded only where it runs: what writes is a tenth of all modules, and with threads they have it. */
async function openInlineWriter(file: StoreFile): Promise<InlineWriter> {
  const { inlineWriter } = await import('./inline-writer.js')
  return inlineWriter(file)
}

function inlineReader(db: Database): LongReader {
  return { call: (name, input) => readHere(db, name as keyof Reads, input as never), close: async () => {} }
}

const retryMillis = 5

async function readHere<Name extends keyof Reads>(
  db: Database,
  name: Name,
  input: Parameters<Reads[Name]>[1],
): Promise<ReturnType<Reads[Name]>> {
  const query = readQueries[name] as (db: Database, input: unknown) => ReturnType<Reads[Name]>
  for (let attempt = 0; ; attempt++) {
    try {
      return inSnapshot(db, () => query(db, input))
    } catch (error) {
      if (!db.open) throw closedStore()
      // Only while another process recovers or closes the log is a reader ever locked out.
      if (!isBusy(error) || attempt > 1000) throw translate(error, db.name)
      await sleep(retryMillis)
    }
  }
}

function toStorage(
  { reader, writer, longReader, snapshots }: Connections,
  afterClose: () => void,
  observe: (name: string, millis: number) => void = () => undefined,
): Storage {
  let closing: Promise<void> | undefined
  let open = true
  const assertOpen = (): void => {
    if (!open) throw closedStore()
  }
  const timed = async <Result>(name: string, call: () => Promise<unknown>): Promise<Result> => {
    assertOpen()
    const start = performance.now()
    try {
      return (await call()) as Result
    } finally {
      observe(name, performance.now() - start)
    }
  }
  const calls: Calls = {
    write: (name, input, transfer) => timed(name, () => writer.call(name, input, transfer)),
    read: (name, input) => timed(name, () => readHere(reader, name, input)),
    readLong: (name, input, which) => timed(name, () => longReader.call(name, input, which)),
  }
  const close = async (): Promise<void> => {
    // What was called before this call is on its way here through the services, which takes it less than a turn.
    await nextTurn()
    open = false
    await snapshots.close()
    await longReader.close()
    reader.close()
    await writer.close()
    afterClose()
  }
  return {
    memories: memoryStore(calls),
    sessions: sessionStore(calls),
    checkpoints: checkpointStore(calls),
    documents: documentStore(calls),
    embeddings: embeddingStore(calls),
    metrics: metricStore(calls),
    leases: leaseStore(calls),
    search: searchStore(calls),
    tasks: taskStore(calls),
    agents: agentStore(calls),
    audit: auditStore(calls),
    interchange: interchangeStore(calls, snapshots, assertOpen),
    info: () => calls.readLong('info', undefined),
    close: () => (closing ??= close()),
  }
}
