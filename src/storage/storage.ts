import type { Span } from '../access/namespace.js'
import type { Owner } from '../access/policy.js'
import type { AuditOperation, AuditRow, AuditSubject } from '../audit/audit.js'
import type { MemoryRow, MemoryType } from '../memories/memory.js'
import type { SearchTerm } from '../search/query.js'
import type { EventRow, EventType } from '../sessions/event.js'
import type { SessionStatus } from '../sessions/lifecycle.js'
import type { SessionRow } from '../sessions/session.js'
import type { ScopeOwners, StateRow, StateScope } from '../sessions/state.js'

/**
 * What a store must do. Each method is one atomic step: one transaction and one round trip; it has happened entirely
 * when its promise resolves, survives what `durability` promises, and has not happened at all when it rejects.
 * Methods reject with a `CairnError` and nothing else. Every write appends its audit rows in the same transaction.
 *
 * A store checks what needs its data (existence, versions, transitions, uniqueness). It trusts its input: services
 * have validated it and decided that the caller may do this. All times are integer milliseconds since the epoch;
 * all JSON is text; inputs and results are plain data that can cross a thread.
 */
export interface Storage {
  readonly sessions: SessionStore
  readonly memories: MemoryStore
  readonly search: SearchStore
  readonly audit: AuditStore
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

// ── memories ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface MemoryStore {
  /** Appends version 1, or the next version where a deleted or expired one is. `already_exists` names each live key; then none is added. */
  add(input: { entries: NewMemory[]; author: Author }): Promise<VersionStamp[]>
  /** Appends a version to a live memory. `not_found`, `conflict` with the latest version in details, `immutable`. */
  update(input: MemoryUpdate): Promise<VersionStamp>
  /** Appends a tombstone. Undefined when there is nothing alive. */
  delete(input: MemoryAddress & VersionGuard & { author: Author }): Promise<VersionStamp | undefined>
  /** Appends the value of a version again: by default the last before the tombstone. `not_found`, `already_exists` when alive. */
  restore(input: MemoryAddress & { version?: number; expiresAt?: number | null; author: Author }): Promise<VersionStamp>
  /** Appends the value of an earlier version to a live memory. `not_found`, `immutable`, `conflict`. */
  rollback(input: MemoryAddress & VersionGuard & { toVersion: number; author: Author }): Promise<VersionStamp>
  /**
   * Appends a tombstone to at most `limit` memories that are past their `expiresAt`, or episodic and recorded at or
   * before `episodicBefore`. Returns how many; fewer than `limit` means done.
   */
  expire(input: { episodicBefore: number | null; limit: number; author: Author }): Promise<number>

  /** The version visible at both clocks, or exactly `version` (a tombstone too), or undefined. No read returns what has expired. */
  get(input: MemoryAddress & { version?: number; moment?: MomentInput; now: number }): Promise<MemoryRow | undefined>
  /** Visible memories of disjoint, sorted spans. At most `limit` rows. */
  list(input: MemoryQuery): Promise<ListedMemory[]>
  /** All versions below `before`, highest first, tombstones included. */
  history(input: MemoryAddress & { before: number; limit: number; now: number }): Promise<MemoryRow[]>
  /** Namespaces with live memories after `after`, in byte order, with their counts. */
  namespaces(input: {
    spans: Span[]
    after: string
    limit: number
    now: number
  }): Promise<{ namespace: string; memories: number }[]>
}

export interface MemoryAddress {
  namespace: string
  key: string
}

/** Compare-and-swap: the latest version must be this one, and of this life of the key when `ifChain` is given. */
export interface VersionGuard {
  ifVersion?: number
  ifChain?: string
}

export interface MomentInput {
  validAt?: number
  knownAt?: number
}

export interface NewMemory extends MemoryAddress {
  /** Id of the chain, used when the key has none yet. */
  chain: string
  type: MemoryType
  value: string
  metadata: string
  validFrom: number | null
  validTo: number | null
  expiresAt: number | null
}

export interface MemoryUpdate extends MemoryAddress, VersionGuard {
  value: string
  /** Carried forward from the version before when undefined. */
  metadata?: string
  validFrom: number | null
  validTo: number | null
  /** Carried forward when undefined; null takes an expiry away. */
  expiresAt?: number | null
  author: Author
}

/** What a write adds to what its caller knew already. */
export type VersionStamp = Pick<
  MemoryRow,
  | 'namespace'
  | 'key'
  | 'version'
  | 'chain'
  | 'type'
  | 'value'
  | 'metadata'
  | 'validFrom'
  | 'validTo'
  | 'expiresAt'
  | 'recordedAt'
  | 'createdAt'
  | 'createdBy'
>

export interface MemoryQuery {
  spans: Span[]
  order: 'key' | 'newest'
  type?: MemoryType
  createdBy?: string
  /** JSON object of scalar values; each must be equal in the memory's metadata. */
  metadata?: string
  /** Latest versions that are tombstones, instead of visible memories. */
  deleted?: boolean
  moment?: MomentInput
  now: number
  /** After this (namespace, key) in key order; before this (changedAt, place) in newest order. */
  after?: [string, string] | [number, number]
  limit: number
}

/** With order newest: when the memory changed last, and what makes the order total (opaque outside the store). */
export type ListedMemory = MemoryRow & { changedAt?: number; place?: number }

// ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** `owner` undefined means any: the caller is root. A session of another owner is as good as none. */
export interface SessionAddress {
  id: string
  owner: Owner | undefined
}

export interface SessionStore {
  /** `already_exists` when the id is taken, by whomever. The event, if any, carries the initial state. */
  create(input: { session: NewSession; event?: NewEvent; author: Author }): Promise<SessionRow>
  get(input: SessionAddress): Promise<SessionRow | undefined>
  /** Newest first; with `active`, only active and paused ones, last updated first. */
  list(input: SessionQuery): Promise<SessionRow[]>
  /**
   * Appends all events or none. `not_found`; `illegal_transition` when the session has ended; `conflict` when the last
   * sequence number is not `expectedSeq` or an event id stands with other content. A created session becomes active.
   */
  append(input: SessionAddress & { events: NewEvent[]; expectedSeq?: number; author: Author }): Promise<AppendedEvent[]>
  /** Events after or before a sequence number, in either direction; undefined when there is no such session. */
  events(input: SessionAddress & EventQuery): Promise<EventRow[] | undefined>
  /** The values of the scopes asked for that are set; undefined when there is no such session. */
  state(input: SessionAddress & { scopes: StateScope[]; key?: string }): Promise<StateRow[] | undefined>
  /**
   * Moves along the legal transitions, stamps times. Ending clears the session's own state and keeps what was set in it
   * in the scopes of `keep` as semantic memories in `<scope>:<owner>:state`, a new version only where the value differs.
   */
  setStatus(
    input: SessionAddress & { to: SessionStatus; keep: StateScope[]; chain: string; author: Author },
  ): Promise<StatusChange>
  /** Removes the session, its events, its own state and their index entries. Tasks, agents and checkpoints stay without it. */
  delete(input: SessionAddress & { author: Author }): Promise<boolean>
}

export interface NewSession extends Omit<ScopeOwners, 'session'> {
  id: string
  metadata: string
}

export interface NewEvent {
  eventId: string
  type: EventType
  actor: string
  /** Undefined: now, and not compared when the event id is there already. */
  timestamp?: number
  content: string
  /** Changes of state by scope with their owners resolved; value undefined removes the key. */
  changes: { scope: StateScope; owner: string; key: string; value?: string }[]
  /** The delta as stored with the event. */
  stateDelta: string | null
  isFinal: 0 | 1
}

export interface AppendedEvent {
  event: EventRow
  duplicate: boolean
}

export interface SessionQuery {
  app?: string
  user?: string
  project?: string
  status?: SessionStatus
  active?: boolean
  /** Before this (createdAt or, with `active`, updatedAt; id). */
  before?: [number, string]
  limit: number
}

export interface EventQuery {
  order: 'asc' | 'desc'
  /** Exclusive bounds. */
  after: number
  before: number
  type?: EventType
  limit: number
}

export interface StatusChange {
  session: SessionRow
  kept: { namespace: string; key: string; version: number }[]
}

// ── search ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SearchStore {
  /** Candidates that hold any of the terms, best first. Every filter is applied before the limit. */
  lexical(input: LexicalQuery): Promise<LexicalHit[]>
}

export interface LexicalQuery {
  /** Words and word starts, as `search/query.ts` makes them. */
  terms: SearchTerm[]
  memories?: {
    /** Undefined: all. */
    namespaces?: string[]
    types?: MemoryType[]
  }
  events?: {
    /** Undefined: all sessions. */
    owner?: Owner
    sessions?: string[]
    types?: EventType[]
  }
  moment?: MomentInput
  now: number
  limit: number
}

export type LexicalHit =
  | { kind: 'memory'; score: number; memory: MemoryRow }
  | { kind: 'event'; score: number; event: EventRow; session: string; owner: Owner }

// ── audit ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── the store itself ──────────────────────────────────────────────────────────────────────────────────────────────

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
