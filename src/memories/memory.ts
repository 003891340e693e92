import { z } from 'zod'
import { decodeJson, decodeJsonObject, type Json, type JsonObject } from '../json.js'
import { toIso, toIsoOrNull } from '../time.js'

export const memoryTypes = ['semantic', 'episodic', 'procedural'] as const

/** semantic: facts; episodic: what happened, never changed; procedural: how to do things. */
export type MemoryType = (typeof memoryTypes)[number]
export const memoryTypeSchema = z.enum(memoryTypes)

/**
 * One version of a memory. Its identity is (namespace, key, version). Times are ISO 8601 in UTC.
 * `recordedAt` is when the store learned it (system time); `[validFrom, validTo)` is when it is true in the world
 * (valid time), null meaning unbounded. `chain` names this life of the key: it changes when a purged key is used again.
 */
export interface Memory {
  namespace: string
  key: string
  version: number
  chain: string
  type: MemoryType
  value: Json
  metadata: JsonObject
  validFrom: string | null
  validTo: string | null
  expiresAt: string | null
  recordedAt: string
  /** When the next version was recorded; null for the latest. */
  supersededAt: string | null
  /** When it was added, and by whom: version 1, or the version that was added where a deleted one had been. */
  createdAt: string
  createdBy: string
  updatedBy: string
  /** A tombstone: this version says that the memory was deleted. */
  deleted: boolean
}

/** A version as a store holds it: JSON as text, times in milliseconds since the epoch, truth as 0 or 1. */
export interface MemoryRow {
  namespace: string
  key: string
  version: number
  chain: string
  type: MemoryType
  value: string
  metadata: string
  validFrom: number | null
  validTo: number | null
  expiresAt: number | null
  recordedAt: number
  supersededAt: number | null
  createdAt: number
  createdBy: string
  updatedBy: string
  deleted: 0 | 1
}

export function toMemory(row: MemoryRow): Memory {
  return memoryOf(row, row)
}

type Ending = Pick<MemoryRow, 'supersededAt' | 'updatedBy' | 'deleted'>

/** Two parts of one row, for a writer who knows the rest of what the store answered. */
export function memoryOf(row: Omit<MemoryRow, keyof Ending>, end: Ending): Memory {
  const recordedAt = toIso(row.recordedAt)
  return {
    namespace: row.namespace,
    key: row.key,
    version: row.version,
    chain: row.chain,
    type: row.type,
    value: decodeJson(row.value),
    metadata: decodeJsonObject(row.metadata),
    validFrom: toIsoOrNull(row.validFrom),
    validTo: toIsoOrNull(row.validTo),
    expiresAt: toIsoOrNull(row.expiresAt),
    recordedAt,
    supersededAt: toIsoOrNull(end.supersededAt),
    createdAt: row.createdAt === row.recordedAt ? recordedAt : toIso(row.createdAt),
    createdBy: row.createdBy,
    updatedBy: end.updatedBy,
    deleted: end.deleted === 1,
  }
}
