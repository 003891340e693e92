import { readFileSync, statSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openForeignDatabase } from '../../../src/storage/sqlite/foreign-database.js'
import { thrown } from '../../helpers/refusal.js'
import { useTempFolder } from '../../helpers/temp-folder.js'

const path = useTempFolder()

function birds(file = path()): string {
  const db = new Database(file)
  db.exec(`create table birds (name text, weight integer, song blob);
    create table "odd\`name" ("a b" text);
    insert into birds values ('wren', 9, x'01'), ('swan', 9007199254740993, null), ('crow', 500, null);`)
  db.close()
  return file
}

describe('a database of another tool', () => {
  it('is read row by row: all, some, sorted, and of some columns', () => {
    const db = openForeignDatabase(birds())
    expect([...db.tables]).toEqual([
      ['birds', ['name', 'weight', 'song']],
      ['odd`name', ['a b']],
    ])
    expect([...db.rows('birds')].map(({ name }) => name)).toEqual(['wren', 'swan', 'crow'])
    expect([...db.rows('birds', { where: { weight: 9 } })]).toEqual([
      { name: 'wren', weight: 9, song: Buffer.from([1]) },
    ])
    expect([...db.rows('birds', { where: { song: null }, order: ['name'], columns: ['name'] })]).toEqual([
      { name: 'crow' },
      { name: 'swan' },
    ])
    expect([...db.rows('odd`name', { order: ['a b', 'rowid'] })]).toEqual([])
    expect([db.count('birds'), db.count('fish')]).toEqual([3, 0])
    db.close()
  })

  it('keeps whole numbers exact', () => {
    const db = openForeignDatabase(birds())
    expect([...db.rows('birds')].map(({ weight }) => weight)).toEqual([9, 9007199254740993n, 500])
    db.close()
  })

  it('can be closed while rows are left', () => {
    const db = openForeignDatabase(birds())
    for (const row of db.rows('birds')) {
      expect(row.name).toBe('wren')
      break
    }
    db.close()
  })

  it('does not take a column that is not there for a text', () => {
    const db = openForeignDatabase(birds())
    thrown(() => [...db.rows('birds', { where: { colour: 'colour' } })], 'invalid_input')
    expect([...db.rows('birds', { order: ['colour', 'name'], columns: ['name'] })].map(({ name }) => name)).toEqual([
      'crow',
      'swan',
      'wren',
    ])
    db.close()
  })

  it('is never changed, and shows one moment however its owner goes on', () => {
    const file = birds()
    const owner = new Database(file)
    owner.pragma('journal_mode = wal')
    owner.pragma('wal_checkpoint(truncate)')
    const before = readFileSync(file)
    const db = openForeignDatabase(file)
    expect(db.count('birds')).toBe(3)
    owner.exec("insert into birds values ('owl', 1, null)")
    expect(db.count('birds')).toBe(3)
    db.close()
    expect(readFileSync(file).equals(before)).toBe(true)
    owner.close()
  })

  it('is opened though it has tables of modules that are not here', () => {
    const file = birds()
    const db = new Database(file)
    db.unsafeMode(true)
    db.pragma('writable_schema = 1')
    db.exec(`insert into sqlite_master (type, name, tbl_name, rootpage, sql)
      values ('table', 'vectors', 'vectors', 0, 'create virtual table vectors using vss0(embedding(768))')`)
    db.close()
    const foreign = openForeignDatabase(file)
    expect(foreign.tables.get('vectors')).toEqual([])
    expect(foreign.count('birds')).toBe(3)
    foreign.close()
  })
})

describe('what is no database, or cannot be read', () => {
  it('is refused with a way out', () => {
    writeFileSync(path('text'), 'just text, long enough to be looked at')
    expect(thrown(() => openForeignDatabase(path('text')), 'not_a_database').message).toContain('text')
    expect(thrown(() => openForeignDatabase(path('nowhere')), 'read_only').hint).toContain('Copy it')
  })

  it('is refused when it is damaged, at the latest when the damage is read', () => {
    const file = path()
    const db = new Database(file)
    db.exec('create table birds (name text)')
    const insert = db.prepare('insert into birds values (?)')
    db.transaction(() => {
      for (let index = 0; index < 2000; index++) insert.run(`bird ${index} ${'x'.repeat(50)}`)
    })()
    db.close()
    const bytes = readFileSync(file)
    bytes.fill(0xff, 3 * 4096, statSync(file).size)
    writeFileSync(file, bytes)
    const error = thrown(() => {
      const foreign = openForeignDatabase(file)
      try {
        for (const row of foreign.rows('birds')) void row
      } finally {
        foreign.close()
      }
    }, 'corrupt')
    expect(error.hint).toContain('.recover')
  })

  it('is refused while its owner has locked it', () => {
    const file = birds()
    const owner = new Database(file)
    owner.pragma('locking_mode = exclusive')
    owner.exec('begin exclusive')
    expect(thrown(() => openForeignDatabase(file, 0), 'busy').hint).toContain('Stop that program')
    owner.close()
  })
})
