import type { Span } from '../access/namespace.js'
import type { AuditOperation, AuditRow, AuditSubject } from '../audit/audit.js'
import type { MemoryAddress } from './memory-store.js'
import type { Author } from './storage.js'

export interface AuditStore {
  /** Reads and refusals; writes record themselves. Refusals of one kind within a minute are counted on one row. */
  record(input: { entry: NewAuditEntry; author: Author }): Promise<void>
  /** Newest first, before `before` (timestamp, id). */
  list(input: AuditQuery): Promise<AuditRow[]>
}

export interface NewAuditEntry {
  subject: AuditSubject
  operation: AuditOperation
  outcome: 'ok' | 'forbidden'
  namespace?: string
  key?: string
  version?: number
  session?: string
  task?: string
  /** JSON object text. */
  detail?: string
}

export interface AuditQuery {
  spans?: Span[]
  /** Exactly one memory; needs `key`. */
  entry?: MemoryAddress
  subject?: AuditSubject
  operation?: AuditOperation
  outcome?: 'ok' | 'forbidden'
  session?: string
  task?: string
  agent?: string
  since?: number
  before?: [number, number]
  limit: number
}
