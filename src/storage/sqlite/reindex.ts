import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import type { MemoryType } from '../../memories/memory.js'
import {
  type DocumentPlace,
  documentScope,
  documentText,
  eventIndexText,
  type IndexText,
  indexTextVersion,
  memoryIndexText,
} from '../../search/index-text.js'
import type { EventType } from '../../sessions/event.js'
import { setItemText } from './search-index.js'
import { setLeastParts } from './search-merge.js'
import { all, sql } from './statements.js'

const memories = sql(
  'search.memoriesToIndex',
  `select i.id, m.namespace, m.key, m.type, m.value
   from search_items i
   cross join memory_entries m on m.id = i.ref
   where +i.kind = 'memory' and i.id > :after
   order by i.id
   limit :limit`,
)

const events = sql(
  'search.eventsToIndex',
  `select i.id, e.type, e.actor, e.content, s.id as session, s.app_id as app, s.user_id as user
   from search_items i
   cross join session_events e on e.id = i.ref
   cross join sessions s on s.id = e.session_id
   where +i.kind = 'event' and i.id > :after
   order by i.id
   limit :limit`,
)

const chunks = sql(
  'search.chunksToIndex',
  `select i.id, d.namespace, d.title, d.path, d.metadata, c.heading, c.position, c.text
   from search_items i
   cross join document_chunks c on c.id = i.ref
   cross join documents d on d.id = c.document_id
   where +i.kind = 'document' and i.id > :after
   order by i.id
   limit :limit`,
)

interface MemoryToIndex {
  id: number
  namespace: string
  key: string
  type: MemoryType
  value: string
}

interface EventToIndex {
  id: number
  type: EventType
  actor: string
  content: string
  session: string
  app: string
  user: string
}

interface ChunkToIndex extends DocumentPlace {
  id: number
  namespace: string
  text: string
}

const batch = 500

/** Whether the texts in the index were made by this version of `search/index-text.ts`. The header of the file says. */
export function isIndexCurrent(db: Database): boolean {
  return db.pragma('user_version', { simple: true }) === indexTextVersion
}

/** Makes all texts of the index anew where another version made them, in one transaction; of two processes one does it. */
export function reindexIfOld(db: Database): void {
  const reindex = db.transaction(() => {
    if (isIndexCurrent(db)) return
    db.exec(`insert into search_text (search_text) values ('delete-all')`)
    setLeastParts(db)
    each<MemoryToIndex>(db, memories, ({ value, ...memory }) => memoryIndexText(memory, decodeJson(value)))
    each<EventToIndex>(db, events, ({ app, user, content, ...event }) =>
      eventIndexText({ ...event, owner: { app, user } }, decodeJson(content)),
    )
    each<ChunkToIndex>(db, chunks, ({ namespace, text, ...place }) => ({
      scope: documentScope(namespace),
      ...documentText(place, text),
    }))
    db.pragma(`user_version = ${indexTextVersion}`)
  })
  if (!isIndexCurrent(db)) reindex.immediate()
}

function each<Row extends { id: number }>(
  db: Database,
  statement: typeof memories,
  toText: (row: Row) => IndexText,
): void {
  for (let after = 0; ; ) {
    const rows = all<Row>(db, statement, { after, limit: batch })
    for (const row of rows) setItemText(db, row.id, toText(row))
    if (rows.length < batch) return
    after = rows.at(-1)?.id ?? after
  }
}
