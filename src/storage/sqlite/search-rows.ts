import type { Database } from 'better-sqlite3'
import { contains } from '../../access/namespace.js'
import type { Owner } from '../../access/policy.js'
import type { MemoryRow } from '../../memories/memory.js'
import { covers, isExpired } from '../../memories/versions.js'
import type { EventRow } from '../../sessions/event.js'
import type { LexicalQuery } from '../search-store.js'
import { visibleVersionId } from './memories-read.js'
import type { Candidate } from './search-candidates.js'
import { rowFilter } from './search-filters.js'
import type { HistoryQuery } from './search-histories.js'
import { all, sql, tuples } from './statements.js'

/** What an item of the index is about. */
export type ItemRow =
  | { kind: 'memory'; memory: FoundMemory }
  | { kind: 'event'; event: FoundEvent; session: string; owner: Owner }
  | { kind: 'document'; chunk: FoundChunk }

/** A row that a search may answer with, and the item of the index that found it. */
export type FoundRow = { id?: number; score: number } & ItemRow

export type FoundMemory = Pick<MemoryRow, 'namespace' | 'key' | 'version' | 'value' | 'metadata' | 'recordedAt'>
export type FoundEvent = Pick<EventRow, 'eventId' | 'seq' | 'type' | 'actor' | 'timestamp' | 'recordedAt' | 'content'>

export type RowReader = (candidates: Candidate[]) => FoundRow[]

// Candidates are read many at a time: a statement for each would be a third of a search.

/** What an item is, and what decides whether a memory may be found, without its value. */
const itemsById = sql(
  'search.items',
  `select i.id, i.kind, i.ref, m.namespace, m.key, m.type, m.is_deleted, m.valid_from, m.valid_to, m.expires_at,
     m.superseded_at
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value
   left join memory_entries m on i.kind = 'memory' and m.id = i.ref`,
)

const memoriesById = sql(
  'search.memories',
  `select m.id, m.namespace, m.key, m.version, m.value, m.metadata, m.recorded_at
   from json_each(:ids) wanted
   cross join memory_entries m on m.id = wanted.value`,
)

const eventsById = sql(
  'search.events',
  `select e.id, e.event_id, e.seq, e.type, e.actor, e.timestamp, e.recorded_at, e.content, s.id, s.app_id, s.user_id
   from json_each(:ids) wanted
   cross join session_events e on e.id = wanted.value
   cross join sessions s on s.id = e.session_id`,
)

const chunksById = sql(
  'search.chunks',
  `select c.id, c.document_id as document, d.namespace, f.root, d.path, d.title, c.heading, c.position, c.line_from as lineFrom,
     c.line_to as lineTo, c.text, d.metadata, d.modified_at as modifiedAt, d.synced_at as syncedAt
   from json_each(:ids) wanted
   cross join document_chunks c on c.id = wanted.value
   cross join documents d on d.id = c.document_id
   cross join document_folders f on f.id = d.folder_id`,
)

/** A piece of a document, and where it stands. */
export interface FoundChunk {
  document: string
  namespace: string
  root: string
  path: string
  title: string
  heading: string
  position: number
  lineFrom: number
  lineTo: number
  text: string
  metadata: string
  modifiedAt: number
  syncedAt: number
}

type MemoryItem = { id: number; kind: 'memory'; ref: number } & Pick<
  MemoryRow,
  'namespace' | 'key' | 'type' | 'deleted' | 'validFrom' | 'validTo' | 'expiresAt' | 'supersededAt'
>
type Item = MemoryItem | { id: number; kind: 'event' | 'document'; ref: number }

/**
 * Reads candidates as rows, in their order, without those that the query may not find: scope words only cut the work, rows
 * decide. Of each memory the visible version is looked for once, however many of its versions are candidates.
 */
export function rowReader(db: Database, query: HistoryQuery): RowReader {
  const [isVisible, passes] = [visibilityOf(db, query), rowFilter(query)]
  const mayFind = (item: Item): boolean => item.kind !== 'memory' || (inMemoryScope(item, query) && isVisible(item))
  return (candidates) => {
    const scores = new Map(candidates.map(({ id, score }) => [id, score]))
    const items = readItems(db, [...scores.keys()]).filter(mayFind)
    const refs = (kind: Item['kind']): string =>
      JSON.stringify(items.flatMap((item) => (item.kind === kind ? item.ref : [])))
    const rows = {
      memory: readMemories(db, refs('memory')),
      event: readEvents(db, refs('event'), query),
      document: readChunks(db, refs('document'), query),
    }
    return items.flatMap(({ id, kind, ref }) => {
      const row = rows[kind].get(ref)
      return row && passes(row) ? Object.assign(row, { id, score: scores.get(id) ?? 0 }) : []
    })
  }
}

type ItemColumns = [
  ...[id: number, kind: 'memory', ref: number, namespace: string, key: string, type: MemoryRow['type'], deleted: 0 | 1],
  ...[validFrom: number | null, validTo: number | null, expiresAt: number | null, supersededAt: number | null],
]

function readItems(db: Database, ids: number[]): Item[] {
  const rows = tuples<ItemColumns | [number, 'event' | 'document', number]>(db, itemsById, { ids: JSON.stringify(ids) })
  return rows.map((row) => {
    const [id, kind, ref] = row
    if (kind !== 'memory') return { id, kind, ref }
    const [, , , namespace, key, type, deleted, validFrom, validTo, expiresAt, supersededAt] = row as ItemColumns
    return { id, kind, ref, namespace, key, type, deleted, validFrom, validTo, expiresAt, supersededAt }
  })
}

function visibilityOf(db: Database, { moment, now }: LexicalQuery): (item: MemoryItem) => boolean {
  const visible = new Map<string, number | undefined>()
  return (item) => {
    if (item.supersededAt === null && covers(item, moment?.validAt ?? now))
      return item.deleted === 0 && !isExpired(item, now)
    const { namespace, key, ref } = item
    const chain = `${namespace}\n${key}`
    if (!visible.has(chain))
      visible.set(chain, visibleVersionId(db, { namespace, key, now, ...(moment && { moment }) }))
    return visible.get(chain) === ref
  }
}

export function inMemoryScope(
  { namespace, type }: Pick<MemoryRow, 'namespace' | 'type'>,
  { memories }: LexicalQuery,
): boolean {
  if (memories === undefined || (memories.types && !memories.types.includes(type))) return false
  return memories.namespaces === undefined || memories.namespaces.some((outer) => contains(outer, namespace))
}

function readMemories(db: Database, ids: string): Map<number, ItemRow> {
  const rows = new Map<number, ItemRow>()
  if (ids === '[]') return rows
  for (const [id, namespace, key, version, value, metadata, recordedAt] of tuples<MemoryColumns>(db, memoriesById, {
    ids,
  }))
    rows.set(id, { kind: 'memory', memory: { namespace, key, version, value, metadata, recordedAt } })
  return rows
}

type MemoryColumns = [
  ...[id: number, namespace: string, key: string, version: number],
  ...[value: string, metadata: string, recordedAt: number],
]

type EventColumns = [
  ...[id: number, eventId: string, seq: number, type: FoundEvent['type'], actor: string, timestamp: number],
  ...[recordedAt: number, content: string, session: string, app: string, user: string],
]

function readEvents(db: Database, ids: string, { events, upTo, moment }: HistoryQuery): Map<number, ItemRow> {
  const rows = new Map<number, ItemRow>()
  if (!events || ids === '[]') return rows
  for (const row of tuples<EventColumns>(db, eventsById, { ids })) {
    const [id, eventId, seq, type, actor, timestamp, recordedAt, content, session, app, user] = row
    const event: FoundEvent = { eventId, seq, type, actor, timestamp, recordedAt, content }
    if (events.owner && (events.owner.app !== app || events.owner.user !== user)) continue
    if (upTo && event.seq > (upTo.get(session) ?? 0)) continue
    if (events.types && !events.types.includes(event.type)) continue
    if (moment?.knownAt !== undefined && event.recordedAt > moment.knownAt) continue
    rows.set(id, { kind: 'event', event, session, owner: { app, user } })
  }
  return rows
}

/** The index holds what is on disk now: what was indexed later than `knownAt` is not found. */
function readChunks(
  db: Database,
  ids: string,
  { documents, moment, withoutDocument }: HistoryQuery,
): Map<number, ItemRow> {
  const rows = new Map<number, ItemRow>()
  if (!documents || ids === '[]') return rows
  const { namespaces } = documents
  for (const chunk of all<FoundChunk & { id: number }>(db, chunksById, { ids })) {
    if (namespaces && !namespaces.some((outer) => contains(outer, chunk.namespace))) continue
    if (moment?.knownAt !== undefined && chunk.syncedAt > moment.knownAt) continue
    if (chunk.document === withoutDocument) continue
    rows.set(chunk.id, { kind: 'document', chunk })
  }
  return rows
}
