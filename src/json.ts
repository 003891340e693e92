import { CairnError, invalidInput } from './errors.js'

/** What JSON can hold: text, finite numbers, true, false, null, lists and plain objects, nested up to 100 levels. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** A JSON value that is an object, such as metadata and the content of an event. */
export type JsonObject = { [key: string]: Json }

const maxDepth = 100

/** What kind of thing `value` is, in words for an error message. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') {
    const className: unknown = Object.getPrototypeOf(value)?.constructor?.name
    return className === undefined || className === 'Object' ? 'an object' : `a ${className}`
  }
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

/**
 * JSON text of `value`, or `invalid_input` naming the place of the first thing that would not survive a round trip:
 * undefined, NaN, a Date, a lone surrogate, a cycle, nesting over 100. `too_large` when over `maxBytes` of UTF-8.
 */
export function encodeJson(value: unknown, what: string, maxBytes: number, limit = 'limits.valueBytes'): string {
  const text = stringify(value, what)
  if (text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)) {
    throw new CairnError(
      'too_large',
      `${what} is ${Buffer.byteLength(text)} bytes of JSON; the limit is ${maxBytes}.`,
      {
        hint: `Store a summary and where the rest is, or raise ${limit} in the configuration.`,
        details: { bytes: Buffer.byteLength(text), limit: maxBytes },
      },
    )
  }
  return text
}

function stringify(value: unknown, what: string): string {
  try {
    if (!isSound(value, 0)) check(value, what, 0)
    return JSON.stringify(value)
  } catch (cause) {
    if (cause instanceof CairnError) throw cause
    // A getter or a proxy of the caller's.
    throw new CairnError('invalid_input', `${what} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      hint: 'Store plain data.',
      cause,
    })
  }
}

/** As `encodeJson`, and the value must be an object. */
export function encodeJsonObject(value: unknown, what: string, maxBytes: number): string {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidInput(`${what} must be a JSON object, not ${describe(value)}.`)
  }
  return encodeJson(value, what, maxBytes)
}

/** The value of JSON text that was stored; `corrupt` when it is no JSON any more. */
export function decodeJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new CairnError('corrupt', 'A stored value is not JSON any more: the store is damaged.', {
      hint: 'Stop writing to it, copy the file with its -wal, and recover the copy or restore a backup.',
      cause,
    })
  }
}

export function decodeJsonObject(text: string): JsonObject {
  return text === '{}' ? {} : (decodeJson(text) as JsonObject)
}

/**
 * Whether `check` would find nothing. It names no places, which takes a third of the time: half a millisecond less for a
 * megabyte.
 */
function isSound(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'boolean') return true
  if (typeof value !== 'object' || depth >= maxDepth) return false
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isSound(value[index], depth + 1)) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const name of Object.keys(value)) if (!name.isWellFormed() || !isSound(value[name], depth + 1)) return false
  return true
}

/** `invalid_input` naming the place of the first thing in `value` that JSON text would lose or change. */
export function checkJson(value: unknown, what: string): asserts value is Json {
  check(value, what, 0)
}

function check(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw invalidInput(`${path} has a lone surrogate, which is not Unicode text.`)
    return
  }
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalidInput(`${path} is ${value}, which JSON cannot hold.`, 'Use null instead.')
    return
  }
  if (typeof value !== 'object') throw invalidInput(`${path} is ${describe(value)}, which JSON cannot hold.`)
  if (depth >= maxDepth)
    throw invalidInput(`${path.slice(0, 60)}… is nested over ${maxDepth} levels deep, or has a cycle.`)
  if (Array.isArray(value)) checkItems(value, path, depth)
  else checkMembers(value, path, depth)
}

function checkItems(items: unknown[], path: string, depth: number): void {
  for (let index = 0; index < items.length; index++) check(items[index], `${path}[${index}]`, depth + 1)
}

/** Whether JSON can hold `value` as an object: neither an array nor an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkMembers(value: object, path: string, depth: number): void {
  if (!isPlainObject(value)) {
    const hint = value instanceof Date ? 'Store date.toISOString().' : 'Store a plain object.'
    throw invalidInput(`${path} is ${describe(value)}, which JSON cannot hold.`, hint)
  }
  for (const [name, member] of Object.entries(value)) {
    if (!name.isWellFormed()) throw invalidInput(`${path} has a key with a lone surrogate, which is not Unicode text.`)
    check(member, `${path}.${name}`, depth + 1)
  }
}
