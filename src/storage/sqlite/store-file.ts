import { type Stats, statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { CairnError } from '../../errors.js'
import { pendingMigrations } from '../migrate.js'
import { loadMigrations, migrate, schemaVersion } from './migrations.js'
import { assertFilesystem, type Durability, openDatabase } from './open-database.js'
import { isIndexCurrent, reindexIfOld } from './reindex.js'

/** A store on disk and how it is to be used; plain data, so that threads can be told. */
export interface StoreFile {
  path: string
  durability: Durability
  /** How long a write waits for other processes. */
  busyTimeoutMs: number
  /** Limit of the file in pages of 4 KiB; 0 is none. */
  maxPages: number
  /** Which file it is, once it has been opened: a store that is removed or replaced later must not be written to. */
  identity?: string
}

/** The writing connection of a store, created or migrated as needed. */
export function prepareStore(file: StoreFile, sqliteTimeoutMs: number): Database.Database {
  if (file.identity !== undefined) assertSameFile(file.path, file.identity)
  const db = openDatabase(file.path, {
    role: 'writer',
    durability: file.durability,
    busyTimeoutMs: Math.max(sqliteTimeoutMs, 5000),
  })
  try {
    migrate(db, { now: Date.now() })
    reindexIfOld(db)
    db.pragma('busy_timeout = 0')
    if (file.maxPages > 0) db.pragma(`max_page_count = ${file.maxPages}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** What the writer of a prepared store has to know about it. */
export function writerOptions({ path, busyTimeoutMs, identity = identify(path) }: StoreFile): {
  busyTimeoutMs: number
  check: () => void
} {
  return { busyTimeoutMs, check: () => assertSameFile(path, identity) }
}

/** Whether a store must be created or migrated before it can be read. Opening a current store writes nothing. */
export function needsPreparation(file: StoreFile, create: boolean): boolean {
  const stats = lookAt(file.path)
  if (stats === undefined && !create) {
    throw new CairnError('not_found', `There is no store at ${file.path}.`, {
      hint: 'Create it with `cairn init`, or give its path with --db.',
    })
  }
  assertFilesystem(file.path)
  if (stats === undefined) return true
  if (!stats.isFile()) {
    // Opening a pipe would wait for its other end for ever.
    throw new CairnError('not_a_database', `${file.path} is not a file.`, {
      hint: 'Give the path of a file: of a Cairn store, or of one to create.',
    })
  }
  const db = openDatabase(file.path, { role: 'reader', durability: file.durability, busyTimeoutMs: 5000 })
  try {
    const version = schemaVersion(db)
    if (version === 0 && !create) {
      throw new CairnError('not_a_database', `${file.path} is empty.`, { hint: 'Make it a store with `cairn init`.' })
    }
    return pendingMigrations(loadMigrations(), version).length > 0 || !isIndexCurrent(db)
  } finally {
    db.close()
  }
}

/** The file that is at a path now. */
export function identify(path: string): string | undefined {
  const stats = lookAt(path)
  return stats && `${stats.dev}:${stats.ino}`
}

/** A connection goes on working on a file that has lost its name, and whatever it stores there is gone with it. */
function assertSameFile(path: string, identity: string | undefined): void {
  if (identify(path) === identity) return
  throw new CairnError('closed', `The store at ${path} was removed or replaced while it was open.`, {
    hint: 'Nothing of this write was kept. Close this handle, then open the store again.',
  })
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}
