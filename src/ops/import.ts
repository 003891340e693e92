import { setImmediate as nextTurn } from 'node:timers/promises'
import { CairnError } from '../errors.js'
import type { Author, Storage } from '../storage/storage.js'
import { ImportProblems } from './import-problems.js'
import type { ImportReport } from './import-report.js'
import { ImportWriter } from './import-writer.js'
import type { InterchangeRecord, InterchangeRow } from './interchange.js'
import { toRow } from './interchange-line.js'
import { type Named, RecordChecker } from './record-checker.js'
import type { ValueLimits } from './value-limits.js'

export interface ImportOptions {
  /** Who imports, for the trail. */
  author: Author
  /** What the trail says about the import, besides that there was one: where the records come from. */
  detail?: Record<string, string>
  limits: ValueLimits
  /** Says what would happen and writes nothing. */
  dryRun?: boolean
  /** Called now and then with how many records have been read, in which of the two passes. */
  onProgress?: ((progress: ImportProgress) => void) | undefined
}

/** How far an import is. */
export interface ImportProgress {
  pass: 'check' | 'write'
  records: number
  /** How much of the pass is done, from 0 to 1. */
  share: number
}

/** A row by the number of its line, or what is wrong with that line and, where it can be told, whose line it would be. */
export type Numbered<Row> = { line: number; row: Row } | { line: number; problem: string; of?: Named | undefined }
export type NumberedRow = Numbered<InterchangeRow>

/**
 * Checks all records, then writes them, in batches. `records` is called for each of the two passes and gives the same
 * records both times, each after those that it refers to; sessions may refer to later ones of an unbroken run of
 * sessions, and tasks to later ones of a run of tasks. Versions of a memory stand together, lowest first. Rejects with
 * `invalid_input`, with nothing written, when there is something wrong with any of them.
 */
export function importRecords(
  storage: Storage,
  records: () => AsyncIterable<InterchangeRecord>,
  options: ImportOptions,
): Promise<ImportReport> {
  return importRows(storage, () => numbered(records()), { ...options, ordered: false, share: () => 0 })
}

// Reading and checking so many takes a millisecond or two; then everybody else gets a turn.
const rowsPerTurn = 100

async function* numbered(records: AsyncIterable<InterchangeRecord>): AsyncGenerator<NumberedRow[]> {
  let line = 0
  let rows: NumberedRow[] = []
  for await (const record of records) {
    rows.push(attempt(++line, () => toRow(record)))
    if (rows.length < rowsPerTurn) continue
    yield rows
    rows = []
  }
  yield rows
}

/** The row of a line, or what is wrong with it. */
export function attempt<Row>(line: number, read: () => Row): Numbered<Row> {
  try {
    return { line, row: read() }
  } catch (error) {
    if (error instanceof CairnError && error.code === 'invalid_input') return { line, problem: problemOf(error) }
    throw error
  }
}

function problemOf({ message }: CairnError): string {
  return message.replace(/\.$/, '')
}

interface RowOptions extends ImportOptions {
  /** Whether the records must stand in the order of a file. */
  ordered: boolean
  /** How much has been read of all there is, from 0 to 1. */
  share: () => number
}

/** The same for rows that a file gives, a few at a time. */
export async function importRows(
  storage: Storage,
  rows: (pass: ImportProgress['pass']) => AsyncIterable<NumberedRow[]>,
  options: RowOptions,
): Promise<ImportReport> {
  const checker = await check(storage, rows('check'), options)
  const { author, detail = {}, dryRun = false } = options
  const writer = new ImportWriter({
    store: storage.interchange,
    dryRun,
    trail: { author, detail: JSON.stringify(detail) },
    has: (to, id) => checker.has(to, id),
  })
  await eachRow(rows('write'), { ...options, pass: 'write' }, async (numbered) => {
    if ('problem' in numbered) throw changed()
    await writer.add(numbered.line, numbered.row)
  })
  return writer.end()
}

async function check(
  storage: Storage,
  rows: AsyncIterable<NumberedRow[]>,
  options: RowOptions,
): Promise<RecordChecker> {
  const problems = new ImportProblems()
  const checker = new RecordChecker({ problems, ordered: options.ordered, limits: options.limits })
  await eachRow(rows, { ...options, pass: 'check' }, async (numbered) => {
    if ('row' in numbered) checker.check(numbered.line, numbered.row)
    else {
      problems.add(numbered.line, numbered.problem)
      if (numbered.of !== undefined) checker.excuse(numbered.of)
    }
  })
  checker.refuseMissing(await storage.interchange.missing(checker.end()))
  problems.refuseAny()
  return checker
}

async function eachRow(
  rows: AsyncIterable<NumberedRow[]>,
  { pass, onProgress, share }: Pick<RowOptions, 'onProgress' | 'share'> & Pick<ImportProgress, 'pass'>,
  take: (row: NumberedRow) => Promise<void>,
): Promise<void> {
  let records = 0
  for await (const some of rows) {
    for (const row of some) {
      await take(row)
      if (++records % rowsPerTurn === 0) await nextTurn()
    }
    onProgress?.({ pass, records, share: share() })
  }
}

function changed(): CairnError {
  return new CairnError('conflict', 'The data to import changed while it was being imported.', {
    hint: 'Run the same import again once nothing changes it: it goes on where it stopped.',
  })
}
