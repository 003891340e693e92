import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  applicationId,
  loadMigrations,
  migrate,
  revertStep,
  schemaVersion,
} from '../../../src/storage/sqlite/migrations.js'
import { openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { openSqliteStorage } from '../../../src/storage/sqlite/sqlite-storage.js'
import { refusal, thrown } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { add, tone } from '../contract/subject.js'
import { schemaText } from './schema-text.js'

const newPath = useTempFolder()
const options = { create: true, durability: 'off', busyTimeoutMs: 10_000, maxPages: 0, threads: false } as const
const shipped = new URL('../../../src/storage/sqlite/migrations/', import.meta.url)

/** A folder with the shipped migrations and one more. */
function withNext(up: string, down = 'drop table pets;'): string {
  const folder = newPath()
  mkdirSync(folder)
  for (const name of readdirSync(shipped)) copyFileSync(new URL(name, shipped), join(folder, name))
  const number = String(loadMigrations().length + 1).padStart(4, '0')
  writeFileSync(join(folder, `${number}_pets.up.sql`), up)
  writeFileSync(join(folder, `${number}_pets.down.sql`), down)
  return folder
}

const pets = 'create table pets (name text not null primary key) strict;'

function open(path: string): Database.Database {
  const db = openDatabase(path, { role: 'writer', durability: 'off', busyTimeoutMs: 5000 })
  onTestFinished(() => {
    db.close()
  })
  return db
}

/** A store with one memory, as this version leaves it. */
async function storeWithData(): Promise<string> {
  const path = newPath()
  const storage = await openSqliteStorage({ ...options, path })
  await add(storage, { value: '"kept"' })
  await storage.close()
  return path
}

const versions = (db: Database.Database) =>
  db.prepare('select version, name, applied_at from schema_migrations order by version').all()
const current = loadMigrations().length

describe('a new store', () => {
  it('takes all steps in order, and says when each was taken', () => {
    const db = open(newPath())
    expect(schemaVersion(db)).toBe(0)
    const taken = migrate(db, { migrations: loadMigrations(withNext(pets)), now: 1234 })
    expect(taken.map(({ version, name }) => [version, name])).toEqual([
      ...loadMigrations().map(({ version, name }) => [version, name]),
      [current + 1, 'pets'],
    ])
    expect(versions(db)).toEqual(taken.map(({ version, name }) => ({ version, name, applied_at: 1234 })))
    expect(schemaVersion(db)).toBe(current + 1)
    expect(db.pragma('application_id', { simple: true })).toBe(applicationId)
    expect(readdirSync(dirname(db.name)).filter((name) => name.startsWith(`${basename(db.name)}.before`))).toEqual([])
  })

  it('has the version row of a step before anything else that the step does', () => {
    const db = open(newPath())
    const folder = withNext('create table seen as select max(version) as version from schema_migrations;')
    migrate(db, { migrations: loadMigrations(folder), now: 0 })
    expect(db.prepare('select version from seen').get()).toEqual({ version: current + 1 })
  })

  it('is not made of a database that somebody else made', () => {
    const db = open(newPath())
    db.exec('create table theirs (a)')
    thrown(() => migrate(db, { now: 0 }), 'not_a_database')
    db.pragma('application_id = 42')
    expect(thrown(() => schemaVersion(db), 'not_a_database').message).toContain(db.name)
    expect(db.prepare('select name from sqlite_schema').all()).toEqual([{ name: 'theirs' }])
  })
})

describe('a store that is current', () => {
  it('is opened without any change of its schema, or of its file', async () => {
    const path = await storeWithData()
    const db = open(path)
    const cookie = db.pragma('schema_version', { simple: true })
    const before = readFileSync(path)
    const storage = await openSqliteStorage({ ...options, path })
    expect(await storage.memories.get({ ...tone, now: 0 })).toMatchObject({ value: '"kept"' })
    await storage.close()
    expect(db.pragma('schema_version', { simple: true })).toBe(cookie)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(migrate(db, { now: 0 })).toEqual([])
    expect(db.pragma('schema_version', { simple: true })).toBe(cookie)
  })

  it('of a newer Cairn is refused and left as it is', async () => {
    const path = await storeWithData()
    const db = open(path)
    db.exec(`insert into schema_migrations values (${current + 1}, 'future', 0)`)
    const before = db.serialize()
    const { details } = await refusal(openSqliteStorage({ ...options, path }), 'schema_newer')
    expect(details).toEqual({ found: current + 1, known: current })
    thrown(() => migrate(db, { now: 0 }), 'schema_newer')
    expect(db.serialize().equals(before)).toBe(true)
  })
})

describe('a store with data', () => {
  it('is copied beside before it is migrated, and the copy is whole', async () => {
    const path = await storeWithData()
    const db = open(path)
    const before = schemaText(db)
    migrate(db, { migrations: loadMigrations(withNext(pets)), now: 0 })
    expect(schemaText(db)).not.toBe(before)
    expect(db.prepare('select value from memory_entries').get()).toEqual({ value: '"kept"' })

    const copyPath = `${path}.before-schema-${current}`
    const copy = open(copyPath)
    expect(schemaText(copy)).toBe(before)
    expect(schemaVersion(copy)).toBe(current)
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok')
    copy.close()
    const storage = await openSqliteStorage({ ...options, path: copyPath })
    expect(await storage.memories.get({ ...tone, now: 0 })).toMatchObject({ value: '"kept"' })
    await storage.close()
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('is copied anew when an earlier attempt has left a copy', async () => {
    const path = await storeWithData()
    const db = open(path)
    const broken = loadMigrations(withNext('create table half (a); this is not sql;'))
    thrown(() => migrate(db, { migrations: broken, now: 0 }), 'migration_failed')
    const storage = await openSqliteStorage({ ...options, path })
    await add(storage, { key: 'later', chain: 'later' })
    await storage.close()
    migrate(db, { migrations: loadMigrations(withNext(pets)), now: 0 })
    const copy = open(`${path}.before-schema-${current}`)
    expect(copy.prepare('select count(*) as count from memory_entries').get()).toEqual({ count: 2 })
  })

  it('goes back by the down file of the newest step', async () => {
    const path = await storeWithData()
    const db = open(path)
    const before = schemaText(db)
    const migrations = loadMigrations(withNext(pets))
    migrate(db, { migrations, now: 0 })
    const newest = migrations.at(-1)
    if (newest) revertStep(db, newest)
    expect(schemaText(db)).toBe(before)
    expect(schemaVersion(db)).toBe(current)
    expect(db.prepare('select value from memory_entries').get()).toEqual({ value: '"kept"' })
  })

  it('stays where it is when the way back fails', async () => {
    const db = open(await storeWithData())
    const migrations = loadMigrations(withNext(pets, 'drop table pets; drop table unknown;'))
    migrate(db, { migrations, now: 0 })
    const before = db.serialize()
    const newest = migrations.at(-1)
    if (newest) thrown(() => revertStep(db, newest), 'migration_failed')
    expect(db.serialize().equals(before)).toBe(true)
  })

  it('is not migrated without room for the copy', async () => {
    const path = await storeWithData()
    const db = open(path)
    const before = db.serialize()
    const folders: string[] = []
    const freeBytes = (folder: string): number => {
      folders.push(folder)
      return before.length
    }
    const migrations = loadMigrations(withNext(pets))
    const error = thrown(() => migrate(db, { migrations, now: 0, freeBytes }), 'disk_full')
    expect(error.message).toContain(`${before.length} are free`)
    expect(error.hint).toContain('nothing was changed')
    expect(folders).toEqual([dirname(path)])
    expect(db.serialize().equals(before)).toBe(true)
    expect(existsSync(`${path}.before-schema-${current}`)).toBe(false)
    expect(migrate(db, { migrations, now: 0, freeBytes: () => before.length * 2 })).toHaveLength(1)
  })

  it('keeps the copy of the process that came first, which is the way back', async () => {
    const path = await storeWithData()
    const migrations = loadMigrations(withNext(pets))
    const first = open(path)
    // The room is looked at between the look at the version and the copy: just then another process migrates.
    const meanwhile = (): number => {
      expect(migrate(first, { migrations, now: 0 })).toHaveLength(1)
      return Number.MAX_SAFE_INTEGER
    }
    expect(migrate(open(path), { migrations, now: 0, freeBytes: meanwhile })).toEqual([])
    expect(schemaVersion(open(`${path}.before-schema-${current}`))).toBe(current)
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('is not migrated when its copy turns out to be damaged', async () => {
    const path = await storeWithData()
    const db = open(path)
    db.unsafeMode().exec('delete from search_text_data where id > 10')
    const before = db.serialize()
    const error = thrown(() => migrate(db, { migrations: loadMigrations(withNext(pets)), now: 0 }), 'corrupt')
    expect(error.message).toMatch(/malformed inverted index|search_text/)
    expect(db.serialize().equals(before)).toBe(true)
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`))).toEqual([])
  })
})

describe('a step that fails', () => {
  it.each([
    ['has an error in it', 'create table pets (name); insert into nowhere values (1);', 'no such table: nowhere'],
    ['breaks a rule of the data', 'update memory_entries set version = 0;', 'CHECK constraint failed'],
    [
      'refers to what is not there',
      "insert into checkpoints (task_id, iteration, data, bytes, created_at) values ('gone', 1, x'', 0, 0);",
      'FOREIGN KEY constraint failed',
    ],
  ])('because it %s is undone, and the store works as before', async (_, up, why) => {
    const path = await storeWithData()
    const db = open(path)
    db.exec(`insert into sessions (id, app_id, user_id, created_at, updated_at) values ('s1', 'a', 'u', 0, 0);
      insert into session_events (session_id, seq, event_id, type, actor, timestamp, recorded_at, content)
      values ('s1', 1, 'e1', 'message', 'user', 0, 0, '{}')`)
    const before = db.serialize()
    const error = thrown(() => migrate(db, { migrations: loadMigrations(withNext(up)), now: 0 }), 'migration_failed')
    expect(error.message).toContain(why)
    expect(error.message).toContain('pets')
    expect(error.hint).toContain('as it was before')
    expect(db.serialize().equals(before)).toBe(true)
    expect(schemaVersion(db)).toBe(current)
    db.close()
    const storage = await openSqliteStorage({ ...options, path })
    expect(await storage.memories.get({ ...tone, now: 0 })).toMatchObject({ value: '"kept"' })
    await add(storage, { key: 'new', chain: 'new' })
    await storage.close()
  })

  it('leaves the steps before it taken', () => {
    const db = open(newPath())
    migrate(db, { now: 0 })
    thrown(() => migrate(db, { migrations: loadMigrations(withNext('no sql')), now: 0 }), 'migration_failed')
    expect(schemaVersion(db)).toBe(current)
    expect(migrate(db, { now: 0 })).toEqual([])
  })

  it('because rows refer to nothing names their table', async () => {
    const db = open(await storeWithData())
    db.pragma('foreign_keys = off')
    db.exec(`insert into checkpoints (task_id, iteration, data, bytes, created_at) values ('gone', 1, x'', 0, 0)`)
    db.pragma('foreign_keys = on')
    const error = thrown(() => migrate(db, { migrations: loadMigrations(withNext(pets)), now: 0 }), 'migration_failed')
    expect(error.message).toContain('1 rows of checkpoints would refer to nothing')
    expect(schemaVersion(db)).toBe(current)
  })
})

describe('several processes at once', () => {
  /** Runs the built migrations in a process of their own; answers with the steps that this process took. */
  async function migrateElsewhere(path: string, folder: string): Promise<number[]> {
    const dist = pathToFileURL(join(process.cwd(), 'dist/storage/sqlite/')).href
    const script = `
      import { openDatabase } from '${dist}open-database.js'
      import { loadMigrations, migrate } from '${dist}migrations.js'
      const db = openDatabase(process.argv[1], { role: 'writer', durability: 'off', busyTimeoutMs: 20000 })
      const taken = migrate(db, { migrations: loadMigrations(process.argv[2]), now: 0 })
      db.close()
      console.log(JSON.stringify(taken.map(({ version }) => version)))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path, folder])
    return JSON.parse(stdout)
  }

  it('create a store once, and migrate it once', async () => {
    const path = newPath()
    const core = newPath()
    mkdirSync(core)
    for (const name of readdirSync(shipped)) copyFileSync(new URL(name, shipped), join(core, name))
    const created = await Promise.all([1, 2, 3].map(() => migrateElsewhere(path, core)))
    expect(created.flat().sort()).toEqual(loadMigrations().map(({ version }) => version))

    const folder = withNext(pets)
    const migrated = await Promise.all([1, 2, 3].map(() => migrateElsewhere(path, folder)))
    expect(migrated.flat()).toEqual([current + 1])
    const db = open(path)
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(versions(db)).toHaveLength(current + 1)
    expect(schemaVersion(open(`${path}.before-schema-${current}`))).toBe(current)
  })
})
