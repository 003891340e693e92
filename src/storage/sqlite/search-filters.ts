import { decodeJsonObject, type Json, type JsonObject } from '../../json.js'
import type { LexicalQuery } from '../search-store.js'
import type { ItemRow } from './search-rows.js'

/** Tells whether a row is of the time and has the metadata that is asked for. */
export function rowFilter({ from, to, metadata }: LexicalQuery): (row: ItemRow) => boolean {
  const wanted =
    metadata === undefined ? undefined : Object.entries(decodeJsonObject(metadata) as Record<string, Json[]>)
  return (row) => {
    if (from !== undefined && timeOf(row) < from) return false
    if (to !== undefined && timeOf(row) >= to) return false
    if (wanted === undefined) return true
    const held = metadataOf(row)
    return held !== undefined && wanted.every(([name, values]) => values.every((value) => has(held[name], value)))
  }
}

/** As `hasMetadata` in SQL. */
function has(field: Json | undefined, value: Json): boolean {
  return Array.isArray(field) ? field.includes(value) : field === value
}

function timeOf(row: ItemRow): number {
  if (row.kind === 'memory') return row.memory.recordedAt
  return row.kind === 'event' ? row.event.timestamp : row.chunk.modifiedAt
}

function metadataOf(row: ItemRow): JsonObject | undefined {
  if (row.kind === 'event') return undefined
  return decodeJsonObject(row.kind === 'memory' ? row.memory.metadata : row.chunk.metadata)
}
