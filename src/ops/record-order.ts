import { compareBytes } from '../access/namespace.js'
import { type InterchangeRow, recordKinds } from './interchange.js'

/** What identifies a record among those of its kind, and what sorts them. Of the trail it is only the time. */
export function keyOf(row: InterchangeRow): (string | number)[] {
  switch (row.record) {
    case 'session':
    case 'task':
    case 'agent':
      return [row.id]
    case 'event':
      return [row.session, row.seq]
    case 'operation':
      return [row.session, row.operationId]
    case 'state':
      return [row.scope, row.owner, row.key]
    case 'memory':
      return [row.namespace, row.key, row.version]
    case 'checkpoint':
      return [row.task, row.iteration]
    case 'audit':
      return [row.timestamp]
  }
}

/** A record by name, for people: `memory user:alice tone 2`. */
export function nameOf(row: InterchangeRow): string {
  return [row.record, ...keyOf(row)].join(' ')
}

/** The order of the lines of a file: negative, zero or positive as for `sort`. */
export function compareRecords(a: InterchangeRow, b: InterchangeRow): number {
  if (a.record !== b.record) return recordKinds.indexOf(a.record) - recordKinds.indexOf(b.record)
  const others = keyOf(b)
  for (const [index, part] of keyOf(a).entries()) {
    const difference = compareParts(part, others[index] as string | number)
    if (difference !== 0) return difference
  }
  return 0
}

const surrogate = /[\ud800-\udfff]/

function compareParts(a: string | number, b: string | number): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b)
  if (a === b) return 0
  // Only where there are surrogates do UTF-16 units and the bytes of UTF-8 sort in another way.
  return surrogate.test(a) || surrogate.test(b) ? compareBytes(a, b) : a < b ? -1 : 1
}
