import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { CairnError } from '../../errors.js'
import { isBusy, translate } from './driver-errors.js'

export type Durability = 'full' | 'normal' | 'off'

export interface ConnectionOptions {
  role: 'writer' | 'reader'
  durability: Durability
  /** How long SQLite itself may block the calling thread when the store is locked. 0 on the main thread. */
  busyTimeoutMs: number
}

const synchronous = { off: 0, normal: 1, full: 2 } as const
const cacheKiB = { writer: 32_768, reader: 8_192 } as const

// Even pragmas read the schema, and while another process creates, recovers or closes the store nobody may.
const openTimeoutMs = 5000

/** Opens one connection with every pragma set and read back, so that no connection works under other rules. */
export function openDatabase(path: string, options: ConnectionOptions): Database.Database {
  try {
    const db = new Database(path, { readonly: options.role === 'reader', timeout: openTimeoutMs })
    try {
      configure(db, options)
      db.pragma(`busy_timeout = ${options.busyTimeoutMs}`)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    throw translate(error, path)
  }
}

function configure(db: Database.Database, { role, durability }: ConnectionOptions): void {
  if (role === 'writer') switchToWal(db)
  const wanted: Record<string, number | string> = {
    synchronous: synchronous[durability],
    foreign_keys: 1,
    trusted_schema: 0,
    // A mapped file that is truncated by somebody else kills the process with SIGBUS.
    mmap_size: 0,
    cache_size: -cacheKiB[role],
    temp_store: 2,
    wal_autocheckpoint: 0,
    cell_size_check: 1,
  }
  for (const [name, value] of Object.entries(wanted)) {
    db.pragma(`${name} = ${value}`)
    const found = db.pragma(name, { simple: true })
    if (found !== value && found !== undefined)
      throw new CairnError('internal', `SQLite keeps pragma ${name} at ${found}, not ${value}.`)
  }
  if (role === 'writer') {
    db.pragma('journal_size_limit = 67108864')
    assertWal(db)
  }
}

/** When several processes switch at once, SQLite refuses some at once, whatever the timeout. */
function switchToWal(db: Database.Database): void {
  const start = performance.now()
  for (;;) {
    try {
      if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = wal')
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > openTimeoutMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + Math.random() * 8)
    }
  }
}

function assertWal(db: Database.Database): void {
  const mode = db.pragma('journal_mode', { simple: true })
  if (mode === 'wal') return
  throw new CairnError(
    'unsupported_filesystem',
    `The file system of ${db.name} cannot hold a write-ahead log (journal mode stays '${mode}').`,
    {
      hint: 'Put the store on a local disk.',
    },
  )
}

/** File system types, as statfs(2) numbers them, whose locks or shared memory do not hold what WAL needs. */
const unsupported: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB 2',
  1937076805: 'Coda',
  1397113167: 'AFS',
  16914839: '9P',
}

/** Refuses file systems where several processes would damage the store. */
export function assertFilesystem(
  path: string,
  statfs: (folder: string) => { type: number | bigint } = statfsSync,
): void {
  const folder = dirname(resolve(path))
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CairnError('invalid_input', `There is no folder ${folder} for the store.`, {
      hint: `Create it first: mkdir -p ${folder}`,
    })
  }
  if (process.platform !== 'linux') return
  const name = unsupported[Number(statfs(folder).type)]
  if (name === undefined) return
  throw new CairnError('unsupported_filesystem', `${folder} is on ${name}, where a write-ahead log is not safe.`, {
    hint: 'Put the store on a local disk; several machines share one through PostgreSQL.',
  })
}
