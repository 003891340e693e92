import { invalidInput } from './errors.js'

/** A moment as callers give it: a Date, an ISO 8601 text, or milliseconds since the epoch. */
export type TimeInput = Date | string | number

// Years beyond 0000 to 9999 have a sign and six digits, as `toIso` writes them; ISO 8601 has no year -000000.
const isoDate =
  /^((?:\d{4}|\+\d{6}|-(?!0{6})\d{6})-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
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
  const [, day, time] = isoDate.exec(text) ?? []
  if (day === undefined || !isCalendarDay(day)) return Number.NaN
  const complete = time === undefined || hasOffset.test(time) ? text : `${text}Z`
  return Date.parse(complete.replace(' ', 'T'))
}

/** Date.parse makes 2026-02-30 the second of March. */
function isCalendarDay(day: string): boolean {
  return new Date(Date.parse(day)).getUTCDate() === Number(day.slice(-2))
}

const dayMillis = 86_400_000
let lastDay = Number.NaN
let lastDate = ''

/**
 * ISO 8601 in UTC with milliseconds. Lists are full of times of the same day: with its date kept, this takes a quarter
 * of what `Date.toISOString` takes, which was a sixth of listing 50 memories.
 */
export function toIso(millis: number): string {
  const day = Math.floor(millis / dayMillis)
  if (day !== lastDay) {
    lastDate = new Date(day * dayMillis).toISOString().slice(0, -13)
    lastDay = day
  }
  const rest = millis - day * dayMillis
  const hours = Math.floor(rest / 3_600_000)
  const minutes = Math.floor(rest / 60_000) % 60
  const seconds = Math.floor(rest / 1000) % 60
  return `${lastDate}${two(hours)}:${two(minutes)}:${two(seconds)}.${three(rest % 1000)}Z`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`
}

function three(number: number): string {
  return number < 100 ? `0${two(number)}` : `${number}`
}

export function toIsoOrNull(millis: number | null): string | null {
  return millis === null ? null : toIso(millis)
}
