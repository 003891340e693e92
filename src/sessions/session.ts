import { decodeJsonObject, type JsonObject } from '../json.js'
import { toIso, toIsoOrNull } from '../time.js'
import type { SessionStatus } from './lifecycle.js'

/** One conversation thread. Times are ISO 8601 in UTC. */
export interface Session {
  id: string
  app: string
  user: string
  project: string | null
  status: SessionStatus
  metadata: JsonObject
  /** Sequence number of the newest event; 0 when there is none. */
  lastSeq: number
  /** The session that this one is a fork of, and the last event that they share; null for one that is no fork. */
  parent: string | null
  forkedAtSeq: number | null
  createdAt: string
  updatedAt: string
  terminatedAt: string | null
  archivedAt: string | null
}

/** A session as a store holds it: JSON as text, times in milliseconds since the epoch. */
export interface SessionRow {
  id: string
  app: string
  user: string
  project: string | null
  status: SessionStatus
  metadata: string
  lastSeq: number
  parent: string | null
  forkedAtSeq: number | null
  createdAt: number
  updatedAt: number
  terminatedAt: number | null
  archivedAt: number | null
}

export function toSession(row: SessionRow): Session {
  return {
    ...row,
    metadata: decodeJsonObject(row.metadata),
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
    terminatedAt: toIsoOrNull(row.terminatedAt),
    archivedAt: toIsoOrNull(row.archivedAt),
  }
}
