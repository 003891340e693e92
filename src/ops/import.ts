import type { Storage } from '../storage/storage.js'
import type { ImportReport } from './import-report.js'
import type { InterchangeRecord } from './interchange.js'

export interface ImportOptions {
  /** Says what would happen and writes nothing. */
  dryRun?: boolean
  /** Called now and then with the number of records read so far, and in which of the two passes. */
  onProgress?: (progress: { pass: 'check' | 'write'; records: number }) => void
}

/**
 * Checks all records, then writes them, in batches. `records` is called for each of the two passes and gives the same
 * records both times, each after those that it refers to; sessions may refer to later ones of an unbroken run of
 * sessions, and tasks to later ones of a run of tasks. Versions of a memory stand together, lowest first.
 */
export async function importRecords(
  storage: Storage,
  records: () => AsyncIterable<InterchangeRecord>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  throw new Error(`not yet: ${[storage, records, options].length}`)
}
