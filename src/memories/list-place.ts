import { type CursorKey, decodeCursor } from '../page.js'
import type { ListedMemory } from '../storage/memory-store.js'

/** Where a page of a list ended: at (namespace, key), or at (when it changed, place) with the newest first. */
export function placeOf(row: ListedMemory, order: 'key' | 'newest'): CursorKey {
  return order === 'key' ? [row.namespace, row.key] : [row.changedAt ?? 0, row.place ?? 0]
}

export function decodePlace(cursor: string, order: 'key' | 'newest'): [string, string] | [number, number] {
  if (order === 'key') return decodeCursor(cursor, ['string', 'string']) as [string, string]
  return decodeCursor(cursor, ['number', 'number']) as [number, number]
}
