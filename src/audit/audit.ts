import { decodeJsonObject, type JsonObject } from '../json.js'
import { toIso } from '../time.js'

export const auditSubjects = [
  'memory',
  'session',
  'event',
  'state',
  'task',
  'agent',
  'checkpoint',
  'document',
  'store',
] as const

/** What kind of thing a line of the trail is about. */
export type AuditSubject = (typeof auditSubjects)[number]

export const auditOperations = [
  'create',
  'update',
  'delete',
  'restore',
  'rollback',
  'expire',
  'purge',
  'publish',
  'consolidate',
  'resolve',
  'append',
  'status',
  'terminate',
  'archive',
  'read',
  'list',
  'search',
  'export',
  'import',
] as const

/** What was done, or was refused. */
export type AuditOperation = (typeof auditOperations)[number]

/** One line of the trail. It names what it describes and outlives it; it never holds a value. */
export interface AuditEntry {
  id: number
  timestamp: string
  subject: AuditSubject
  operation: AuditOperation
  outcome: 'ok' | 'forbidden'
  actor: string
  principal: JsonObject
  namespace: string | null
  key: string | null
  version: number | null
  session: string | null
  task: string | null
  agent: string | null
  /** How often this was refused within the minute; 1 for everything that was done. */
  occurrences: number
  detail: JsonObject
}

/** A line as a store holds it. */
export interface AuditRow {
  id: number
  timestamp: number
  subject: AuditSubject
  operation: AuditOperation
  outcome: 'ok' | 'forbidden'
  actor: string
  principal: string
  namespace: string | null
  key: string | null
  version: number | null
  session: string | null
  task: string | null
  agent: string | null
  occurrences: number
  detail: string
}

export function toAuditEntry(row: AuditRow): AuditEntry {
  return {
    ...row,
    timestamp: toIso(row.timestamp),
    principal: decodeJsonObject(row.principal),
    detail: decodeJsonObject(row.detail),
  }
}
