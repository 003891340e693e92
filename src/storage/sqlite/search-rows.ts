import type { Database } from 'better-sqlite3'
import { contains } from '../../access/namespace.js'
import type { Owner } from '../../access/policy.js'
import type { MemoryRow } from '../../memories/memory.js'
import { covers, isExpired } from '../../memories/versions.js'
import type { EventRow } from '../../sessions/event.js'
import type { LexicalQuery } from '../search-store.js'
import { visibleVersionId } from './memories-read.js'
import { rowColumns } from './memory-rows.js'
import type { Candidate } from './search-candidates.js'
import { passes } from './search-filters.js'
import type { HistoryQuery } from './search-histories.js'
import { eventColumns, type StoredEvent } from './session-rows.js'
import { get, sql } from './statements.js'

/** A row that a search may answer with. */
export type FoundRow = { score: number } & (
  | { kind: 'memory'; memory: MemoryRow }
  | { kind: 'event'; event: EventRow; session: string; owner: Owner }
  | { kind: 'document'; chunk: FoundChunk }
)

/** What an item is, and what decides whether a memory may be found, without its value. */
const itemById = sql(
  'search.item',
  `select i.kind, i.ref, m.namespace, m.key, m.type, m.is_deleted as deleted, m.valid_from as validFrom,
     m.valid_to as validTo, m.expires_at as expiresAt, m.superseded_at as supersededAt
   from search_items i
   left join memory_entries m on i.kind = 'memory' and m.id = i.ref
   where i.id = :id`,
)

const memoryById = sql(
  'search.memory',
  `select ${rowColumns('m')}
   from memory_entries m
   where m.id = :id`,
)

const eventById = sql(
  'search.event',
  `select ${eventColumns}, s.id as session, s.app_id as app, s.user_id as user
   from session_events e
   cross join sessions s on s.id = e.session_id
   where e.id = :id`,
)

const chunkById = sql(
  'search.chunk',
  `select c.document_id as document, d.namespace, f.root, d.path, d.title, c.heading, c.line_from as lineFrom,
     c.line_to as lineTo, c.text, d.metadata, d.modified_at as modifiedAt, d.synced_at as syncedAt
   from document_chunks c
   cross join documents d on d.id = c.document_id
   cross join document_folders f on f.id = d.folder_id
   where c.id = :id`,
)

/** A piece of a document, and where it stands. */
export interface FoundChunk {
  document: string
  namespace: string
  root: string
  path: string
  title: string
  heading: string
  lineFrom: number
  lineTo: number
  text: string
  metadata: string
  modifiedAt: number
  syncedAt: number
}

type MemoryItem = { kind: 'memory'; ref: number } & Pick<
  MemoryRow,
  'namespace' | 'key' | 'type' | 'deleted' | 'validFrom' | 'validTo' | 'expiresAt' | 'supersededAt'
>
type Item = MemoryItem | { kind: 'event' | 'document'; ref: number }

/**
 * Reads candidates as rows, or as undefined where the query may not find them: scope words only cut the work, rows
 * decide. Of each memory the visible version is looked for once, however many of its versions are candidates.
 */
export function rowReader(db: Database, query: HistoryQuery): (candidate: Candidate) => FoundRow | undefined {
  const isVisible = visibilityOf(db, query)
  const read = ({ id, score }: Candidate): FoundRow | undefined => {
    const item = get<Item>(db, itemById, { id })
    if (item?.kind === 'event') return readEvent(db, item.ref, score, query)
    if (item?.kind === 'document') return readChunk(db, item.ref, score, query)
    if (item?.kind !== 'memory' || !inMemoryScope(item, query) || !isVisible(item)) return undefined
    const memory = get<MemoryRow>(db, memoryById, { id: item.ref })
    return memory && { kind: 'memory', score, memory }
  }
  return (candidate) => {
    const row = read(candidate)
    return row && passes(row, query) ? row : undefined
  }
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

type EventOfSession = StoredEvent & { session: string; app: string; user: string }

function readEvent(
  db: Database,
  id: number,
  score: number,
  { events, upTo, moment }: HistoryQuery,
): FoundRow | undefined {
  const found = get<EventOfSession>(db, eventById, { id })
  if (!found || !events) return undefined
  const { session, app, user, ...event } = found
  if (events.owner && (events.owner.app !== app || events.owner.user !== user)) return undefined
  if (upTo && found.seq > (upTo.get(session) ?? 0)) return undefined
  if (events.types && !events.types.includes(event.type)) return undefined
  if (moment?.knownAt !== undefined && event.recordedAt > moment.knownAt) return undefined
  return { kind: 'event', score, event, session, owner: { app, user } }
}

/** The index holds what is on disk now: what was indexed later than `knownAt` is not found. */
function readChunk(db: Database, id: number, score: number, { documents, moment }: HistoryQuery): FoundRow | undefined {
  const chunk = documents && get<FoundChunk>(db, chunkById, { id })
  if (chunk === undefined) return undefined
  const { namespaces } = documents ?? {}
  if (namespaces && !namespaces.some((outer) => contains(outer, chunk.namespace))) return undefined
  if (moment?.knownAt !== undefined && chunk.syncedAt > moment.knownAt) return undefined
  return { kind: 'document', score, chunk }
}
