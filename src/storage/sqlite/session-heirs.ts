import type { Database } from 'better-sqlite3'
import type { SessionRow } from '../../sessions/session.js'
import { moveEvents } from './session-moves.js'
import { get, run, sql } from './statements.js'

// One that was forked late shares what those that were forked early share, and more.
const heirOf = sql(
  'sessions.heir',
  `select id, forked_at_seq as upTo
   from sessions
   where parent_session_id = :id
   order by forked_at_seq desc, created_at, id
   limit 1`,
)

const inherit = sql(
  'sessions.inherit',
  `update sessions
   set parent_session_id = :parent, forked_at_seq = :forkedAtSeq
   where id = :id`,
)

const handAll = sql(
  'sessions.handAllForks',
  `update sessions
   set parent_session_id = :to, forked_at_seq = case when :to is null then null else forked_at_seq end
   where parent_session_id = :id`,
)

/** Before a session goes, hands what its forks share with it to one of them, and the others to that one. */
export function handToHeir(db: Database, session: SessionRow): void {
  const heir = get<{ id: string; upTo: number }>(db, heirOf, { id: session.id })
  if (heir === undefined) return
  const after = session.forkedAtSeq ?? 0
  if (heir.upTo <= after) {
    // They share what the session itself only shares.
    run(db, handAll, { id: session.id, to: session.parent })
    return
  }
  const { app, user, parent, forkedAtSeq } = session
  moveEvents(db, session.id, { id: heir.id, app, user }, { after, upTo: heir.upTo })
  run(db, inherit, { id: heir.id, parent, forkedAtSeq })
  run(db, handAll, { id: session.id, to: heir.id })
}
