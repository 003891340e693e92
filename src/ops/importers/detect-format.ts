import { open, stat } from 'node:fs/promises'
import { CairnError, invalidInput } from '../../errors.js'
import { isObject } from './clean-json.js'
import { type ForeignFormat, type ForeignSource, foreignFormats } from './importer.js'
import { jsonItems, parseLine, readText } from './json-file.js'

/** What a file is, as far as its beginning tells: a format, if it is one of them, and what it looks like in words. */
export interface DetectedFormat {
  format?: ForeignFormat
  looksLike: string
}

/** The members of an object that may hold the list that matters. */
export const listMembers = ['conversations', 'results', 'memories'] as const

const linesToLookAt = 20
// An export may be one line of gigabytes.
const charactersToLookAt = 1 << 22

/** Looks at the beginning of a file. `not_found`, or `invalid_input` for what is no file. */
export async function detectFormat(source: ForeignSource): Promise<DetectedFormat> {
  const head = await readHead(source.path)
  if (head.length === 0) return { looksLike: 'an empty file' }
  if (startsDatabase(head)) return detectDatabase(source)
  const packed = packedAs(head)
  if (packed !== undefined) return { looksLike: packed }
  return (await detectLines(source.path)) ?? (await detectJson(source.path)) ?? { looksLike: 'no JSON and no database' }
}

/** Refuses a file of another format than the one that was named, and says what it is instead. */
export async function demandFormat(source: ForeignSource, format: ForeignFormat): Promise<void> {
  const found = await detectFormat(source)
  if (found.format === format) return
  const hint =
    found.format === undefined
      ? `${format} is ${foreignFormats[format]}.`
      : `Import it with --from ${found.format}, or give the file of ${format}: ${foreignFormats[format]}.`
  throw invalidInput(`${source.path} is not of the format ${format}; it looks like ${found.looksLike}.`, hint)
}

/** Whether a file is a SQLite database, by its first bytes. */
export async function isDatabase(path: string): Promise<boolean> {
  return startsDatabase(await readHead(path))
}

function startsDatabase(head: Buffer): boolean {
  return head.toString('latin1').startsWith('SQLite format 3\0')
}

async function readHead(path: string): Promise<Buffer> {
  try {
    if ((await stat(path)).isDirectory()) {
      throw invalidInput(`${path} is a folder.`, 'Give the file in it, such as conversations.json.')
    }
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof CairnError) throw cause
    const code = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'not_found' : 'invalid_input'
    const message = code === 'not_found' ? `There is no file ${path}.` : `${path} cannot be read.`
    throw new CairnError(code, message, { hint: 'Check the path and its permissions.', cause })
  }
}

function packedAs(head: Buffer): string | undefined {
  const start = head.toString('hex')
  if (start.startsWith('504b0304')) return 'a ZIP archive: unpack it, and import the file in it'
  if (start.startsWith('1f8b')) return 'a gzip file: unpack it with gunzip, and import what is in it'
  if (start.startsWith('fffe') || start.startsWith('feff')) {
    return 'UTF-16 text: convert it with iconv -f utf-16 -t utf-8'
  }
  return undefined
}

function detectDatabase({ path, openDatabase }: ForeignSource): DetectedFormat {
  const db = openDatabase(path)
  try {
    const has = (table: string, ...columns: string[]): boolean =>
      columns.every((column) => db.tables.get(table)?.includes(column) === true)
    if (has('history', 'memory_id', 'event') || has('memory_history', 'memory_id', 'action')) return known('mem0')
    if (has('checkpoints', 'thread_id', 'checkpoint_id', 'checkpoint')) return known('langgraph')
    if (has('schema_migrations', 'version') && has('memory_entries', 'chain')) {
      return { looksLike: 'a Cairn store: cairn export writes it to a file that cairn import takes without --from' }
    }
    if (has('memory_entries', 'namespace', 'memory_type') || has('tasks', 'prompt', 'input_data'))
      return known('abathur')
    const names = [...db.tables.keys()].slice(0, 8).join(', ')
    return { looksLike: names === '' ? 'an empty database' : `a database with the tables ${names}` }
  } finally {
    db.close()
  }
}

/** JSON on lines of its own; undefined when it is something else. */
async function detectLines(path: string): Promise<DetectedFormat | undefined> {
  const lines = (await readBeginning(path)).split('\n')
  for (const [index, text] of lines.slice(0, linesToLookAt).entries()) {
    const item = text.trim() === '' ? undefined : parseLine(index + 1, text)
    if (item === undefined) continue
    if (!('value' in item)) return undefined
    const found = formatOfLine(item.value)
    if (found !== undefined) return found
  }
  return undefined
}

/** As far as it can be decoded: what cannot be is for the importer to name, with its place. */
async function readBeginning(path: string): Promise<string> {
  let beginning = ''
  try {
    for await (const text of readText(path)) {
      beginning += text
      if (beginning.length > charactersToLookAt) break
    }
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
  }
  return beginning
}

function formatOfLine(line: unknown): DetectedFormat | undefined {
  if (!isObject(line)) return undefined
  if (line.record === 'header' && line.format === 'cairn') {
    return { looksLike: 'a file of cairn export: import it without --from' }
  }
  if (line.type === 'entity' && 'name' in line) return known('mcp-memory')
  if (line.type === 'relation' && 'from' in line && 'to' in line) return known('mcp-memory')
  return 'role' in line && 'content' in line ? known('jsonl') : undefined
}

/** A list or an object; undefined when it is no JSON. */
async function detectJson(path: string): Promise<DetectedFormat | undefined> {
  try {
    for await (const item of jsonItems(path, listMembers)) return formatOfItem(item)
    return { looksLike: 'an empty list' }
  } catch (error) {
    if (error instanceof CairnError && error.message.includes('UTF-8')) throw error
    return undefined
  }
}

function formatOfItem(item: unknown): DetectedFormat {
  if (!isObject(item)) return { looksLike: 'JSON of something else' }
  if (isObject(item.mapping)) return known('chatgpt')
  if (Array.isArray(item.chat_messages)) return known('claude')
  if ('memory' in item && ('id' in item || 'hash' in item)) return known('mem0')
  const line = formatOfLine(item)
  if (line !== undefined) return line
  const names = Object.keys(item).slice(0, 8).join(', ')
  return { looksLike: `JSON of objects with ${names === '' ? 'nothing in them' : names}` }
}

function known(format: ForeignFormat): DetectedFormat {
  return { format, looksLike: foreignFormats[format] }
}
