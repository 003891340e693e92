import type { Database } from 'better-sqlite3'
import type { EventRow } from '../../sessions/event.js'
import type { SessionRow } from '../../sessions/session.js'
import type { SessionAddress } from '../session-store.js'
import { eventFinder } from './session-lineage.js'
import { findSession, sessionColumns } from './session-rows.js'
import { all, sql } from './statements.js'

const forks = sql(
  'sessions.forks',
  `select ${sessionColumns}
   from sessions
   where parent_session_id = :id and (created_at, id) > (:afterTime, :afterId)
   order by created_at, id
   limit :limit`,
)

function forksOf(db: Database, id: string, limit: number, after: [number, string] = [-1, '']): SessionRow[] {
  return all<SessionRow>(db, forks, { id, limit, afterTime: after[0], afterId: after[1] })
}

export function listChildren(
  db: Database,
  query: SessionAddress & { after?: [number, string]; limit: number },
): SessionRow[] | undefined {
  const session = findSession(db, query)
  return session && forksOf(db, session.id, query.limit, query.after)
}

export function readTree(db: Database, query: SessionAddress & { limit: number }): SessionRow[] | undefined {
  const session = findSession(db, query)
  if (session === undefined) return undefined
  const found: SessionRow[] = []
  const open = [firstOf(db, session)]
  for (let next = open.pop(); next && found.length < query.limit; next = open.pop()) {
    found.push(next)
    open.push(...forksOf(db, next.id, query.limit).reverse())
  }
  return found
}

function firstOf(db: Database, session: SessionRow): SessionRow {
  let first = session
  for (let parent: SessionRow | undefined = session; parent; ) {
    first = parent
    parent = parent.parent === null ? undefined : findSession(db, { id: parent.parent, owner: undefined })
  }
  return first
}

export function readEvent(db: Database, query: SessionAddress & { eventId: string }): EventRow | undefined {
  const session = findSession(db, query)
  return session && eventFinder(db, session)(query.eventId)
}
