import type { Database } from 'better-sqlite3'
import { isLegalTransition, legalNext, type SessionStatus } from '../../sessions/lifecycle.js'
import type { SessionRow } from '../../sessions/session.js'
import { type StateRow, type StateScope, scopeNamespace } from '../../sessions/state.js'
import type { SessionAddress, StatusChange } from '../session-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { append } from './memory-append.js'
import { isAlive, latestVersion } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'
import { clearOwnState, findSession, noSession } from './session-rows.js'
import { all, run, sql } from './statements.js'

const update = sql(
  'sessions.setStatus',
  `update sessions
   set status = :status, updated_at = :updatedAt, terminated_at = :terminatedAt, archived_at = :archivedAt
   where id = :id`,
)

const setHere = sql(
  'state.setBySession',
  `select scope, owner, key, value
   from state indexed by state_by_session
   where session_id = :session and scope = :scope
   order by scope, owner, key`,
)

export interface StatusInput extends SessionAddress {
  to: SessionStatus
  keep: StateScope[]
  /** Id for the chains of memories that are new. */
  chain: string
  author: Author
}

export function setSessionStatus(db: Database, input: StatusInput): StatusChange | Refusal {
  const session = findSession(db, input)
  if (session === undefined) return noSession(input)
  const { to, author } = input
  if (session.status === to) return { session, kept: [] }
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
  const kept = to === 'terminated' ? endState(db, session, input) : []
  const operation = to === 'terminated' ? 'terminate' : to === 'archived' ? 'archive' : 'status'
  audit(db, author, {
    subject: 'session',
    operation,
    session: id,
    detail: JSON.stringify({ from: session.status, to }),
  })
  return { session: next, kept }
}

function illegal({ id, status }: SessionRow, to: SessionStatus): Refusal {
  const next = legalNext(status)
  return refuse('illegal_transition', `Session ${id} is ${status} and cannot become ${to}.`, {
    hint: next.length > 0 ? `From ${status} it can become ${next.join(' or ')}.` : 'Create a new session.',
    details: { from: status, to },
  })
}

/** What was set in this session for longer than it lives becomes memory; its own state goes. */
function endState(db: Database, session: SessionRow, { keep, chain, author }: StatusInput): StatusChange['kept'] {
  const kept: StatusChange['kept'] = []
  for (const scope of keep) {
    for (const row of all<StateRow>(db, setHere, { session: session.id, scope })) {
      const stamp = keepValue(db, row, chain, author)
      if (stamp) kept.push(stamp)
    }
  }
  clearOwnState(db, session.id)
  return kept
}

function keepValue(
  db: Database,
  row: StateRow,
  chain: string,
  author: Author,
): StatusChange['kept'][number] | undefined {
  const address = { namespace: `${scopeNamespace(row.scope, row.owner)}:state`, key: row.key }
  const before = latestVersion(db, address)
  const alive = isAlive(before, author.now)
  // An episodic memory that somebody put at this key is not changed; the value stays in state all the same.
  if (alive && (before.value === row.value || before.type === 'episodic')) return undefined
  const { namespace, key, version } = append(
    db,
    address,
    before,
    {
      type: alive ? before.type : 'semantic',
      chain: before?.chain ?? chain,
      value: row.value,
      metadata: alive ? before.metadata : '{"source":"session state"}',
      ...{ validFrom: null, validTo: null, expiresAt: null, deleted: 0 },
    },
    alive ? 'update' : 'create',
    author,
    { endOf: 'session' },
  )
  return { namespace, key, version }
}
