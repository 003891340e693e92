// Four-digit years: what an interchange file can hold.
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
const pattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i

/**
 * Milliseconds since the epoch of a time as other tools write it: ISO 8601 with or without an offset (then UTC), SQLite's
 * `2025-10-10 12:00:00`, or a number of seconds, milliseconds, microseconds or nanoseconds. Undefined when it is none.
 */
export function readTime(value: unknown): number | undefined {
  const millis = millisOf(value)
  return millis !== undefined && millis >= 0 && millis <= latest ? millis : undefined
}

function millisOf(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return fromNumber(Number(value))
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^\d{9,19}(\.\d+)?$/.test(text)) return fromNumber(Number(text))
  const [, day, minute = '00:00', second = '00', fraction = '', zone = 'Z'] = pattern.exec(text) ?? []
  if (day === undefined || !isCalendarDay(day)) return undefined
  const offset =
    zone.length === 5 && zone !== 'UTC' ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.replace(/utc/i, 'Z')
  const millis = Date.parse(`${day}T${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}${offset.toUpperCase()}`)
  return Number.isNaN(millis) ? undefined : millis
}

/** A time of our days is below these bounds in seconds, milliseconds, microseconds. */
function fromNumber(value: number): number | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined
  const perMilli = value < 1e11 ? 1e-3 : value < 1e14 ? 1 : value < 1e17 ? 1e3 : 1e6
  return Math.trunc(value / perMilli)
}

function isCalendarDay(day: string): boolean {
  const millis = Date.parse(day)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(day)
}
