import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { loadMigrations, migrate, revertStep } from '../../../src/storage/sqlite/migrations.js'
import { schemaText } from './schema-text.js'

const snapshot = new URL('../schema.sqlite.sql', import.meta.url)
const header =
  '-- The schema of a SQLite store after all migrations. Written by UPDATE=1 npx vitest run schema.test\n\n'

function migrated(): Database.Database {
  const db = new Database(':memory:')
  migrate(db, { now: 0 })
  return db
}

describe('the schema', () => {
  it('is the one that is checked in', () => {
    const text = header + schemaText(migrated())
    if (process.env.UPDATE === '1') writeFileSync(snapshot, text)
    expect(text).toBe(readFileSync(snapshot, 'utf8'))
  })

  it('goes down to nothing, and up again to the same', () => {
    const db = migrated()
    for (const step of loadMigrations().reverse()) revertStep(db, step)
    // SQLite's own table of the highest ids cannot be dropped.
    expect(db.prepare("select name from sqlite_schema where name <> 'sqlite_sequence'").all()).toEqual([])
    expect(db.prepare('select * from sqlite_sequence').all()).toEqual([])
    expect(db.pragma('application_id', { simple: true })).toBe(0)
    migrate(db, { now: 0 })
    expect(schemaText(db)).toBe(schemaText(migrated()))
  })

  it('is strict in every table, so that no column holds what its type does not say', () => {
    const tables = migrated()
      .prepare<[], { name: string; strict: number }>(
        `select name, strict
         from pragma_table_list
         where schema = 'main' and type = 'table' and name not like 'sqlite_%'`,
      )
      .all()
    expect(tables.length).toBeGreaterThan(10)
    expect(tables.filter(({ strict }) => strict === 0)).toEqual([])
  })

  it('passes the checks of SQLite when it is fresh', () => {
    const db = migrated()
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.pragma('foreign_key_check')).toEqual([])
  })
})
