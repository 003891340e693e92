import type { Database } from 'better-sqlite3'
import { forbidden, isAmong } from '../../access/policy.js'
import { isOpen } from '../../sessions/lifecycle.js'
import type { SessionRow } from '../../sessions/session.js'
import { foreignKey, ownerlessKey, ownersOf, scopeNamespace } from '../../sessions/state.js'
import type { AppendedEvent, NewEvent, NewSession, SessionAddress, StateRights } from '../session-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { insertEvent, matchesStored } from './events-write.js'
import { type Refusal, refuse } from './operation.js'
import { purgeOwnMemories } from './session-end.js'
import { keepSnapshot } from './session-fold.js'
import { handToHeir } from './session-heirs.js'
import { eventFinder } from './session-lineage.js'
import { findSession, noSession } from './session-rows.js'
import { forgetSession } from './state-rows.js'
import { run, sql } from './statements.js'

const insert = sql(
  'sessions.insert',
  `insert into sessions (id, app_id, user_id, project_id, metadata, created_at, updated_at)
   values (:id, :app, :user, :project, :metadata, :now, :now)`,
)

const touch = sql(
  'sessions.touch',
  `update sessions
   set last_seq = :lastSeq, updated_at = :now, status = :status
   where id = :id`,
)

const remove = sql(
  'sessions.delete',
  `delete from sessions
   where id = :id`,
)

export function createSession(
  db: Database,
  input: { session: NewSession; event?: NewEvent; author: Author } & StateRights,
): SessionRow | Refusal {
  const { session, event, author } = input
  const { id, app, user, project, metadata } = session
  const created = row(session, author.now)
  const refusal = refuseChanges(created, event ? [event] : [], input)
  if (refusal) return refusal
  if (findSession(db, { id, owner: undefined })) {
    return refuse('already_exists', `The session id ${id} is taken.`, { hint: 'Leave the id out to get a new one.' })
  }
  run(db, insert, { id, app, user, project, metadata, now: author.now })
  audit(db, author, { subject: 'session', operation: 'create', session: id })
  if (event) appendTo(db, created, [event], author, 'created')
  return { ...created, lastSeq: event ? 1 : 0 }
}

function row({ id, app, user, project, metadata }: NewSession, now: number): SessionRow {
  return {
    ...{ id, app, user, project, metadata, status: 'created' as const, lastSeq: 0 },
    ...{ parent: null, forkedAtSeq: null, createdAt: now, updatedAt: now, terminatedAt: null, archivedAt: null },
  }
}

export function appendEvents(
  db: Database,
  input: SessionAddress & StateRights & { events: NewEvent[]; expectedSeq?: number; author: Author },
): AppendedEvent[] | Refusal {
  const session = findSession(db, input)
  if (session === undefined) return noSession(input)
  const foreign = refuseChanges(session, input.events, input)
  if (foreign) return foreign
  const appendedFirst = appendNew(db, session, input)
  if (appendedFirst) return appendedFirst
  const eventOf = eventFinder(db, session)
  const stored = input.events.map(({ eventId }) => eventOf(eventId))
  const refusal = refuseAppend(session, input, stored)
  if (refusal) return refusal
  const fresh = input.events.filter((_, index) => stored[index] === undefined)
  const status = session.status === 'created' ? 'active' : session.status
  const appended = fresh.length > 0 ? appendTo(db, session, fresh, input.author, status) : []
  return stored.map((found) =>
    found ? { event: found, duplicate: true } : { event: next(appended), duplicate: false },
  )
}

/** The usual case, one new event that nothing speaks against: it asks and writes in one statement. */
function appendNew(
  db: Database,
  session: SessionRow,
  { events, expectedSeq, author }: { events: NewEvent[]; expectedSeq?: number; author: Author },
): AppendedEvent[] | undefined {
  const [only] = events
  const expected = expectedSeq === undefined || expectedSeq === session.lastSeq
  // A fork has to ask its ancestors, too, whether the event is there.
  const alone = only !== undefined && events.length === 1 && session.parent === null
  if (!alone || !expected || !isOpen(session.status)) return undefined
  const status = session.status === 'created' ? 'active' : session.status
  const [event] = appendTo(db, session, [only], author, status)
  return event && [{ event, duplicate: false }]
}

function next<T>(queue: T[]): T {
  const item = queue.shift()
  if (item === undefined) throw new Error('fewer events were stored than were fresh')
  return item
}

/** One key that is not of this session, or that may not be written, refuses all events. */
export function refuseChanges(
  session: SessionRow,
  events: NewEvent[],
  { writable, author }: StateRights & { author: Author },
): Refusal | undefined {
  const owners = ownersOf(session)
  const changes = events.flatMap((event) => event.changes)
  for (const change of changes) {
    const problem = foreignKey(change, owners) ?? ownerlessKey(change, owners)
    if (problem) return refuse('invalid_input', problem.message, { hint: problem.hint })
  }
  for (const { scope } of changes) {
    const owner = owners[scope]
    if (scope === 'session' || owner === null) continue
    const namespace = scopeNamespace(scope, owner)
    if (!isAmong(writable, namespace)) return { refused: forbidden(author.actor, 'write', namespace) }
  }
  return undefined
}

/** A retry is looked at before anything else: it must be answered the same even when the session has moved on since. */
function refuseAppend(
  session: SessionRow,
  { events, expectedSeq }: { events: NewEvent[]; expectedSeq?: number },
  stored: (AppendedEvent['event'] | undefined)[],
): Refusal | undefined {
  for (const [index, event] of events.entries()) {
    const found = stored[index]
    if (found && !matchesStored(event, found)) return otherContent(session.id, event.eventId)
  }
  if (stored.every((found) => found !== undefined)) return undefined
  if (new Set(events.map((event) => event.eventId)).size < events.length) {
    return refuse('invalid_input', 'Two events of this batch have the same eventId.', {
      hint: 'Give each event its own id, or none.',
    })
  }
  if (!isOpen(session.status)) {
    return refuse('illegal_transition', `Session ${session.id} is ${session.status}: its events are complete.`, {
      hint: 'Create a new session.',
    })
  }
  if (expectedSeq !== undefined && expectedSeq !== session.lastSeq) {
    return refuse('conflict', `Session ${session.id} is at event ${session.lastSeq}, not at ${expectedSeq}.`, {
      hint: 'Read the events after yours, then append with the new number.',
      details: { lastSeq: session.lastSeq, expected: expectedSeq },
    })
  }
  return undefined
}

function otherContent(session: string, eventId: string): Refusal {
  return refuse('conflict', `Session ${session} has an event ${eventId} with other content.`, {
    hint: 'A retry must send the same event; a new event needs a new eventId.',
  })
}

/** The stored events; none, with nothing written, when there is one and its id is there. Of several, all are known to be new. */
export function appendTo(
  db: Database,
  session: SessionRow,
  events: NewEvent[],
  author: Author,
  status: SessionRow['status'],
): AppendedEvent['event'][] {
  const rows = events.flatMap(
    (event, index) => insertEvent(db, session, session.lastSeq + 1 + index, event, author.now) ?? [],
  )
  if (rows.length < events.length) return []
  const lastSeq = session.lastSeq + events.length
  run(db, touch, { id: session.id, lastSeq, now: author.now, status })
  keepSnapshot(db, session.id, session.lastSeq, lastSeq)
  const detail = JSON.stringify(events.length === 1 ? { seq: lastSeq } : { from: session.lastSeq + 1, to: lastSeq })
  audit(db, author, { subject: 'event', operation: 'append', session: session.id, detail })
  return rows
}

/** Events that no fork shares go by cascade, with their index entries; tasks, agents and checkpoints stay without a session. */
export function deleteSession(db: Database, input: SessionAddress & { author: Author }): boolean {
  const session = findSession(db, input)
  if (session === undefined) return false
  handToHeir(db, session)
  forgetSession(db, session.id)
  purgeOwnMemories(db, session, input.author)
  run(db, remove, { id: session.id })
  audit(db, input.author, { subject: 'session', operation: 'delete', session: session.id })
  return true
}
