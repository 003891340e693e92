import Database from 'better-sqlite3'
import { CairnError, type ErrorCode } from '../../errors.js'
import type { ForeignDatabase, ForeignRow, ForeignValue } from '../foreign-database.js'

/**
 * Opens a database of another tool. Read-only, and in one read transaction, so that what its owner writes meanwhile
 * neither tears what is read nor waits for it (in WAL mode).
 */
export function openForeignDatabase(path: string, timeout = 5000): ForeignDatabase {
  const db = guarded(path, () => new Database(path, { readonly: true, fileMustExist: true, timeout }))
  try {
    return guarded(path, () => {
      db.pragma('trusted_schema = 0')
      db.exec('begin')
      return wrap(db, path, readTables(db))
    })
  } catch (error) {
    db.close()
    throw error
  }
}

function wrap(db: Database.Database, path: string, tables: Map<string, string[]>): ForeignDatabase {
  return {
    tables,
    *rows(table, { columns = [], where = {}, order = [] } = {}) {
      const names = Object.keys(where)
      const filter = names.length === 0 ? '' : ` where ${names.map((name) => `${quote(name)} is ?`).join(' and ')}`
      // Older versions of a tool lack columns; what they do not have they do not sort by.
      const sorted = order.filter((name) => name === 'rowid' || tables.get(table)?.includes(name) === true)
      const sort = sorted.length === 0 ? '' : ` order by ${sorted.map(quote).join(', ')}`
      const chosen = columns.length === 0 ? '*' : columns.map(quote).join(', ')
      const text = `select ${chosen} from ${quote(table)}${filter}${sort}`
      const rows = guarded(path, () => db.prepare(text).safeIntegers().iterate(Object.values(where)))
      try {
        for (;;) {
          const next = guarded(path, () => rows.next())
          if (next.done === true) return
          yield withNumbers(next.value as ForeignRow)
        }
      } finally {
        // A statement that was left before its end would keep the database from being closed.
        rows.return?.()
      }
    },
    count(table) {
      if (!tables.has(table)) return 0
      return guarded(
        path,
        () =>
          db
            .prepare(`select count(*) from ${quote(table)}`)
            .pluck()
            .get() as number,
      )
    },
    close: () => db.close(),
  }
}

function readTables(db: Database.Database): Map<string, string[]> {
  const names = db.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[]
  return new Map(names.map((name) => [name, columnsOf(db, name)]))
}

/** A virtual table needs its module, and other tools have modules that we have not. */
function columnsOf(db: Database.Database, table: string): string[] {
  try {
    return db.prepare('select name from pragma_table_info(?)').pluck().all(table) as string[]
  } catch {
    return []
  }
}

/** Whole numbers that a number can hold, as numbers. */
function withNumbers(row: ForeignRow): ForeignRow {
  for (const [name, value] of Object.entries(row)) row[name] = asNumber(value)
  return row
}

function asNumber(value: ForeignValue): ForeignValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

// In double quotes, SQLite takes the name of a column that is not there for a text.
function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

const refusals: [start: string, code: ErrorCode, what: string, hint: string][] = [
  ['SQLITE_NOTADB', 'not_a_database', 'is not a SQLite database', 'Give the path of the database file itself.'],
  [
    'SQLITE_CORRUPT',
    'corrupt',
    'is damaged',
    'Recover it first: sqlite3 FILE .recover | sqlite3 RECOVERED, then import RECOVERED.',
  ],
  ['SQLITE_BUSY', 'busy', 'is locked by the program that writes to it', 'Stop that program, or import a copy.'],
  [
    'SQLITE_ERROR',
    'invalid_input',
    'has not the tables and columns of its format',
    'Update the tool, let it open the file, and import it then.',
  ],
  [
    'SQLITE',
    'read_only',
    'cannot be opened for reading',
    'Copy it, together with the -wal file beside it if there is one, to a folder of your own, and import the copy.',
  ],
]

function guarded<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof Database.SqliteError)) throw cause
    const [, code, what, hint] = refusals.find(([start]) => cause.code.startsWith(start)) ?? []
    throw new CairnError(code ?? 'internal', `${path} ${what}.`, { hint, cause, details: { sqlite: cause.code } })
  }
}
