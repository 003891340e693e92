import type { Database } from 'better-sqlite3'
import type { EventRow } from '../../sessions/event.js'
import type { SessionRow } from '../../sessions/session.js'
import type { SessionAddress } from '../session-store.js'
import { type Refusal, refuse } from './operation.js'
import { get, sql } from './statements.js'

export const sessionColumns = `id, app_id as app, user_id as user, project_id as project, status, metadata,
   last_seq as lastSeq, parent_session_id as parent, forked_at_seq as forkedAtSeq, created_at as createdAt, updated_at as updatedAt,
   terminated_at as terminatedAt, archived_at as archivedAt`

export const eventColumns = `e.id, e.event_id as eventId, e.seq, e.type, e.actor, e.timestamp, e.recorded_at as recordedAt,
   e.content, e.state_delta as stateDelta, e.is_final as isFinal`

export type StoredEvent = EventRow & { id: number }

const byId = sql(
  'sessions.byId',
  `select ${sessionColumns}
   from sessions
   where id = :id`,
)

/** The session, unless somebody else owns it: then it is as good as none. */
export function findSession(db: Database, { id, owner }: SessionAddress): SessionRow | undefined {
  const session = get<SessionRow>(db, byId, { id })
  return session && (owner === undefined || (owner.app === session.app && owner.user === session.user))
    ? session
    : undefined
}

export function noSession({ id }: SessionAddress): Refusal {
  return refuse('not_found', `There is no session ${id}.`, {
    hint: 'Create it first, or look for it with sessions.list().',
  })
}
