import type { OpenForeignDatabase } from '../../storage/foreign-database.js'
import type { InterchangeRecord } from '../interchange.js'
import type { ValueLimits } from '../value-limits.js'
import type { ForeignReport } from './report.js'

/** The formats of other tools, and what each is. */
export const foreignFormats = {
  abathur: 'Abathur (Python): its database of sessions, memories, tasks and agents',
  chatgpt: 'ChatGPT: conversations.json of a data export',
  claude: 'Claude: conversations.json of a data export',
  jsonl: 'messages, one JSON object a line: {"role", "content", "timestamp"}',
  langgraph: 'LangGraph: the database of a SqliteSaver (Python or JavaScript)',
  'mcp-memory': 'the reference MCP memory server: its memory.jsonl',
  mem0: 'mem0: its history database, or the JSON of get_all() or of an export',
} as const

/** The name of a format of another tool. */
export type ForeignFormat = keyof typeof foreignFormats

/** The file to read. `openDatabase` comes from the adapter, which alone knows the driver. */
export interface ForeignSource {
  path: string
  openDatabase: OpenForeignDatabase
}

/** Whose the imported data is, where the file does not say. */
export interface ForeignOptions {
  app: string
  user: string
  project?: string | undefined
  limits: ValueLimits
}

/**
 * A file of another tool as records of an interchange file, made one by one while they are read. Going through them again
 * reads the file again, and the same file gives the same records. The report is that of the last reading, complete when
 * its records have ended.
 */
export interface ForeignRecords {
  records: AsyncIterable<InterchangeRecord>
  report: () => ForeignReport
}

export type Importer = (source: ForeignSource, options: ForeignOptions) => ForeignRecords
