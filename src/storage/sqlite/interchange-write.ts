import type { Database } from 'better-sqlite3'
import { Owners } from '../../ops/import-rules.js'
import type { RecordKind, RowOf } from '../../ops/interchange.js'
import { lineOf } from '../../ops/interchange-line.js'
import type { DependencyRow, ImportRow, ImportTrail, Verdict } from '../interchange-store.js'
import { audit } from './audit-write.js'
import { importCheckpoint } from './checkpoints-write.js'
import { storedEvent } from './events-write.js'
import { AuditImport } from './interchange-audit.js'
import { indexEvent } from './interchange-index.js'
import { MemoryImport } from './interchange-memories.js'
import { missingReference } from './interchange-references.js'
import { completed, type StoredRow } from './interchange-rows.js'
import { find, insert, keyOf, parametersOf } from './interchange-tables.js'
import type { Refusal } from './operation.js'
import { get, run, sql } from './statements.js'

const findDependency = sql(
  'interchange.findDependency',
  `select dependency_type as type, created_at as createdAt, resolved_at as resolvedAt
   from task_dependencies
   where dependent_task_id = :dependent and prerequisite_task_id = :task`,
)

const insertDependency = sql(
  'interchange.insertDependency',
  `insert into task_dependencies (dependent_task_id, prerequisite_task_id, dependency_type, created_at, resolved_at)
   values (:dependent, :task, :type, :createdAt, :resolvedAt)
   on conflict do nothing`,
)

/** What of a batch is there, and how it compares. */
export function compareRows(db: Database, { rows }: { rows: ImportRow[] }): Verdict[] {
  return new BatchImport(db, false).run(rows)
}

/** Adds what of a batch is not there. */
export function importRows(
  db: Database,
  { rows, trail }: { rows: ImportRow[]; trail?: ImportTrail },
): { verdicts: Verdict[]; trailed: boolean } | Refusal {
  const missing = missingReference(db, rows)
  if (missing) return missing
  const verdicts = new BatchImport(db, true).run(rows)
  const trailed = trail !== undefined && verdicts.includes('added')
  if (trailed) audit(db, trail.author, { subject: 'store', operation: 'import', detail: trail.detail })
  return { verdicts, trailed }
}

type PlainKind = Exclude<RecordKind, 'event' | 'memory' | 'audit'>
type PlainRow = Extract<ImportRow, { record: PlainKind }>

type EventRow = Extract<ImportRow, { record: 'event' }>
type SessionOfEvent = RowOf<'session'>

class BatchImport {
  readonly #db: Database
  readonly #writes: boolean
  readonly #memories: MemoryImport
  readonly #trail: AuditImport
  readonly #owners = new Owners()
  readonly #sessions = new Map<string, SessionOfEvent | undefined>()

  constructor(db: Database, writes: boolean) {
    this.#db = db
    this.#writes = writes
    this.#memories = new MemoryImport(db, writes)
    this.#trail = new AuditImport(db, writes)
  }

  run(rows: ImportRow[]): Verdict[] {
    const verdicts = rows.map((given) => {
      const row = this.#owners.bar(given) || this.#isOddFork(given) ? { ...given, lookOnly: true } : given
      const verdict = this.#take(row)
      this.#owners.note(row, verdict)
      return verdict
    })
    this.#memories.finish()
    return verdicts
  }

  #take(row: ImportRow): Verdict {
    if (row.record === 'memory') return this.#memories.take(row)
    if (row.record === 'audit') return this.#trail.take(row)
    if (row.record === 'event') return this.#event(row)
    if (row.record === 'dependency') return this.#dependency(row)
    return this.#plain(row.record, row)
  }

  /** Whether the session that it would go on from is somebody else's, or does not go so far. */
  #isOddFork(row: ImportRow): boolean {
    if (row.record !== 'session' || row.parent === null) return false
    const parent = get<SessionOfEvent>(this.#db, find.session, { id: row.parent })
    if (parent === undefined) return false
    return parent.app !== row.app || parent.user !== row.user || parent.lastSeq < (row.forkedAtSeq ?? 0)
  }

  #plain(kind: PlainKind, row: PlainRow): Verdict {
    const looksOnly = !this.#writes || row.lookOnly === true
    if (!looksOnly && this.#insert(kind, row)) return 'added'
    const stored = get<StoredRow>(this.#db, find[kind], keyOf(kind, row))
    if (stored === undefined) return absent(row)
    return kind === 'session' ? compareSession(stored, row as RowOf<'session'>) : compare(this.#db, kind, stored, row)
  }

  #insert(kind: PlainKind, row: PlainRow): boolean {
    if (kind === 'checkpoint') return importCheckpoint(this.#db, row as RowOf<'checkpoint'>)
    return run(this.#db, insert[kind], parametersOf(kind, row)).changes > 0
  }

  #event(row: EventRow): Verdict {
    const session = this.#session(row.session)
    const fits = session !== undefined && belongs(row.seq, session)
    if (fits && this.#writes && row.lookOnly !== true) {
      const { id, changes } = run(this.#db, insert.event, parametersOf('event', row))
      if (changes > 0) {
        indexEvent(this.#db, id, session, row)
        return 'added'
      }
    }
    const stored = get<StoredRow>(this.#db, find.event, keyOf('event', row))
    if (stored) return compare(this.#db, 'event', stored, row)
    const taken = session !== undefined && (!fits || storedEvent(this.#db, row.session, row.eventId) !== undefined)
    return taken ? 'different' : absent(row)
  }

  #session(id: string): SessionOfEvent | undefined {
    if (!this.#sessions.has(id)) this.#sessions.set(id, get<SessionOfEvent>(this.#db, find.session, { id }))
    return this.#sessions.get(id)
  }

  #dependency(row: Extract<ImportRow, { record: 'dependency' }>): Verdict {
    const { dependent, task, type, createdAt, resolvedAt } = row
    const looksOnly = !this.#writes || row.lookOnly === true
    const values = { dependent, task, type, createdAt, resolvedAt }
    if (!looksOnly && run(this.#db, insertDependency, values).changes > 0) return 'added'
    const stored = get<DependencyRow>(this.#db, findDependency, { dependent, task })
    if (stored === undefined) return absent(row)
    const equal = stored.type === type && stored.createdAt === createdAt && stored.resolvedAt === resolvedAt
    return equal ? 'same' : 'different'
  }
}

/** An event would not fit into a session that is not so far, or that has that part of its history from another one. */
function belongs(seq: number, { lastSeq, forkedAtSeq }: SessionOfEvent): boolean {
  return seq <= lastSeq && seq > (forkedAtSeq ?? 0)
}

/** What is not there is added, or would be. */
function absent({ lookOnly }: ImportRow): Verdict {
  return lookOnly === true ? 'different' : 'added'
}

function compare(
  db: Database,
  kind: Exclude<RecordKind, 'session'>,
  stored: StoredRow,
  row: PlainRow | EventRow,
): Verdict {
  const there = kind === 'task' ? { ...stored, dependencies: [] } : completed(db, kind, stored)
  return lineOf(kind, there as never) === lineOf(kind, row as never) ? 'same' : 'different'
}

/** A session that is the same one still counts as such when it has gone on. */
function compareSession(stored: StoredRow, row: RowOf<'session'>): Verdict {
  if (lineOf('session', stored as never) === lineOf('session', row)) return 'same'
  const lasting = ['app', 'user', 'parent', 'forkedAtSeq', 'createdAt'] as const
  return lasting.every((field) => stored[field] === row[field]) ? 'further' : 'different'
}
