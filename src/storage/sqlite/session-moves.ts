import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import { eventIndexText } from '../../search/index-text.js'
import type { EventType } from '../../sessions/event.js'
import type { SessionRow } from '../../sessions/session.js'
import { replaceItemText } from './search-index.js'
import { all, run, sql } from './statements.js'

interface IndexedEvent {
  seq: number
  item: number
  type: EventType
  actor: string
  content: string
}

const indexed = sql(
  'events.indexed',
  `select e.seq, i.id as item, e.type, e.actor, e.content
   from session_events e
   cross join search_items i on i.kind = 'event' and i.ref = e.id
   where e.session_id = :session and e.seq > :after and e.seq <= :upTo
   order by e.seq
   limit :limit`,
)

const moveRows = sql(
  'events.move',
  `update session_events
   set session_id = :to
   where session_id = :session and seq > :after and seq <= :upTo`,
)

const moveSnapshots = sql(
  'snapshots.move',
  `update or replace session_snapshots
   set session_id = :to
   where session_id = :session and seq > :after and seq <= :upTo`,
)

const moveItem = sql(
  'search.moveItem',
  `update search_items
   set namespace = :namespace
   where id = :id`,
)

const batch = 500

/** Hands events after `after`, up to and with `upTo`, to another session of the same owner, with their snapshots. */
export function moveEvents(
  db: Database,
  session: string,
  to: Pick<SessionRow, 'id' | 'app' | 'user'>,
  { after, upTo }: { after: number; upTo: number },
): void {
  for (let last = after; ; ) {
    const rows = all<IndexedEvent>(db, indexed, { session, after: last, upTo, limit: batch })
    for (const row of rows) reindex(db, row, to)
    last = rows.at(-1)?.seq ?? upTo
    if (rows.length < batch) break
  }
  run(db, moveRows, { session, to: to.id, after, upTo })
  run(db, moveSnapshots, { session, to: to.id, after, upTo })
}

/** Whose an event is, is said by words of its text. */
function reindex(
  db: Database,
  { item, type, actor, content }: IndexedEvent,
  { id, app, user }: Pick<SessionRow, 'id' | 'app' | 'user'>,
): void {
  const text = eventIndexText({ session: id, owner: { app, user }, type, actor }, decodeJson(content))
  replaceItemText(db, item, text)
  run(db, moveItem, { id: item, namespace: `session:${id}` })
}
