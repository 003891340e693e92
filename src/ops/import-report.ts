import type { RecordKind } from './interchange.js'

/** What became of the records of one kind. */
export interface ImportCounts {
  /** Stored now. */
  added: number
  /** There already, just as the record says. */
  same: number
  /** There already, but not as the record says. What is there was kept. */
  different: number
}

/** What an import did, or with `dryRun` would do. */
export interface ImportReport {
  dryRun: boolean
  records: Partial<Record<RecordKind, ImportCounts>>
  /** The first thousand that are there already and are not as the record says, by line of the file and by name. */
  differences: { line: number; record: RecordKind; name: string }[]
}
