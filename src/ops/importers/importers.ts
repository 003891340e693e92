import { parseSegment } from '../../access/namespace.js'
import { invalidInput } from '../../errors.js'
import { didYouMean } from '../../parse.js'
import type { OpenForeignDatabase } from '../../storage/foreign-database.js'
import { importAbathur } from './abathur.js'
import { importChatgpt } from './chatgpt.js'
import { importClaude } from './claude.js'
import {
  type ForeignFormat,
  type ForeignOptions,
  type ForeignRecords,
  foreignFormats,
  type Importer,
} from './importer.js'
import { importJsonl } from './jsonl.js'
import { importLanggraph } from './langgraph.js'
import { importMcpMemory } from './mcp-memory.js'
import { importMem0 } from './mem0.js'

/** What reads the files of each format. */
export const importers: Record<ForeignFormat, Importer> = {
  abathur: importAbathur,
  chatgpt: importChatgpt,
  claude: importClaude,
  jsonl: importJsonl,
  langgraph: importLanggraph,
  'mcp-memory': importMcpMemory,
  mem0: importMem0,
}

/**
 * The format of a file, and whose its data becomes where the file does not say. `app` is the format's name by default;
 * `valueBytes` and `checkpointBytes` the limits of the store, those of its settings by default.
 */
export interface ForeignInput {
  from: ForeignFormat
  user: string
  app?: string | undefined
  project?: string | undefined
  valueBytes?: number | undefined
  checkpointBytes?: number | undefined
}

/** Records of a file of another tool. The file is opened when they are read. */
export function readForeign(path: string, input: ForeignInput, openDatabase: OpenForeignDatabase): ForeignRecords {
  const { from, user, app = from, project } = input
  const { valueBytes = 1_048_576, checkpointBytes = 16_777_216 } = input
  if (!Object.hasOwn(importers, from)) {
    const names = Object.keys(foreignFormats)
    throw invalidInput(`There is no format ${from}.`, didYouMean(from, names) ?? `Formats are ${names.join(', ')}.`)
  }
  const options: ForeignOptions = {
    app: parseSegment(app, 'The app'),
    user: parseSegment(user, 'The user'),
    limits: { valueBytes, checkpointBytes },
  }
  if (project !== undefined) options.project = parseSegment(project, 'The project')
  return importers[from]({ path, openDatabase }, options)
}
