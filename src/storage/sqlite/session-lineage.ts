import type { Database } from 'better-sqlite3'
import type { SessionRow } from '../../sessions/session.js'
import { storedEvent } from './events-write.js'
import { findSession, type StoredEvent } from './session-rows.js'

/** A stretch of a history and the session that holds its events: those after `after`, up to and with `upTo`. */
export interface Stretch {
  session: string
  after: number
  upTo: number
}

/** Where the events of a session up to `upTo` are, oldest first: its ancestors hold what it shares with them. */
export function lineageOf(db: Database, session: SessionRow, upTo = session.lastSeq): Stretch[] {
  const stretches: Stretch[] = []
  let bound = upTo
  for (let at: SessionRow | undefined = session; at; at = parentOf(db, at)) {
    const after: number = at.forkedAtSeq ?? 0
    stretches.push({ session: at.id, after, upTo: bound })
    bound = Math.min(bound, after)
  }
  return stretches.reverse()
}

function parentOf(db: Database, { parent }: SessionRow): SessionRow | undefined {
  return parent === null ? undefined : findSession(db, { id: parent, owner: undefined })
}

/** Looks for events of the history of a session, up to `upTo`, by their ids. */
export function eventFinder(
  db: Database,
  session: SessionRow,
  upTo = session.lastSeq,
): (eventId: string) => StoredEvent | undefined {
  const stretches = lineageOf(db, session, upTo).reverse()
  return (eventId) => {
    for (const stretch of stretches) {
      const found = storedEvent(db, stretch.session, eventId)
      if (found && found.seq <= stretch.upTo) return found
    }
    return undefined
  }
}
