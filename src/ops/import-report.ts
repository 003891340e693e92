import type { ImportRow, Verdict } from '../storage/interchange-store.js'
import { type RecordKind, recordKinds } from './interchange.js'
import { nameOf } from './record-order.js'

/** What became of the records of one kind. */
export interface ImportCounts {
  /** Stored now. */
  added: number
  /** There already, just as the record says. */
  same: number
  /** There already, but not as the record says, or in the way of it. What is there was kept. */
  different: number
}

/** What an import did, or with `dryRun` would do. */
export interface ImportReport {
  dryRun: boolean
  /** By kind of record; those that there are none of are left out. */
  records: Partial<Record<RecordKind, ImportCounts>>
  /** The first thousand that are different, by line of the file and by name. */
  differences: { line: number; record: RecordKind; name: string }[]
}

const mostNamed = 1000

/** Counts what becomes of the rows of a file. */
export class ImportCounter {
  readonly #counts = new Map<RecordKind, ImportCounts>()
  readonly #differences: ImportReport['differences'] = []

  count(line: number, row: ImportRow, verdict: Verdict): void {
    const kind = row.record === 'dependency' ? 'task' : row.record
    // The dependencies of a task are fields of it.
    if (row.record !== 'dependency') this.#of(kind)[verdict === 'further' ? 'different' : verdict]++
    if (verdict === 'added' || verdict === 'same' || this.#differences.length >= mostNamed) return
    const name = row.record === 'dependency' ? `task ${row.dependent} waiting for ${row.task}` : nameOf(row)
    this.#differences.push({ line, record: kind, name })
  }

  report(dryRun: boolean): ImportReport {
    const kinds = recordKinds.filter((kind) => this.#counts.has(kind))
    return {
      dryRun,
      records: Object.fromEntries(kinds.map((kind) => [kind, this.#of(kind)])),
      differences: this.#differences,
    }
  }

  #of(kind: RecordKind): ImportCounts {
    const counts = this.#counts.get(kind) ?? { added: 0, same: 0, different: 0 }
    this.#counts.set(kind, counts)
    return counts
  }
}
