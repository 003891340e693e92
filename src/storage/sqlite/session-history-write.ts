import type { Database } from 'better-sqlite3'
import { isOpen } from '../../sessions/lifecycle.js'
import type { SessionRow } from '../../sessions/session.js'
import type { AppliedHistory, HistoryInput } from '../branch-store.js'
import { type Refusal, refuse } from './operation.js'
import { hasEnded, isTaken, takeBackTo, taken } from './session-branches-write.js'
import { eventFinder } from './session-lineage.js'
import { findSession, noSession } from './session-rows.js'
import { eventsOf } from './sessions-read.js'
import { appendTo, refuseChanges } from './sessions-write.js'
import { get, run, sql } from './statements.js'

const byId = sql(
  'operations.byId',
  `select digest, first_seq as firstSeq, last_seq as lastSeq, branch_id as branch
   from session_operations
   where session_id = :session and operation_id = :operationId`,
)

const insert = sql(
  'operations.insert',
  `insert into session_operations (session_id, operation_id, digest, first_seq, last_seq, branch_id, created_at)
   values (:session, :operationId, :digest, :firstSeq, :lastSeq, :branch, :now)`,
)

interface Operation {
  digest: string
  firstSeq: number
  lastSeq: number
  branch: string | null
}

export function applyHistory(db: Database, input: HistoryInput): AppliedHistory | Refusal {
  const session = findSession(db, input)
  if (session === undefined) return noSession(input)
  const { operationId, digest, expected, events, branchId, author } = input
  const foreign = refuseChanges(session, events, input)
  if (foreign) return foreign
  const done = get<Operation>(db, byId, { session: session.id, operationId })
  if (done) return done.digest === digest ? answerAgain(db, session, done) : otherOperation(session, operationId)
  const kept = session.lastSeq - expected.length
  const refusal = refuseHistory(db, session, input, kept)
  if (refusal) return refusal
  const rewound =
    expected.length > 0 ? takeBackTo(db, session, kept, branchId, author) : { session, branch: { id: null } }
  const status = session.status === 'created' ? 'active' : session.status
  const appended = events.length > 0 ? appendTo(db, rewound.session, events, author, status) : []
  const branch = rewound.branch.id
  const [firstSeq, lastSeq] = [kept + 1, kept + events.length]
  run(db, insert, { session: session.id, operationId, digest, firstSeq, lastSeq, branch, now: author.now })
  return { events: appended, duplicate: false, branch }
}

/** Events that were taken back since are no more in the session, and not in the answer. */
function answerAgain(db: Database, session: SessionRow, { firstSeq, lastSeq, branch }: Operation): AppliedHistory {
  const range = { after: firstSeq - 1, before: lastSeq + 1, order: 'asc' as const, limit: lastSeq }
  return { events: eventsOf(db, session, range), duplicate: true, branch }
}

function refuseHistory(
  db: Database,
  session: SessionRow,
  { expected, events, branchId }: HistoryInput,
  kept: number,
): Refusal | undefined {
  if (!isOpen(session.status)) return hasEnded(session)
  const before = session.lastSeq + 1
  const last = eventsOf(db, session, { after: Math.max(0, kept), before, order: 'asc', limit: expected.length })
  const found = last.map(({ eventId }) => eventId)
  if (kept < 0 || found.some((eventId, index) => eventId !== expected[index])) return otherSuffix(session, found)
  if (new Set(events.map(({ eventId }) => eventId)).size < events.length) {
    return refuse('invalid_input', 'Two events of this operation have the same eventId.', {
      hint: 'Give each event its own id, or none.',
    })
  }
  const eventOf = eventFinder(db, session, kept)
  const known = events.find(({ eventId }) => eventOf(eventId))
  if (known) {
    return refuse('conflict', `Session ${session.id} has an event ${known.eventId} already.`, {
      hint: 'Leave it out, or give the new event an id of its own.',
    })
  }
  return expected.length > 0 && isTaken(db, branchId) ? taken(branchId) : undefined
}

function otherSuffix({ id, lastSeq }: SessionRow, found: string[]): Refusal {
  return refuse('conflict', `The last events of session ${id} are not the expected ones.`, {
    hint: 'Read them, and decide anew what to replace.',
    details: { lastSeq, found },
  })
}

function otherOperation({ id }: SessionRow, operationId: string): Refusal {
  return refuse('conflict', `Operation ${operationId} was applied to session ${id} with other content.`, {
    hint: 'A retry must send the same content; a new operation needs a new id.',
  })
}
