import { z } from 'zod'
import type { Guard } from '../../access/guard.js'
import { parse } from '../../parse.js'
import type { OpenForeignDatabase } from '../../storage/foreign-database.js'
import type { Storage } from '../../storage/storage.js'
import { type ImportProgress, importRecords } from '../import.js'
import type { ImportReport } from '../import-report.js'
import type { ValueLimits } from '../value-limits.js'
import { type ForeignFormat, foreignFormats } from './importer.js'
import { readForeign } from './importers.js'
import type { ForeignReport } from './report.js'

const formats = Object.keys(foreignFormats) as ForeignFormat[]

const foreignOptionsSchema = z.strictObject({
  from: z.enum(formats),
  user: z.string(),
  app: z.string().optional(),
  project: z.string().optional(),
  dryRun: z.boolean().optional(),
  onProgress: z.custom<(progress: ImportProgress) => void>((value) => typeof value === 'function').optional(),
})

/**
 * `from` is the format of the file; `user`, `app` (the name of the format by default) and `project` are whose the data
 * becomes where the file does not say. `dryRun` says what would happen and writes nothing.
 */
export type ForeignImportOptions = z.input<typeof foreignOptionsSchema>

/** What was stored, and what became of the file. */
export interface ForeignImportReport extends ImportReport {
  foreign: ForeignReport
}

/** Imports of files of other tools. */
export class ForeignService {
  readonly #parts: { storage: Storage; guard: Guard; limits: ValueLimits; openDatabase: OpenForeignDatabase }

  constructor(parts: { storage: Storage; guard: Guard; limits: ValueLimits; openDatabase: OpenForeignDatabase }) {
    this.#parts = parts
  }

  async import(path: string, options: ForeignImportOptions): Promise<ForeignImportReport> {
    const { storage, guard, limits, openDatabase } = this.#parts
    await guard.demandRoot('import data', { subject: 'store', operation: 'import' })
    const hint = `Formats are ${formats.join(', ')}.`
    const { dryRun = false, onProgress, ...input } = parse(foreignOptionsSchema, options, 'importForeign', hint)
    // Before a long file is read for a store that has been closed.
    await storage.interchange.missing({ sessions: [], tasks: [] })
    const foreign = readForeign(path, { ...input, ...limits }, openDatabase)
    const detail = { format: input.from }
    const report = await importRecords(storage, () => foreign.records, {
      ...{ author: guard.author(), detail, limits, dryRun, onProgress },
    })
    return { ...report, foreign: foreign.report() }
  }
}
