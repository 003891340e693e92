import { readdirSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { CairnError } from '../../errors.js'
import { type Migration, parseMigrations, pendingMigrations } from '../migrate.js'
import { translate } from './driver-errors.js'

/** 'Cair' in the header of the file: how a store is told from any other SQLite database. */
export const applicationId = 0x43616972

export function loadMigrations(folder = fileURLToPath(new URL('./migrations', import.meta.url))): Migration[] {
  return parseMigrations(readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })))
}

/** The schema version of a file: 0 for an empty one. `not_a_database` when it is somebody else's. */
export function schemaVersion(db: Database.Database): number {
  // In one snapshot: between two, another process may create the store, and it would look like a stranger's.
  return db.transaction(() => readSchemaVersion(db))()
}

function readSchemaVersion(db: Database.Database): number {
  const id = db.pragma('application_id', { simple: true })
  const names = db.prepare<[], string>("select name from sqlite_schema where name not like 'sqlite%'").pluck().all()
  if (id === applicationId) {
    if (!names.includes('schema_migrations')) throw noMigrations(db)
    return db.prepare<[], number | null>('select max(version) from schema_migrations').pluck().get() ?? 0
  }
  if (id === 0 && names.length === 0) return 0
  throw new CairnError('not_a_database', `${db.name} is a SQLite database, but not a Cairn store.`, {
    hint: 'Give another path; `cairn init` creates a store.',
  })
}

function noMigrations(db: Database.Database): CairnError {
  return new CairnError('corrupt', `${db.name} was a Cairn store, but its list of migrations is gone.`, {
    hint: 'Somebody has changed its tables by hand; restore a backup.',
  })
}

export interface MigrationOptions {
  migrations?: Migration[]
  now: number
  /** Room for the copy of a store, on the disk of a folder. */
  freeBytes?: (folder: string) => number
}

/**
 * Brings a store to the newest schema: each step in one transaction with its version row first, so that of two processes
 * one does it and the other finds it done. A store with data is copied first, and the copy is checked.
 */
export function migrate(db: Database.Database, options: MigrationOptions): Migration[] {
  const { migrations = loadMigrations(), now, freeBytes = freeBytesOf } = options
  const before = schemaVersion(db)
  const pending = pendingMigrations(migrations, before)
  if (pending.length > 0 && before > 0) copyBeforeMigration(db, before, freeBytes(dirname(db.name)))
  const apply = () => pending.filter((step) => applyStep(db, step, now))
  // A new store comes into being at once: another process must not find it half made, and copy that.
  return before === 0 ? db.transaction(apply).immediate() : apply()
}

function applyStep(db: Database.Database, step: Migration, now: number): boolean {
  const apply = db.transaction(() => {
    if (schemaVersion(db) >= step.version) return false
    if (step.version === 1) {
      db.pragma(`application_id = ${applicationId}`)
      db.exec(
        'create table schema_migrations (version integer not null primary key, name text not null, applied_at integer not null) strict',
      )
    }
    db.prepare('insert into schema_migrations (version, name, applied_at) values (?, ?, ?)').run(
      step.version,
      step.name,
      now,
    )
    db.exec(step.up)
    assertReferences(db)
    return true
  })
  try {
    return apply.immediate()
  } catch (error) {
    throw failed(step, error)
  }
}

/** Takes the newest step back. Its tables go; what they held stays in the copy made before. */
export function revertStep(db: Database.Database, step: Migration): void {
  const revert = db.transaction(() => {
    // Also makes the connection see the schema as it is now, which a dropped column does not.
    if (step.version > 1) db.prepare('delete from schema_migrations where version = ?').run(step.version)
    db.exec(step.down)
    if (step.version === 1) {
      db.exec('drop table schema_migrations')
      db.pragma('application_id = 0')
    }
    assertReferences(db)
  })
  try {
    revert.immediate()
  } catch (error) {
    throw failed(step, error)
  }
}

function assertReferences(db: Database.Database): void {
  const broken = db.pragma('foreign_key_check') as { table: string }[]
  if (broken.length > 0) throw new Error(`${broken.length} rows of ${broken[0]?.table} would refer to nothing`)
}

function failed(step: Migration, error: unknown): CairnError {
  const cause = translate(error)
  if (cause.code !== 'internal') return cause
  return new CairnError(
    'migration_failed',
    `Migration ${step.version} (${step.name}) failed and was undone: ${cause.message}`,
    {
      hint: 'The store is as it was before. Report this with the message above.',
      cause: error,
    },
  )
}

/**
 * Writes `<store>.before-schema-<n>` beside the store, and opens and checks it before it counts. One that is there already
 * comes from an attempt that failed, and does not have what was stored since.
 */
function copyBeforeMigration(db: Database.Database, version: number, free: number): void {
  const target = `${db.name}.before-schema-${version}`
  // By pages, since what is still in the log is copied too.
  const bytes =
    (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number)
  if (free < bytes * 1.1) {
    const message = `Migrating needs ${bytes} bytes for a copy of the store, and ${free} are free.`
    throw new CairnError('disk_full', message, { hint: 'Free space where the store is; nothing was changed.' })
  }
  // A name of its own: another process may be making the same copy.
  const draft = `${target}.${process.pid}.part`
  rmSync(draft, { force: true })
  try {
    db.prepare('vacuum into ?').run(draft)
    // If another process has migrated in between, this is no way back, and the copy of that process is.
    if (verifiedVersion(draft) === version) renameSync(draft, target)
  } catch (error) {
    throw translate(error, draft)
  } finally {
    // Half a copy is no way back, and it would keep the space that was missing.
    rmSync(draft, { force: true })
  }
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function verifiedVersion(path: string): number {
  const copy = new Database(path, { readonly: true })
  try {
    const result = copy.pragma('integrity_check', { simple: true })
    if (result !== 'ok')
      throw new CairnError('corrupt', `The store is damaged, so it was not migrated: ${result}`, {
        hint: 'Restore a backup first.',
      })
    return schemaVersion(copy)
  } finally {
    copy.close()
  }
}
