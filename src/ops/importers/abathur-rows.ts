import type { Json, JsonObject } from '../../json.js'
import type { ForeignDatabase, ForeignRow, ForeignValue } from '../../storage/foreign-database.js'
import { toIso } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { cleanJson, cleanObject, isObject, textIn, withoutEmpty } from './clean-json.js'
import { readTime } from './foreign-time.js'
import type { ForeignOptions } from './importer.js'
import { chainRecords } from './memory-chain.js'
import { toKey, toSegment } from './names.js'
import type { ReportBuilder } from './report.js'

/** What every part of an import of a database of Abathur works with. */
export interface AbathurContext {
  db: ForeignDatabase
  options: ForeignOptions
  report: ReportBuilder
  /** The time of what has none. */
  fallbackTime: number
  /** Whose each session is. */
  sessions: Map<string, { app: string; user: string; project: string | undefined }>
  /** The status of each task, by its id there. */
  tasks: Map<string, string>
  /** Where each row of memory_entries has come to be a version. */
  memories: Map<number, { namespace: string; key: string; version: number }>
}

/** The rows of a table as they were written; none when there is no such table. */
export function* rowsOf({ db }: AbathurContext, table: string, ...order: string[]): Generator<ForeignRow> {
  if (db.tables.has(table)) yield* db.rows(table, { order: order.length === 0 ? ['rowid'] : order })
}

/** JSON of a column. What is not JSON is kept as text, and reported. */
export function jsonOf(value: ForeignValue | undefined, what: string, report: ReportBuilder, example: string): Json {
  if (value === null || value === undefined) return null
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value)
  const parsed = parse(text) ?? parse(text.replaceAll(pythonNumber, '"$1"'))
  if (parsed !== undefined) return cleanJson(parsed.value)
  report.mapped(what, 'not JSON: kept as text', example)
  return cleanJson(text)
}

// Python writes NaN and Infinity, which are no JSON, where a value stands.
const pythonNumber = /(?<=[[:,]\s*|^)(NaN|-?Infinity)(?=\s*[\],}]|$)/g

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** As `jsonOf`; a value of another shape than an object is kept as its member `value`. */
export function objectOf(
  value: ForeignValue | undefined,
  what: string,
  report: ReportBuilder,
  example: string,
): JsonObject {
  const json = jsonOf(value, what, report, example)
  if (json !== null && !isObject(json)) report.mapped(what, 'not an object: kept as its member value', example)
  return cleanObject(json)
}

/** The time of a column; the next one that can be read, and reported, when it cannot. */
export function timeOf(row: ForeignRow, columns: string[], context: AbathurContext, example: string): number {
  const found = columns.map((column) => readTime(row[column])).find((time) => time !== undefined)
  if (readTime(row[columns[0] ?? '']) === undefined)
    context.report.mapped('times', 'missing or not a time: the nearest other one', example)
  return found ?? context.fallbackTime
}

export function wholeOf(value: ForeignValue | undefined, least: number, most: number, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) ? Math.min(most, Math.max(least, value)) : otherwise
}

/** The namespace for what fits nowhere else. */
export function importNamespace({ project, app }: ForeignOptions): string {
  return `project:${toSegment(project ?? app)}:import`
}

/** Keeps a row that fits nowhere else as an episodic memory. */
export function* keepRow(
  context: AbathurContext,
  table: string,
  id: string,
  row: ForeignRow,
  why: string,
): Generator<InterchangeRecord> {
  const namespace = importNamespace(context.options)
  context.report.mapped(table, `${why}: kept as an episodic memory in ${namespace}`, id)
  const time = readTime(row.created_at) ?? readTime(row.updated_at) ?? context.fallbackTime
  const versions = [{ value: cleanJson(withoutEmpty(row)), time, by: 'app:abathur' }]
  yield* chainRecords({ format: 'abathur', namespace, key: toKey(`${table} ${id}`), type: 'episodic', versions })
}

/** Who did it: what is written there, or else the program. */
export function byOf(...names: (ForeignValue | undefined)[]): string {
  return names.map(textIn).find((name) => name !== undefined) ?? 'app:abathur'
}

export function isoOf(value: ForeignValue | undefined): string | null {
  const time = readTime(value)
  return time === undefined ? null : toIso(time)
}
