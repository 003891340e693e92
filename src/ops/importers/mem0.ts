import { demandFormat, isDatabase } from './detect-format.js'
import { fileTime } from './file-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { readMem0Export } from './mem0-export.js'
import { readMem0History } from './mem0-history.js'
import { type ReportBuilder, reading } from './report.js'

/** mem0's history database, or the JSON of get_all() or of an export. */
export const importMem0: Importer = (source, options) =>
  reading('mem0', options, (report) => readMemories(source, options, report))

async function* readMemories(source: ForeignSource, options: ForeignOptions, report: ReportBuilder) {
  await demandFormat(source, 'mem0')
  if (!(await isDatabase(source.path))) {
    yield* readMem0Export(source.path, options, report)
    return
  }
  const db = source.openDatabase(source.path)
  try {
    yield* readMem0History(db, options, report, await fileTime(source.path))
  } finally {
    db.close()
  }
}
