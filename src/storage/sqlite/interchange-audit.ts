import type { Database } from 'better-sqlite3'
import type { RowOf } from '../../ops/interchange.js'
import { lineOf } from '../../ops/interchange-line.js'
import type { ImportRow, Verdict } from '../interchange-store.js'
import type { StoredRow } from './interchange-rows.js'
import { find, insert, parametersOf } from './interchange-tables.js'
import { all, get, run, sql } from './statements.js'

const refusal = sql(
  'interchange.findRefusal',
  `select id
   from audit
   where principal = :principal and subject = :subject and operation = :operation
     and ifnull(namespace, '') = ifnull(:namespace, '') and timestamp / 60000 = cast(:timestamp as integer) / 60000
     and outcome = 'forbidden'`,
)

/** Lines of the trail have no name, and two may say the same: as many as a file has are in the store afterwards. */
export class AuditImport {
  readonly #db: Database
  readonly #writes: boolean
  #time: number | undefined
  #stored = new Map<string, number>()

  constructor(db: Database, writes: boolean) {
    this.#db = db
    this.#writes = writes
  }

  take(row: Extract<ImportRow, { record: 'audit' }>): Verdict {
    if (row.timestamp !== this.#time) this.#look(row.timestamp)
    // In a store that had no lines of that time, none can be there already.
    if (this.#stored.size > 0) {
      const line = lineOf('audit', row)
      const count = this.#stored.get(line) ?? 0
      if (count >= row.nth) return 'same'
      this.#stored.set(line, count + 1)
    }
    // Of refusals there is one line for each principal, operation and namespace in a minute.
    const counted = row.outcome === 'forbidden' && this.#hasRefusalLike(row)
    if (counted) return 'different'
    if (this.#writes) run(this.#db, insert.audit, parametersOf('audit', row))
    return 'added'
  }

  #look(timestamp: number): void {
    this.#time = timestamp
    this.#stored = new Map()
    for (const row of all<StoredRow>(this.#db, find.audit, { timestamp })) {
      const line = lineOf('audit', row as unknown as RowOf<'audit'>)
      this.#stored.set(line, (this.#stored.get(line) ?? 0) + 1)
    }
  }

  #hasRefusalLike({ principal, subject, operation, namespace, timestamp }: RowOf<'audit'>): boolean {
    return get(this.#db, refusal, { principal, subject, operation, namespace, timestamp }) !== undefined
  }
}
