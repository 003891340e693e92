import { decodeJsonObject, type JsonObject } from '../../json.js'
import type { LexicalQuery } from '../search-store.js'
import type { ItemRow } from './search-rows.js'

/** Whether a row is of the time and has the metadata that is asked for. */
export function passes(row: ItemRow, { from, to, metadata }: LexicalQuery): boolean {
  if (from !== undefined && timeOf(row) < from) return false
  if (to !== undefined && timeOf(row) >= to) return false
  if (metadata === undefined) return true
  const held = metadataOf(row)
  return held !== undefined && Object.entries(decodeJsonObject(metadata)).every(([name, value]) => held[name] === value)
}

function timeOf(row: ItemRow): number {
  if (row.kind === 'memory') return row.memory.recordedAt
  return row.kind === 'event' ? row.event.timestamp : row.chunk.modifiedAt
}

function metadataOf(row: ItemRow): JsonObject | undefined {
  if (row.kind === 'event') return undefined
  return decodeJsonObject(row.kind === 'memory' ? row.memory.metadata : row.chunk.metadata)
}
