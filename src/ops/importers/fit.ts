import type { Json } from '../../json.js'
import type { InterchangeRecord } from '../interchange.js'
import { limitOf, type ValueLimits } from '../value-limits.js'
import { isObject } from './clean-json.js'
import type { ReportBuilder } from './report.js'

const shortest = 256

/** A record whose values a store takes. Texts that are too long for it are cut, and reported. */
export function fitRecord(record: InterchangeRecord, limits: ValueLimits, report: ReportBuilder): InterchangeRecord {
  const { bytes, setting } = limitOf(record.record, limits)
  if (roughBytes(record) <= bytes) return record
  const fields = Object.entries(record).map(([name, value]) => {
    const fitted = fitValue(value as Json, bytes)
    if (fitted !== value) {
      const why = `of more than ${bytes} bytes: cut; raise ${setting} of the store to take them whole`
      report.left('parts of values', why, nameOf(record, name))
    }
    return [name, fitted]
  })
  return Object.fromEntries(fields) as InterchangeRecord
}

function nameOf(record: InterchangeRecord, field: string): string {
  const names = ['session', 'namespace', 'key', 'seq', 'id', 'task', 'iteration']
  const found = Object.entries(record).filter(([name, value]) => names.includes(name) && value !== null)
  return [record.record, ...found.map(([, value]) => value), field].join(' ')
}

/** Never less than the bytes of any one value; counting those exactly would take as long as all the rest. */
function roughBytes(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 2
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + roughBytes(item) + 1, 2)
  if (!isObject(value)) return 32
  let sum = 2
  for (const [name, member] of Object.entries(value)) sum += name.length * 6 + roughBytes(member) + 4
  return sum
}

/** The value itself when it fits; else with its long texts cut, as little as will do. */
function fitValue(value: Json, bytes: number): Json {
  if (sizeOf(value) <= bytes) return value
  for (let length = bytes * 0.98; length >= shortest; length *= 0.8) {
    const shorter = cutTexts(value, Math.trunc(length))
    if (sizeOf(shorter) <= bytes) return shorter
  }
  // Many small things rather than a long one: what there is room for of their JSON.
  const text = JSON.stringify(value)
  for (let length = bytes / 2; ; length /= 2) {
    const start = { cut: cutText(text, Math.trunc(length)) }
    if (sizeOf(start) <= bytes) return start
  }
}

/** A text counts as it is, any other value as JSON. */
function sizeOf(value: Json): number {
  return (
    Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)) + (typeof value === 'string' ? 2 : 0)
  )
}

function cutTexts(value: Json, length: number): Json {
  if (typeof value === 'string') return cutText(value, length)
  if (Array.isArray(value)) return value.map((item) => cutTexts(item, length))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cutTexts(member, length)]))
}

function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`
}
