import { isDeepStrictEqual } from 'node:util'
import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import { eventScope, eventText, type ItemText } from '../../search/index-text.js'
import type { EventRow } from '../../sessions/event.js'
import type { SessionRow } from '../../sessions/session.js'
import type { StateScope } from '../../sessions/state.js'
import type { NewEvent } from '../session-store.js'
import { indexItem } from './search-index.js'
import { eventColumns, type StoredEvent } from './session-rows.js'
import { get, run, sql } from './statements.js'

const insert = sql(
  'events.insert',
  `insert into session_events (session_id, seq, event_id, type, actor, timestamp, recorded_at, content, state_delta, is_final)
   values (:session, :seq, :eventId, :type, :actor, :timestamp, :recordedAt, :content, :stateDelta, :isFinal)
   on conflict (session_id, event_id) do nothing`,
)

const byEventId = sql(
  'events.byEventId',
  `select ${eventColumns}
   from session_events e
   where e.session_id = :session and e.event_id = :eventId`,
)

const setOne = sql(
  'state.set',
  `insert into state (scope, owner, key, value, session_id, updated_at)
   values (:scope, :owner, :key, :value, :session, :now)
   on conflict (scope, owner, key)
   do update set value = excluded.value, session_id = excluded.session_id, updated_at = excluded.updated_at`,
)

const removeValue = sql(
  'state.remove',
  `delete from state
   where scope = :scope and owner = :owner and key = :key`,
)

export function setValue(
  db: Database,
  value: { scope: StateScope; owner: string; key: string; value: string; session: string; now: number },
): void {
  run(db, setOne, value)
}

export function storedEvent(db: Database, session: string, eventId: string): StoredEvent | undefined {
  return get<StoredEvent>(db, byEventId, { session, eventId })
}

/** Whether a retried event is the stored one. A timestamp that the caller left to us does not count. */
export function matchesStored(event: NewEvent, stored: EventRow): boolean {
  return (
    event.type === stored.type &&
    event.actor === stored.actor &&
    event.isFinal === stored.isFinal &&
    (event.timestamp === undefined || event.timestamp === stored.timestamp) &&
    sameJson(event.content, stored.content) &&
    sameJson(event.stateDelta, stored.stateDelta)
  )
}

function sameJson(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && isDeepStrictEqual(decodeJson(a), decodeJson(b)))
}

/** One event with what it does to state and its place in the index; undefined, with nothing written, if its id is there. */
export function insertEvent(
  db: Database,
  session: SessionRow,
  seq: number,
  event: NewEvent & { text?: ItemText },
  now: number,
): EventRow | undefined {
  const { eventId, type, actor, content, stateDelta, isFinal } = event
  const stored: EventRow = {
    eventId,
    seq,
    type,
    actor,
    timestamp: event.timestamp ?? now,
    recordedAt: now,
    content,
    stateDelta,
    isFinal,
  }
  const { id, changes } = run(db, insert, { ...stored, session: session.id })
  if (changes === 0) return undefined
  for (const { scope, owner, key, value } of event.changes) {
    if (value === undefined) run(db, removeValue, { scope, owner, key })
    else setValue(db, { scope, owner, key, value, session: session.id, now })
  }
  const owner = { app: session.app, user: session.user }
  const item = {
    kind: 'event' as const,
    ref: id,
    namespace: `session:${session.id}`,
    owner: JSON.stringify([owner.app, owner.user]),
    type,
  }
  const words = event.text ?? eventText(actor, decodeJson(content))
  const scope = eventScope({ session: session.id, owner, type })
  indexItem(db, { ...item, time: stored.timestamp }, { scope, ...words })
  return stored
}
