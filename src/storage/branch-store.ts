import type { EventRow } from '../sessions/event.js'
import type { SessionRow } from '../sessions/session.js'
import type { NewEvent, SessionAddress, StateRights } from './session-store.js'
import type { Author } from './storage.js'

/**
 * Sessions that share a part of their history. A fork has its parent's events up to `forkedAtSeq` and its own after
 * that; no event is stored twice. Everything that reads a session reads its whole history.
 */
export interface BranchStore {
  /**
   * Makes an active session that has the history of another up to `atSeq` (its last event when left out), and the
   * session's own state as it was then. `not_found`; `invalid_input` when there is no such event; `already_exists`.
   */
  fork(
    input: SessionAddress & { atSeq?: number; newId: string; metadata?: string; author: Author },
  ): Promise<SessionRow>
  /**
   * Takes a session back to `toSeq`, with its own state as it was then; the history until now goes on, paused, as the
   * session `branchId`, with the forks of what came after. No branch when there is nothing after `toSeq`. `not_found`,
   * `invalid_input`, `already_exists`; `illegal_transition` when it has ended; `conflict` on `expectedSeq`.
   */
  rewind(
    input: SessionAddress & { toSeq: number; branchId: string; expectedSeq?: number; author: Author },
  ): Promise<Rewound>
  /**
   * Rewinds by the events `expected`, which must be exactly the last ones, and appends `events`. Done once for each
   * operation id: again with the same digest it answers what is still there of the events, with another `conflict`.
   * Changes of state are refused as with `append`.
   */
  applyHistory(input: HistoryInput): Promise<AppliedHistory>
  /** Its forks, oldest first, after (createdAt, id); undefined when there is no such session. */
  children(input: SessionAddress & { after?: [number, string]; limit: number }): Promise<SessionRow[] | undefined>
  /** All sessions that share something with it, the first of all first, each before its forks, at most `limit`. */
  tree(input: SessionAddress & { limit: number }): Promise<SessionRow[] | undefined>
  /** One event of its history by its id. */
  event(input: SessionAddress & { eventId: string }): Promise<EventRow | undefined>
}

/** `branch` is null when there was nothing to rewind. */
export interface Rewound {
  session: SessionRow
  branch: SessionRow | null
}

export interface HistoryInput extends SessionAddress, StateRights {
  operationId: string
  /** Tells whether a repeated operation is the same one. */
  digest: string
  expected: string[]
  events: NewEvent[]
  /** Id for what is replaced, if anything is. */
  branchId: string
  author: Author
}

export interface AppliedHistory {
  events: EventRow[]
  duplicate: boolean
  /** The session that has what was replaced. */
  branch: string | null
}
