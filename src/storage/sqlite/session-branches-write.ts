import type { Database } from 'better-sqlite3'
import { isOpen } from '../../sessions/lifecycle.js'
import type { SessionRow } from '../../sessions/session.js'
import type { Rewound } from '../branch-store.js'
import type { SessionAddress } from '../session-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { type Refusal, refuse } from './operation.js'
import { foldState, type OwnState, setSnapshot } from './session-fold.js'
import { moveEvents } from './session-moves.js'
import { findSession, noSession } from './session-rows.js'
import { changeState } from './state-rows.js'
import { run, sql } from './statements.js'

const insert = sql(
  'sessions.insertBranch',
  `insert into sessions (
     id, app_id, user_id, project_id, status, metadata, last_seq, parent_session_id, forked_at_seq, created_at, updated_at)
   values (
     :id, :app, :user, :project, :status, :metadata, :lastSeq, :parent, :forkedAtSeq, :createdAt, :updatedAt)`,
)

const takeBack = sql(
  'sessions.takeBack',
  `update sessions
   set last_seq = :lastSeq, forked_at_seq = :forkedAtSeq, updated_at = :updatedAt
   where id = :id`,
)

const handState = sql(
  'state.hand',
  `update state
   set owner = :to, session_id = :to
   where scope = 'session' and owner = :session`,
)

const handForks = sql(
  'sessions.handForks',
  `update sessions
   set parent_session_id = :to
   where parent_session_id = :id and forked_at_seq > :after`,
)

const shorten = sql(
  'operations.shorten',
  `update session_operations
   set last_seq = :lastSeq
   where session_id = :session and last_seq > :lastSeq`,
)

export function forkSession(
  db: Database,
  input: SessionAddress & { atSeq?: number; newId: string; metadata?: string; author: Author },
): SessionRow | Refusal {
  const parent = findSession(db, input)
  if (parent === undefined) return noSession(input)
  const { atSeq = parent.lastSeq, newId, metadata = parent.metadata, author } = input
  if (atSeq > parent.lastSeq) return noEvent(parent, atSeq)
  if (isTaken(db, newId)) return taken(newId)
  const fork: SessionRow = {
    ...parent,
    ...{ id: newId, metadata, status: 'active', lastSeq: atSeq, parent: parent.id, forkedAtSeq: atSeq },
    ...{ createdAt: author.now, updatedAt: author.now, terminatedAt: null, archivedAt: null },
  }
  const state = foldState(db, parent, atSeq)
  insertBranch(db, fork, author)
  setSnapshot(db, fork.id, atSeq, state)
  setOwnState(db, fork, state, author.now)
  return fork
}

export function rewindSession(
  db: Database,
  input: SessionAddress & { toSeq: number; branchId: string; expectedSeq?: number; author: Author },
): Rewound | Refusal {
  const session = findSession(db, input)
  if (session === undefined) return noSession(input)
  const { toSeq, branchId, expectedSeq = session.lastSeq, author } = input
  if (!isOpen(session.status)) return hasEnded(session)
  if (expectedSeq !== session.lastSeq) return movedOn(session, expectedSeq)
  if (toSeq > session.lastSeq) return noEvent(session, toSeq)
  if (toSeq === session.lastSeq) return { session, branch: null }
  if (isTaken(db, branchId)) return taken(branchId)
  return takeBackTo(db, session, toSeq, branchId, author)
}

/** What there is after `toSeq` goes on as a session of its own; whoever calls this has found that nothing speaks against it. */
export function takeBackTo(
  db: Database,
  session: SessionRow,
  toSeq: number,
  branchId: string,
  author: Author,
): Rewound & { branch: SessionRow } {
  const { id, lastSeq, forkedAtSeq, parent } = session
  const state = foldState(db, session, toSeq)
  // Events that a parent holds cannot be handed on: the branch then stands where the session stood, beside it.
  const beside = forkedAtSeq !== null && toSeq < forkedAtSeq
  const branch: SessionRow = {
    ...session,
    ...{ id: branchId, status: 'paused', createdAt: author.now, updatedAt: author.now },
    ...(beside ? { parent, forkedAtSeq } : { parent: id, forkedAtSeq: toSeq }),
  }
  const rewound: SessionRow = {
    ...session,
    ...{ lastSeq: toSeq, forkedAtSeq: beside ? toSeq : forkedAtSeq, updatedAt: author.now },
  }
  insertBranch(db, branch, author)
  moveEvents(db, id, branch, { after: toSeq, upTo: lastSeq })
  run(db, handForks, { id, to: branchId, after: toSeq })
  run(db, handState, { session: id, to: branchId })
  run(db, shorten, { session: id, lastSeq: toSeq })
  run(db, takeBack, { id, lastSeq: toSeq, forkedAtSeq: rewound.forkedAtSeq, updatedAt: author.now })
  setSnapshot(db, beside ? id : branchId, toSeq, state)
  setOwnState(db, session, state, author.now)
  const detail = JSON.stringify({ toSeq, branch: branchId })
  audit(db, author, { subject: 'session', operation: 'rollback', session: id, detail })
  return { session: rewound, branch }
}

function insertBranch(db: Database, branch: SessionRow, author: Author): void {
  const { terminatedAt: _, archivedAt: __, ...columns } = branch
  run(db, insert, columns)
  const detail = JSON.stringify({ forkOf: branch.parent, atSeq: branch.forkedAtSeq })
  audit(db, author, { subject: 'session', operation: 'create', session: branch.id, detail })
}

function setOwnState(db: Database, session: SessionRow, state: OwnState, now: number): void {
  const changes = Array.from(state, ([key, value]) => ({ scope: 'session' as const, key, value }))
  changeState(db, session, changes, now)
}

export function isTaken(db: Database, id: string): boolean {
  return findSession(db, { id, owner: undefined }) !== undefined
}

export function taken(id: string): Refusal {
  return refuse('already_exists', `The session id ${id} is taken.`, { hint: 'Leave the id out to get a new one.' })
}

function noEvent({ id, lastSeq }: SessionRow, seq: number): Refusal {
  return refuse('invalid_input', `Session ${id} has no event ${seq}: its last one is ${lastSeq}.`, {
    hint: `Name an event from 0, which is before the first, to ${lastSeq}.`,
    details: { lastSeq },
  })
}

export function hasEnded({ id, status }: SessionRow): Refusal {
  return refuse('illegal_transition', `Session ${id} is ${status}: its events are complete.`, {
    hint: 'Fork it, and go on in the fork.',
  })
}

function movedOn({ id, lastSeq }: SessionRow, expected: number): Refusal {
  return refuse('conflict', `Session ${id} is at event ${lastSeq}, not at ${expected}.`, {
    hint: 'Read the events after yours, and decide anew.',
    details: { lastSeq, expected },
  })
}
