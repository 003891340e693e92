import type { Database } from 'better-sqlite3'
import { tellingTerms } from '../../search/query.js'
import type { ItemAddress, LexicalAnswer, LexicalQuery } from '../search-store.js'
import { withHistories } from './search-histories.js'
import { readableText } from './search-pool.js'
import { searchLexical } from './search-read.js'
import { type FoundRow, rowReader } from './search-rows.js'
import { get, sql } from './statements.js'
import { findActiveSpace } from './vector-index.js'
import { storedVector } from './vector-read.js'

const memoryItem = sql(
  'search.memoryItem',
  `select i.id
   from memory_entries m
   cross join search_items i on i.kind = 'memory' and i.ref = m.id
   where m.namespace = :namespace and m.key = :key and m.version = :version`,
)

const eventItem = sql(
  'search.eventItem',
  `select i.id
   from session_events e
   cross join search_items i on i.kind = 'event' and i.ref = e.id
   where e.session_id = :session and e.seq = :seq`,
)

const chunkItem = sql(
  'search.chunkItem',
  `select i.id
   from document_folders f
   cross join documents d on d.folder_id = f.id and d.path = :path
   cross join document_chunks c on c.document_id = d.id
   cross join search_items i on i.kind = 'document' and i.ref = c.id
   where f.root = :root and +f.namespace = :namespace and c.line_from = :line
     and c.position = ifnull(:chunk, (
       select min(position)
       from document_chunks
       where document_id = d.id and line_from = :line
     ))`,
)

type SimilarQuery = Omit<LexicalQuery, 'terms'> & { address: ItemAddress }

/** What is like an item that the query may find; null when it may not find it, or there is none. */
export function searchSimilar(db: Database, { address, ...given }: SimilarQuery): LexicalAnswer | null {
  const query = { ...given, terms: [] }
  const row = readItem(db, query, address)
  if (row === undefined) return null
  const { limit } = query
  const terms = tellingTerms(readableText(row))
  const others = row.kind === 'document' ? { withoutDocument: row.chunk.document } : {}
  // One more, so that as many are looked for as without the item.
  const { hits, degraded } = searchLexical(
    db,
    { ...query, ...others, terms, ...asVector(db, query, row), asWritten: true, limit: limit + 1 },
    (other) => !isSame(other, address),
  )
  return { hits: hits.slice(0, limit), degraded }
}

/** What is stored of the item is the question: no model is asked, and without a vector words are enough, unless told otherwise. */
function asVector(
  db: Database,
  { mode, moment }: LexicalQuery,
  { id }: FoundRow,
): Pick<LexicalQuery, 'mode' | 'vector'> {
  if (mode === 'lexical' || (mode === undefined && moment?.knownAt !== undefined)) return { mode: 'lexical' }
  const space = findActiveSpace(db)
  if (space === undefined || id === undefined) return { mode: mode ?? 'lexical' }
  const values = storedVector(db, space, id)
  const vector = values ? { space: space.name, values } : { missing: 'vector: the item has none yet' }
  return { mode: mode ?? 'hybrid', vector }
}

function readItem(db: Database, query: LexicalQuery, address: ItemAddress): FoundRow | undefined {
  const { from: _from, to: _to, metadata: _metadata, ...anyTime } = query
  const item = findItem(db, address)
  return item && rowReader(db, withHistories(db, anyTime))([{ id: item.id, score: 0 }])[0]
}

function findItem(db: Database, address: ItemAddress): { id: number } | undefined {
  const { kind, ...rest } = address
  const statements = { memory: memoryItem, event: eventItem, document: chunkItem }
  return get<{ id: number }>(db, statements[kind], kind === 'document' ? { chunk: null, ...rest } : rest)
}

function isSame(row: FoundRow, address: ItemAddress): boolean {
  if (row.kind === 'memory' && address.kind === 'memory')
    return row.memory.namespace === address.namespace && row.memory.key === address.key
  if (row.kind !== 'event' || address.kind !== 'event') return false
  return row.session === address.session && row.event.seq === address.seq
}
