import type { Database } from 'better-sqlite3'
import { isLegalTransition, legalNext, type SessionStatus } from '../../sessions/lifecycle.js'
import type { SessionRow } from '../../sessions/session.js'
import type { SessionAddress, StateRights, StatusChange } from '../session-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { type Refusal, refuse } from './operation.js'
import { endState } from './session-end.js'
import { findSession, noSession } from './session-rows.js'
import { run, sql } from './statements.js'

const update = sql(
  'sessions.setStatus',
  `update sessions
   set status = :status, updated_at = :updatedAt, terminated_at = :terminatedAt, archived_at = :archivedAt
   where id = :id`,
)

export interface StatusInput extends SessionAddress, StateRights {
  to: SessionStatus
  /** Id for the chains of memories that are new. */
  chain: string
  author: Author
}

export function setSessionStatus(db: Database, input: StatusInput): StatusChange | Refusal {
  const session = findSession(db, input)
  if (session === undefined) return noSession(input)
  const { to, author } = input
  if (session.status === to) return { session, kept: [], removed: [] }
  if (!isLegalTransition(session.status, to)) return illegal(session, to)
  const now = author.now
  const next: SessionRow = {
    ...session,
    status: to,
    updatedAt: now,
    terminatedAt: to === 'terminated' ? now : session.terminatedAt,
    archivedAt: to === 'archived' ? now : null,
  }
  const { id, status, updatedAt, terminatedAt, archivedAt } = next
  run(db, update, { id, status, updatedAt, terminatedAt, archivedAt })
  const ended = to === 'terminated' ? endState(db, session, input) : { kept: [], removed: [] }
  const operation = to === 'terminated' ? 'terminate' : to === 'archived' ? 'archive' : 'status'
  audit(db, author, {
    subject: 'session',
    operation,
    session: id,
    detail: JSON.stringify({ from: session.status, to }),
  })
  return { session: next, ...ended }
}

function illegal({ id, status }: SessionRow, to: SessionStatus): Refusal {
  const next = legalNext(status)
  return refuse('illegal_transition', `Session ${id} is ${status} and cannot become ${to}.`, {
    hint: next.length > 0 ? `From ${status} it can become ${next.join(' or ')}.` : 'Create a new session.',
    details: { from: status, to },
  })
}
