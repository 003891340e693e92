import { z } from 'zod'
import { parseId, parseName, parseNamespace, parseSegment } from '../access/namespace.js'
import { canonicalJson } from '../canonical-json.js'
import { CairnError } from '../errors.js'
import { checkJson, describe, isPlainObject, type Json, type JsonObject } from '../json.js'
import { toIso } from '../time.js'

// Fields of the records of an interchange file. Each reads what a file holds and gives what a store holds: times in
// milliseconds, JSON as canonical text, truth as 0 or 1. `interchange-line.ts` goes the way back.

const wellFormed = (value: string): boolean => value.isWellFormed()
export const text = z.string().refine(wellFormed, 'has a lone surrogate, which is not Unicode text')
export const textOrNull = text.nullable()
export const whole = z.number().int().min(0)
export const wholeOrNull = whole.nullable()
export const positive = z.number().int().min(1)

const isoTime = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** ISO 8601 in UTC with milliseconds, as `toIso` writes it. */
export const time = z.string().transform((value, context) => {
  const millis = isoTime.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(millis) && toIso(millis) === value) return millis
  context.issues.push({ code: 'custom', input: value, message: 'is no time such as 2026-03-01T12:00:00.000Z' })
  return z.NEVER
})
export const timeOrNull = time.nullable()

function jsonText<Value extends Json>(accepts: (value: unknown) => value is Value, expected: string) {
  const given = z.custom<Value>((value) => value !== undefined, 'is missing')
  return given.transform((value, context) => {
    try {
      if (!accepts(value)) throw new CairnError('invalid_input', `expected ${expected}, received ${describe(value)}`)
      checkJson(value, 'it')
      return canonicalJson(value)
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      context.issues.push({ code: 'custom', input: value, message: error.message.replace(/\.$/, '') })
      return z.NEVER
    }
  })
}

const isJson = (_value: unknown): _value is Json => true
const isJsonObject = (value: unknown): value is JsonObject => isPlainObject(value)

/** Any JSON value, as canonical text. */
export const json = jsonText(isJson, 'JSON')
export const jsonOrNull = json.nullable()
export const object = jsonText(isJsonObject, 'an object')
export const objectOrNull = object.nullable()

export const flag = z.boolean().transform((value): 0 | 1 => (value ? 1 : 0))

/** A name that is in the form in which the services would store it. */
function named(parseIt: (input: unknown, what: string) => string) {
  return z.string().superRefine((value, context) => {
    const problem = problemOf(value, parseIt)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })
}

function problemOf(value: string, parseIt: (input: unknown, what: string) => string): string | undefined {
  try {
    return parseIt(value, 'it') === value ? undefined : 'is not in the Unicode normal form NFC'
  } catch (error) {
    if (error instanceof CairnError) return error.message.replace(/\.$/, '')
    throw error
  }
}

export const key = named(parseName)
export const id = named(parseId)
export const idOrNull = id.nullable()
export const segment = named(parseSegment)
export const segmentOrNull = segment.nullable()
export const namespace = named(parseNamespace)
