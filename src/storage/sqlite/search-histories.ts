import type { Database } from 'better-sqlite3'
import type { LexicalQuery } from '../search-store.js'
import { lineageOf } from './session-lineage.js'
import { findSession } from './session-rows.js'

/** A query whose sessions are those that hold the events, each with the last event that may be found in it. */
export interface HistoryQuery extends LexicalQuery {
  upTo?: Map<string, number>
  /** A document that is not to be found: its sections would take the places of others. */
  withoutDocument?: string
}

/** A fork is asked for as one session; what it shares is found where its ancestors hold it. */
export function withHistories(db: Database, query: HistoryQuery): HistoryQuery {
  const { events } = query
  if (events?.sessions === undefined) return query
  const upTo = new Map<string, number>()
  for (const id of events.sessions) {
    const session = findSession(db, { id, owner: events.owner })
    for (const stretch of session ? lineageOf(db, session) : []) {
      if (stretch.upTo > stretch.after)
        upTo.set(stretch.session, Math.max(stretch.upTo, upTo.get(stretch.session) ?? 0))
    }
  }
  return { ...query, events: { ...events, sessions: [...upTo.keys()] }, upTo }
}
