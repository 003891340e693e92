import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assertFilesystem, type ConnectionOptions, openDatabase } from '../../../src/storage/sqlite/open-database.js'
import { prepareStore } from '../../../src/storage/sqlite/store-file.js'
import { thrown } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const newPath = useTempFolder()

function open(path: string, options: Partial<ConnectionOptions> = {}): Database.Database {
  const db = openDatabase(path, { role: 'writer', durability: 'full', busyTimeoutMs: 0, ...options })
  onTestFinished(() => {
    db.close()
  })
  return db
}

const pragmasOf = (db: Database.Database, names: string[]) =>
  Object.fromEntries(names.map((name) => [name, db.pragma(name, { simple: true })]))

describe('a connection', () => {
  const common = {
    ...{ journal_mode: 'wal', synchronous: 2, foreign_keys: 1, trusted_schema: 0, temp_store: 2 },
    ...{ wal_autocheckpoint: 0, cell_size_check: 1 },
  }

  it.each([
    { role: 'writer', cache: -32_768 },
    { role: 'reader', cache: -8_192 },
  ] as const)('of a $role works under our rules, whatever those of the file are', ({ role, cache }) => {
    const path = newPath()
    open(path).close()
    const db = open(path, { role, busyTimeoutMs: 123 })
    const expected = { ...common, cache_size: cache, busy_timeout: 123 }
    expect(pragmasOf(db, Object.keys(expected))).toEqual(expected)
    expect(db.pragma('mmap_size', { simple: true }) ?? 0).toBe(0)
    expect(db.readonly).toBe(role === 'reader')
  })

  it.each([
    { durability: 'off', synchronous: 0 },
    { durability: 'normal', synchronous: 1 },
    { durability: 'full', synchronous: 2 },
  ] as const)('is as durable as asked: $durability', ({ durability, synchronous }) => {
    expect(open(newPath(), { durability }).pragma('synchronous', { simple: true })).toBe(synchronous)
  })

  it('of a reader cannot write', () => {
    const path = newPath()
    open(path).exec('create table t (a)')
    expect(() => open(path, { role: 'reader' }).exec('insert into t values (1)')).toThrow('readonly')
  })

  it('of a prepared store never blocks by itself, and keeps to the size it was given', () => {
    const db = prepareStore({ path: newPath(), durability: 'off', busyTimeoutMs: 1_000, maxPages: 500 }, 0)
    onTestFinished(() => {
      db.close()
    })
    expect(pragmasOf(db, ['busy_timeout', 'max_page_count'])).toEqual({ busy_timeout: 0, max_page_count: 500 })
  })

  it('is refused where a write-ahead log cannot be', () => {
    const error = thrown(() => open(':memory:'), 'unsupported_filesystem')
    expect(error.message).toContain("journal mode stays 'memory'")
    expect(error.hint).toContain('local disk')
  })

  it('is refused in our words, with the path', () => {
    expect(thrown(() => open(newPath('no-folder/store.db')), 'internal').message).toContain('directory')
    expect(thrown(() => open(newPath('missing.db'), { role: 'reader' }), 'read_only').message).toContain('missing.db')
  })

  it('is made in one place, so that none is made under other rules', () => {
    const folder = 'src/storage/sqlite'
    const makers = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => readFileSync(join(folder, name), 'utf8').includes('new Database('))
    // migrations.ts looks at the copy that it has made, foreign-database.ts at databases that are no stores.
    expect(makers).toEqual(['foreign-database.ts', 'migrations.ts', 'open-database.ts'])
  })
})

describe('a file system', () => {
  const onLinux = process.platform === 'linux'

  it.each([26_985, 20_859, 4_283_649_346, 4_266_872_130, 1_937_076_805, 1_397_113_167, 16_914_839])(
    'of type %s is refused, since its locks do not hold',
    (type) => {
      if (!onLinux) return
      const error = thrown(() => assertFilesystem(newPath(), () => ({ type })), 'unsupported_filesystem')
      expect(error.hint).toContain('PostgreSQL')
      thrown(() => assertFilesystem(newPath(), () => ({ type: BigInt(type) })), 'unsupported_filesystem')
    },
  )

  it('of this machine is looked at, and others are fine', () => {
    assertFilesystem(newPath())
    assertFilesystem(newPath(), () => ({ type: 61_267 }))
  })

  it('is not looked at where its type has another meaning', () => {
    const { platform } = process
    onTestFinished(() => {
      Object.defineProperty(process, 'platform', { value: platform })
    })
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    assertFilesystem(newPath(), () => ({ type: 26_985 }))
  })

  it('must have the folder', () => {
    const error = thrown(() => assertFilesystem(newPath('nowhere/store.db')), 'invalid_input')
    expect(error.hint).toContain('mkdir -p')
  })
})
