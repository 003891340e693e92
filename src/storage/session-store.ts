import type { Owner } from '../access/policy.js'
import type { EventRow, EventType } from '../sessions/event.js'
import type { SessionStatus } from '../sessions/lifecycle.js'
import type { SessionRow } from '../sessions/session.js'
import type { ScopeOwners, StateRow, StateScope } from '../sessions/state.js'
import type { BranchStore } from './branch-store.js'
import type { Author } from './storage.js'

/** `owner` undefined means any: the caller is root. A session of another owner is as good as none. */
export interface SessionAddress {
  id: string
  owner: Owner | undefined
}

export interface SessionStore extends BranchStore {
  /**
   * `already_exists` when the id is taken, by whomever. The event, if any, carries the initial state; for its changes
   * `invalid_input` and `forbidden` as with `append`.
   */
  create(input: { session: NewSession; event?: NewEvent; author: Author } & StateRights): Promise<SessionRow>
  get(input: SessionAddress): Promise<SessionRow | undefined>
  /** Newest first; with `active`, only active and paused ones, last updated first. */
  list(input: SessionQuery): Promise<SessionRow[]>
  /**
   * Appends all events or none. `not_found`; `illegal_transition` when the session has ended; `conflict` when the last
   * sequence number is not `expectedSeq` or an event id stands with other content; `invalid_input` when a change names
   * another owner than the session has, or a project where there is none; `forbidden` when it is not among `writable`.
   * A created session becomes active.
   */
  append(
    input: SessionAddress & StateRights & { events: NewEvent[]; expectedSeq?: number; author: Author },
  ): Promise<AppendedEvent[]>
  /** Events after or before a sequence number, in either direction; undefined when there is no such session. */
  events(input: SessionAddress & EventQuery): Promise<EventRow[] | undefined>
  /** The values of the scopes asked for that are set; undefined when there is no such session. */
  state(input: SessionAddress & { scopes: StateScope[]; key?: string }): Promise<StateRow[] | undefined>
  /**
   * Moves along the legal transitions, stamps times. Ending clears the session's own state and keeps what was set in it
   * for others that are `writable` as semantic memories in `<scope>:<owner>:state`, a new version only where the value
   * differs. What it removed, and nobody has set since, is deleted there.
   */
  setStatus(
    input: SessionAddress & StateRights & { to: SessionStatus; chain: string; author: Author },
  ): Promise<StatusChange>
  /**
   * Removes the session, its events, its own state, the memories in its own namespace, and their index entries. What forks
   * have of it they keep. Tasks, agents and checkpoints stay without it.
   */
  delete(input: SessionAddress & { author: Author }): Promise<boolean>
}

/**
 * `writable` are the namespaces that the caller may write; undefined means all. Whose the state of a session is, only its
 * row tells: were that read beforehand, a write would wait for it and be overtaken by the one that is called next.
 */
export interface StateRights {
  writable?: string[]
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
  /** Changes of state by scope. `owner`, where named, must be the session's own; value undefined removes the key. */
  changes: { scope: StateScope; owner?: string; key: string; value?: string }[]
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
  kept: KeptState[]
  removed: KeptState[]
}

/** The version of a memory that says how a value of state was left. */
export interface KeptState {
  namespace: string
  key: string
  version: number
}
