import type { Json, JsonObject } from '../json.js'
import type { Memory } from '../memories/memory.js'
import type { SessionEvent } from '../sessions/event.js'
import { oneLine, printable } from './text.js'

const longestPreview = 1000

/** 2026-03-01T12:00:00.000Z as 2026-03-01 12:00:00Z, which every time option takes back. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, -14)} ${iso.slice(-13, -5)}Z`
}

/** Without the seconds, for tables. */
export function formatMinute(iso: string): string {
  return `${iso.slice(0, -14)} ${iso.slice(-13, -8)}Z`
}

/** 2026-03-01, where there is no room for more. */
export function formatDay(iso: string): string {
  return iso.slice(0, -14)
}

/** A value on one line: text as it is, everything else as JSON. */
export function preview(value: Json): string {
  return oneLine((typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestPreview))
}

/** A value in full: text as it is, everything else as indented JSON. */
export function formatValue(value: Json): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
}

/** An object on one line, or nothing when it is empty. */
export function formatObject(object: JsonObject): string {
  return Object.keys(object).length === 0 ? '' : preview(object)
}

/** What an event says: its text first, then whatever else it holds. */
export function eventText({ content, stateDelta }: SessionEvent): string {
  const { text, ...rest } = content
  const parts = typeof text === 'string' ? [preview(text), formatObject(rest)] : [formatObject(content)]
  if (stateDelta !== undefined) parts.push(`state: ${preview(stateDelta)}`)
  return parts.filter((part) => part !== '').join(' ') || '(no content)'
}

/** From when to when it is true in the world, if that is bounded. */
export function formatValidity({ validFrom, validTo }: Pick<Memory, 'validFrom' | 'validTo'>): string {
  if (validFrom === null && validTo === null) return ''
  const from = validFrom === null ? '' : `from ${formatTime(validFrom)}`
  return `${from}${validTo === null ? '' : ` until ${formatTime(validTo)}`}`.trim()
}

export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
