import type { AgentStore } from './agent-store.js'
import type { AuditStore } from './audit-store.js'
import type { CheckpointStore } from './checkpoint-store.js'
import type { DocumentStore } from './document-store.js'
import type { EmbeddingStore } from './embedding-store.js'
import type { InterchangeStore } from './interchange-store.js'
import type { LeaseStore } from './lease-store.js'
import type { MemoryStore } from './memory-store.js'
import type { MetricStore } from './metric-store.js'
import type { SearchStore } from './search-store.js'
import type { SessionStore } from './session-store.js'
import type { TaskStore } from './task-store.js'

/**
 * What a store must do. Each method is one atomic step: one transaction and one round trip; it has happened entirely
 * when its promise resolves, survives what `durability` promises, and has not happened at all when it rejects.
 * Writes happen in the order in which they were called, whatever each of them has to wait for. Methods reject with a
 * `CairnError` and nothing else. Every write appends its audit rows in the same transaction.
 *
 * A store checks what needs its data (existence, versions, transitions, uniqueness). It trusts its input: services
 * have validated it and decided that the caller may do this. All times are integer milliseconds since the epoch;
 * all JSON is text; inputs and results are plain data that can cross a thread.
 */
export interface Storage {
  readonly sessions: SessionStore
  readonly memories: MemoryStore
  readonly checkpoints: CheckpointStore
  readonly documents: DocumentStore
  readonly embeddings: EmbeddingStore
  readonly metrics: MetricStore
  readonly leases: LeaseStore
  readonly search: SearchStore
  readonly tasks: TaskStore
  readonly agents: AgentStore
  readonly audit: AuditStore
  readonly interchange: InterchangeStore
  info(): Promise<StoreInfo>
  /** Stores everything that was handed in, then lets go of the files. A second call is harmless; calls after it reject with `closed`. */
  close(): Promise<void>
}

/** Who writes, and when: what the audit row of every write takes from its caller. */
export interface Author {
  actor: string
  /** The principal as JSON text. */
  principal: string
  agent: string | null
  now: number
}

/** What the store is and how full: `bytes` is its size, `rows` counts what is in each kind of table. */
export interface StoreInfo {
  /** sqlite or postgres, and the version of the engine. */
  engine: string
  engineVersion: string
  /** Where the data is: a file path or a server without its password. */
  location: string
  schemaVersion: number
  bytes: number
  rows: Record<string, number>
}
