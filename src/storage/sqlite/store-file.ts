import { existsSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { CairnError } from '../../errors.js'
import { pendingMigrations } from '../migrate.js'
import { loadMigrations, migrate, schemaVersion } from './migrations.js'
import { assertFilesystem, type Durability, openDatabase } from './open-database.js'

/** A store on disk and how it is to be used; plain data, so that threads can be told. */
export interface StoreFile {
  path: string
  durability: Durability
  /** How long a write waits for other processes. */
  busyTimeoutMs: number
  /** Limit of the file in pages of 4 KiB; 0 is none. */
  maxPages: number
}

/** The writing connection of a store, created or migrated as needed. */
export function prepareStore(file: StoreFile, sqliteTimeoutMs: number): Database.Database {
  const db = openDatabase(file.path, {
    role: 'writer',
    durability: file.durability,
    busyTimeoutMs: Math.max(sqliteTimeoutMs, 5000),
  })
  try {
    migrate(db, { now: Date.now() })
    db.pragma('busy_timeout = 0')
    if (file.maxPages > 0) db.pragma(`max_page_count = ${file.maxPages}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Whether a store must be created or migrated before it can be read. Opening a current store runs no DDL. */
export function needsPreparation(file: StoreFile, create: boolean): boolean {
  if (!existsSync(file.path)) {
    if (create) {
      assertFilesystem(file.path)
      return true
    }
    throw new CairnError('not_found', `There is no store at ${file.path}.`, {
      hint: 'Create it with `cairn init`, or give its path with --db.',
    })
  }
  assertFilesystem(file.path)
  const db = openDatabase(file.path, { role: 'reader', durability: file.durability, busyTimeoutMs: 5000 })
  try {
    return pendingMigrations(loadMigrations(), schemaVersion(db)).length > 0
  } finally {
    db.close()
  }
}
