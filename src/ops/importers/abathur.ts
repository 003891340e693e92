import type { InterchangeRecord } from '../interchange.js'
import { memoryRecords } from './abathur-memories.js'
import type { AbathurContext } from './abathur-rows.js'
import { sessionRecords } from './abathur-sessions.js'
import { collectTasks, taskRecords } from './abathur-tasks.js'
import { agentRecords, auditRecords, checkpointRecords, orphanRecords } from './abathur-work.js'
import { demandFormat } from './detect-format.js'
import { fileTime } from './file-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { type ReportBuilder, reading } from './report.js'

/** The database of Abathur in Python: sessions, memories, tasks, agents, checkpoints and the audit trail. */
export const importAbathur: Importer = (source, options) =>
  reading('abathur', options, (report) => readDatabase(source, options, report))

const known = ['sessions', 'memory_entries', 'tasks', 'task_dependencies', 'agents', 'state', 'audit', 'checkpoints']
const left: Record<string, string> = {
  document_index: 'documents are read from their files, which are the originals',
  metrics: 'measurements of the program there',
}

async function* readDatabase(
  source: ForeignSource,
  options: ForeignOptions,
  report: ReportBuilder,
): AsyncGenerator<InterchangeRecord> {
  await demandFormat(source, 'abathur')
  const fallbackTime = await fileTime(source.path)
  const db = source.openDatabase(source.path)
  try {
    const context: AbathurContext = {
      db,
      options,
      report,
      fallbackTime,
      sessions: new Map(),
      tasks: new Map(),
      memories: new Map(),
    }
    collectTasks(context)
    yield* sessionRecords(context)
    yield* memoryRecords(context)
    yield* orphanRecords(context)
    yield* taskRecords(context)
    yield* agentRecords(context)
    yield* checkpointRecords(context)
    yield* auditRecords(context)
    reportRest(context)
  } finally {
    db.close()
  }
}

/** Every table is accounted for. */
function reportRest({ db, report }: AbathurContext): void {
  for (const [table, columns] of db.tables) {
    if (known.includes(table) || table.startsWith('sqlite_')) continue
    const rows = columns.length === 0 ? 0 : db.count(table)
    const why =
      left[table] ?? (/^document_embedding/.test(table) ? 'embeddings are made anew' : 'a table that is not known')
    if (rows > 0) report.left(table, why, undefined, rows)
  }
}
