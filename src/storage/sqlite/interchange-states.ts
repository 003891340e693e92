import type { Database } from 'better-sqlite3'
import type { SessionPlace } from '../interchange-store.js'
import { keepSnapshots } from './session-fold.js'
import { findSession } from './session-rows.js'

// A fold of a thousand events takes a millisecond, and others wait for so long.
const mostSnapshots = 10

/** Snapshots of the sessions in order, as many as one write may take; answers what is left. */
export function keepStates(db: Database, { sessions }: { sessions: SessionPlace[] }): SessionPlace[] {
  let room = mostSnapshots
  for (const [index, { id, after }] of sessions.entries()) {
    const session = findSession(db, { id, owner: undefined })
    if (session === undefined) continue
    const { upTo, kept } = keepSnapshots(db, session, { after, limit: room })
    if (upTo !== null) return [{ id, after: upTo }, ...sessions.slice(index + 1)]
    room -= kept
  }
  return []
}
