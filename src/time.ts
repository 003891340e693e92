import { invalidInput } from './errors.js'

/** A moment as callers give it: a Date, an ISO 8601 text, or milliseconds since the epoch. */
export type TimeInput = Date | string | number

const isoDate = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/

/** Milliseconds since the epoch. A text without an offset is UTC, so that it means the same on every machine. */
export function toMillis(input: TimeInput, what: string): number {
  const millis = typeof input === 'string' ? parseIso(input) : input instanceof Date ? input.getTime() : input
  if (typeof millis !== 'number' || !Number.isFinite(millis) || Math.abs(millis) > 8.64e15) {
    throw invalidInput(
      `${what} is not a time: ${JSON.stringify(input)}.`,
      'Use ISO 8601, such as 2026-03-01 or 2026-03-01T12:00:00Z.',
    )
  }
  return Math.trunc(millis)
}

function parseIso(text: string): number {
  if (!isoDate.test(text)) return Number.NaN
  const complete = text.length === 10 || hasOffset.test(text.slice(10)) ? text : `${text}Z`
  return Date.parse(complete.replace(' ', 'T'))
}

/** ISO 8601 in UTC with milliseconds. */
export function toIso(millis: number): string {
  return new Date(millis).toISOString()
}

export function toIsoOrNull(millis: number | null): string | null {
  return millis === null ? null : toIso(millis)
}
