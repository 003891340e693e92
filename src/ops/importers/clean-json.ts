import type { Json, JsonObject } from '../../json.js'

// One less than a stored value may have, for the object that holds it.
const maxDepth = 98

/**
 * Anything that was read from a file of another tool as JSON that can be stored: lone surrogates become U+FFFD, numbers
 * that JSON has not become text, bytes `{ base64 }`, and what is nested too deep its JSON text.
 */
export function cleanJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value !== 'object') return null
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (depth >= maxDepth) return textOf(value)
  if (Array.isArray(value)) return Array.from(value, (item) => cleanJson(item, depth + 1))
  return cleanMembers(value, depth)
}

/** An object's own members, cleaned; of anything else, an object that holds it as `value`. */
export function cleanObject(value: unknown): JsonObject {
  const clean = cleanJson(value)
  if (clean === null) return {}
  return typeof clean === 'object' && !Array.isArray(clean) ? clean : { value: clean }
}

/** Without the members that are null, empty text, or empty lists and objects: other tools write many of them. */
export function withoutEmpty(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)))
}

// The second and third in the words of OpenAI's Responses.
const textTypes = ['text', 'input_text', 'output_text']

/** Whether a part of a message is text and says nothing else, so that it need not be kept beside its text. */
export function isOnlyText(part: unknown): part is { text: string } {
  if (!isObject(part) || !textTypes.includes(String(part.type)) || typeof part.text !== 'string') return false
  return Object.keys(withoutEmpty(without(part, 'type', 'text'))).length === 0
}

/** Members of an object but for some. */
export function without(object: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** The text, unless it is something else or empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : undefined
}

function cleanMembers(value: object, depth: number): JsonObject {
  const members =
    value instanceof Map ? [...value].map(([key, member]) => [String(key), member]) : Object.entries(value)
  // fromEntries defines members, so that one named __proto__ is a member, too.
  return Object.fromEntries(
    members.map(([name, member]) => [String(name).toWellFormed(), cleanJson(member, depth + 1)]),
  )
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0
}

function textOf(value: object): string {
  try {
    return JSON.stringify(value, (_name, member: unknown) => (typeof member === 'bigint' ? String(member) : member))
  } catch {
    return 'nested without end'
  }
}
