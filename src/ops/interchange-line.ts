import { z } from 'zod'
import { canonicalJson } from '../canonical-json.js'
import { CairnError, invalidInput } from '../errors.js'
import { decodeJson, describe, isPlainObject, type Json, type JsonObject } from '../json.js'
import { parse } from '../parse.js'
import { toIso } from '../time.js'
import {
  endRecord,
  headerRecord,
  type InterchangeEnd,
  type InterchangeHeader,
  type InterchangeRow,
  interchangeVersion,
  type RecordKind,
  type RowOf,
  recordSchemas,
} from './interchange.js'
import { flag, json, jsonOrNull, object, objectOrNull, time, timeOrNull } from './interchange-fields.js'

type Write = (value: never) => string

const writeTime = (value: number | null): string => (value === null ? 'null' : `"${toIso(value)}"`)
const writeJson = (value: string | null): string =>
  value === null || value === '{}' ? `${value}` : canonicalJson(decodeJson(value))
const writeFlag = (value: 0 | 1): string => (value === 1 ? 'true' : 'false')

/** What turns the value of a row back into text of the field that it was read from. */
const writers = new Map<z.ZodType, Write>([
  [time, writeTime],
  [timeOrNull, writeTime],
  [json, writeJson],
  [jsonOrNull, writeJson],
  [object, writeJson],
  [objectOrNull, writeJson],
  [flag, writeFlag],
])

function writerOf(schema: z.ZodType): Write {
  if (schema instanceof z.ZodArray) {
    const write = objectWriter((schema.element as z.ZodObject).shape)
    return (items: Record<string, unknown>[]) => `[${items.map((item) => write(item)).join(',')}]`
  }
  return writers.get(schema) ?? ((value: string | number | null) => JSON.stringify(value))
}

/** Writes rows of one shape. The order of the fields, and what goes before each, is settled once and not for every row. */
function objectWriter(shape: z.ZodRawShape, kind?: RecordKind): (row: Record<string, unknown>) => string {
  const fields = Object.keys(shape)
    .sort()
    .map((name, index) => {
      const before = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`
      const write = name === 'record' ? () => JSON.stringify(kind) : writerOf(shape[name] as z.ZodType)
      return { name, before, write }
    })
  return (row) => {
    let text = ''
    for (const { name, before, write } of fields) text += before + write(row[name] as never)
    return `${text}}`
  }
}

const lineWriters = Object.fromEntries(
  Object.entries(recordSchemas).map(([kind, schema]) => [kind, objectWriter(schema.shape, kind as RecordKind)]),
) as Record<RecordKind, (row: Record<string, unknown>) => string>

/** The line of a row, without its line break: canonical JSON, so that equal rows have equal lines. */
export function lineOf<Kind extends RecordKind>(kind: Kind, row: Omit<RowOf<Kind>, 'record'>): string {
  return lineWriters[kind](row)
}

export function headerLine(scope: InterchangeHeader['scope']): string {
  return canonicalJson({ record: 'header', format: 'cairn', version: interchangeVersion, scope: toJson(scope) })
}

function toJson({ namespace, session }: InterchangeHeader['scope']): JsonObject {
  return { ...(namespace !== undefined && { namespace }), ...(session !== undefined && { session }) }
}

export function endLine(lines: number): string {
  return canonicalJson({ record: 'end', lines })
}

/** What a record, of a file or of an importer, is in a store. `invalid_input` says what is wrong with it. */
export function toRow(record: unknown): InterchangeRow {
  const kind = isPlainObject(record) ? record.record : undefined
  if (!isKind(kind)) throw unknownRecord(record)
  return parse(recordSchemas[kind], record, kind) as InterchangeRow
}

/**
 * What one line of a file says. `invalid_input` says what is wrong with it. A line that was `seen` has been found to lose
 * nothing when it is read as JSON.
 */
export function parseLine(text: string, seen = false): InterchangeRow | InterchangeHeader | InterchangeEnd {
  const record = parseText(text)
  const kind = isPlainObject(record) ? record.record : undefined
  if (kind === 'header') return parseHeader(record)
  if (kind === 'end') return parse(endRecord, record, 'end')
  const row = toRow(record)
  if (!seen && lineOf(row.record, row) !== text) demandLossless(text, record)
  return row
}

function parseText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause)
    throw new CairnError('invalid_input', `is not JSON: ${reason}`, { cause })
  }
}

function isKind(name: unknown): name is RecordKind {
  return typeof name === 'string' && Object.hasOwn(recordSchemas, name)
}

function unknownRecord(record: unknown): CairnError {
  const found = isPlainObject(record) ? `its record is ${JSON.stringify(record.record)}` : `it is ${describe(record)}`
  return invalidInput(`is no record: ${found}, where there are ${Object.keys(recordSchemas).join(', ')}.`)
}

function parseHeader(record: unknown): InterchangeHeader {
  const { version, format } = record as { version: unknown; format: unknown }
  if (format === 'cairn' && typeof version === 'number' && version > interchangeVersion) {
    throw new CairnError(
      'invalid_input',
      `The file has version ${version} of the format; this Cairn knows up to ${interchangeVersion}.`,
      { hint: 'Update cairn-memory, then import the file.', details: { found: version, known: interchangeVersion } },
    )
  }
  return parse(headerRecord, record, 'header')
}

/** JSON.parse rounds whole numbers beyond 2^53 and takes the last of two members of one name, without a word. */
function demandLossless(text: string, record: Json): void {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|:|[-+.\w]+/g) ?? []
  const rounded = tokens.find((token) => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)))
  if (rounded !== undefined && Number(rounded).toString() !== rounded)
    throw invalidInput(`holds ${rounded}, which a JSON number cannot hold exactly.`, 'Write it as text.')
  if (tokens.filter((token) => token === ':').length !== countMembers(record))
    throw invalidInput('has a name twice in one object.', 'Take one of them out.')
}

function countMembers(value: Json): number {
  if (value === null || typeof value !== 'object') return 0
  const members = Object.values(value)
  const own = Array.isArray(value) ? 0 : members.length
  return members.reduce<number>((sum, member) => sum + countMembers(member), own)
}
