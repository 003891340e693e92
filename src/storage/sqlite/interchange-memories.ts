import type { Database } from 'better-sqlite3'
import { coversAllTime } from '../../memories/versions.js'
import { lineOf } from '../../ops/interchange-line.js'
import type { ImportRow, Verdict } from '../interchange-store.js'
import { indexMemory } from './interchange-index.js'
import { completed, type StoredRow } from './interchange-rows.js'
import { find, insert, keyOf, parametersOf } from './interchange-tables.js'
import { unindexChain } from './memory-append.js'
import { get, run, sql } from './statements.js'

const anyVersion = sql(
  'interchange.anyVersion',
  `select version
   from memory_entries
   where namespace = :namespace and key = :key
   limit 1`,
)

const insertOrigin = sql(
  'interchange.insertOrigin',
  `insert into memory_origins (memory_id, kind, source, created_at, created_by)
   values (:memory, :kind, :source, :createdAt, :createdBy)`,
)

type Version = Extract<ImportRow, { record: 'memory' }>

/** Versions, lowest first, of one memory after the other. */
export class MemoryImport {
  readonly #db: Database
  readonly #writes: boolean
  #before: { row: Version; verdict: Verdict } | undefined
  #added: { id: number; row: Version }[] = []

  constructor(db: Database, writes: boolean) {
    this.#db = db
    this.#writes = writes
  }

  take(row: Version): Verdict {
    if (this.#before && !isSameMemory(this.#before.row, row)) this.finish()
    const stored = get<StoredRow>(this.#db, find.memory, keyOf('memory', row))
    const verdict = stored === undefined ? this.#addIfFit(row) : compare(this.#db, stored, row)
    this.#before = { row, verdict }
    return verdict
  }

  /** Versions that can still be the answer for some moment of valid time are in the index, and no others. */
  finish(): void {
    const added = this.#added
    this.#added = []
    this.#before = undefined
    const last = added.findLastIndex(({ row }) => coversAllTime(row))
    const covering = added[last]?.row
    if (covering && added[0]?.row.version !== 1) run(this.#db, unindexChain, addressOf(covering))
    for (const { id, row } of added.slice(Math.max(0, last))) if (row.deleted === 0) indexMemory(this.#db, id, row)
  }

  #addIfFit(row: Version): Verdict {
    if (row.lookOnly === true || !this.#follows(row)) return 'different'
    if (!this.#writes) return 'added'
    const { id, changes } = run(this.#db, insert.memory, parametersOf('memory', row))
    if (changes === 0) return 'different'
    for (const origin of row.origins) run(this.#db, insertOrigin, { memory: id, ...origin })
    this.#added.push({ id, row })
    return 'added'
  }

  /** A version goes behind the one that it superseded, and a first one where none is: chains are never mixed. */
  #follows(row: Version): boolean {
    const { namespace, key, version, chain, recordedAt } = row
    if (version === 1) return get(this.#db, anyVersion, { namespace, key }) === undefined
    if (this.#before?.verdict === 'added') return this.#before.row.version === version - 1
    const before = get<StoredRow>(this.#db, find.memory, { namespace, key, version: version - 1 })
    return before !== undefined && before.chain === chain && before.supersededAt === recordedAt
  }
}

function isSameMemory(a: Version, b: Version): boolean {
  return a.namespace === b.namespace && a.key === b.key
}

function addressOf({ namespace, key, version }: Version) {
  return { namespace, key, version }
}

function compare(db: Database, stored: StoredRow, row: Version): Verdict {
  return lineOf('memory', completed(db, 'memory', stored)) === lineOf('memory', row) ? 'same' : 'different'
}
