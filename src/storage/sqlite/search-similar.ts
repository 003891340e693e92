import type { Database } from 'better-sqlite3'
import { parseQuery, type SearchTerm } from '../../search/query.js'
import type { ItemAddress, LexicalAnswer, LexicalQuery } from '../search-store.js'
import { withHistories } from './search-histories.js'
import { readableText, searchLexical } from './search-read.js'
import { type FoundRow, rowReader } from './search-rows.js'
import { get, sql } from './statements.js'

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
   where f.root = :root and +f.namespace = :namespace and c.line_from = :line`,
)

/** A long text is about the words that it says most; in a short one all are said once. */
const maxTerms = 32

type SimilarQuery = Omit<LexicalQuery, 'terms'> & { address: ItemAddress }

/** What is like an item that the query may find; null when it may not find it, or there is none. */
export function searchSimilar(db: Database, { address, ...given }: SimilarQuery): LexicalAnswer | null {
  const query = { ...given, terms: [] }
  const row = readItem(db, query, address)
  if (row === undefined) return null
  const offset = query.offset ?? 0
  const wanted = { ...query, terms: tellingTerms(readableText(row)), offset: 0, limit: offset + query.limit + 1 }
  const { hits, degraded } = searchLexical(db, wanted)
  const others = hits.filter((hit) => !isSame(hit, address))
  return { hits: others.slice(offset, offset + query.limit), degraded }
}

function readItem(db: Database, query: LexicalQuery, address: ItemAddress): FoundRow | undefined {
  const { from: _from, to: _to, metadata: _metadata, ...anyTime } = query
  const item = findItem(db, address)
  return item && rowReader(db, withHistories(db, anyTime))([{ id: item.id, score: 0 }])[0]
}

function findItem(db: Database, address: ItemAddress): { id: number } | undefined {
  const { kind, ...rest } = address
  const statements = { memory: memoryItem, event: eventItem, document: chunkItem }
  return get<{ id: number }>(db, statements[kind], rest)
}

/** The words that a text says most often, longer ones first among equals: those tell more. */
function tellingTerms(text: string): SearchTerm[] {
  const counts = new Map<string, { term: SearchTerm; count: number }>()
  for (const word of text.slice(0, 8_192).split(/\s+/)) {
    for (const { alike: _, ...term } of parseQuery(word)) {
      const known = counts.get(term.text)
      counts.set(term.text, { term, count: (known?.count ?? 0) + 1 })
    }
  }
  const best = [...counts.values()].sort((a, b) => b.count - a.count || b.term.text.length - a.term.text.length)
  return best.slice(0, maxTerms).map(({ term }) => term)
}

function isSame(hit: LexicalAnswer['hits'][number], address: ItemAddress): boolean {
  if (hit.kind === 'memory' && address.kind === 'memory')
    return hit.namespace === address.namespace && hit.key === address.key
  if (hit.kind === 'event' && address.kind === 'event')
    return hit.session === address.session && hit.seq === address.seq
  if (hit.kind !== 'document' || address.kind !== 'document') return false
  return hit.root === address.root && hit.path === address.path && hit.namespace === address.namespace
}
