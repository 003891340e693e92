import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import { weighEvidence } from '../../search/evidence.js'
import { leafText } from '../../search/index-text.js'
import { type SearchTerm, withAlike } from '../../search/query.js'
import type { WeightedTerm } from '../../search/rank.js'
import { forgetOldTexts } from '../../search/read-text.js'
import { makeSnippet } from '../../search/snippet.js'
import type { LexicalAnswer, LexicalHit, LexicalQuery } from '../search-store.js'
import { visibleMemories } from './memories-read.js'
import { findCandidates } from './search-candidates.js'
import { type HistoryQuery, withHistories } from './search-histories.js'
import { rankedLength, toPoolItem } from './search-pool.js'
import { type FoundRow, inMemoryScope, rowReader } from './search-rows.js'

/**
 * Of the best candidates as many are ranked by their texts as these hold together: all turns of a long conversation,
 * some 200 abstracts. Those after them, on later pages, keep their order.
 */
const maxPool = 1_000
const maxPoolText = 300_000

// Offset and limit of a search at their largest.
const furthest = 1_100

/** Candidates that are looked at, at most: half a second. Only where clocks or expiry hide nearly all of them. */
const maxLooks = 100_000

const cutShort = `lexical: looked at ${maxLooks.toLocaleString('en')} items with these words and most do not hold at this moment; older ones may be missing`

interface Found {
  rows: FoundRow[]
  terms: WeightedTerm[]
  degraded: string[]
}

/** Hits best first, with snippets that are made here: rows may be large, and the calling thread has others to serve. */
export function searchLexical(db: Database, query: LexicalQuery): LexicalAnswer {
  const { offset = 0, limit } = query
  const shown = withAlike(query.terms)
  const whole = withHistories(db, query)
  const { rows, degraded } = query.moment?.knownAt === undefined ? searchNow(db, whole) : searchPast(db, whole)
  return { hits: rows.slice(offset, offset + limit).map((row) => toHit(row, shown)), degraded }
}

function searchNow(db: Database, query: HistoryQuery): Found {
  const { rows, pool, terms, degraded } = readBest(db, query, (query.offset ?? 0) + query.limit)
  const best = rankRows(rows.slice(0, pool), query, terms, rankedLength)
  return { rows: best.concat(belowAll(best, rows.slice(pool))), terms, degraded }
}

interface BestRows extends Found {
  /** How many of the first are ranked. */
  pool: number
}

/** The first candidates that the query may find: what it may not takes no place from them. */
function readBest(db: Database, query: HistoryQuery, enough: number): BestRows {
  const { candidates, terms } = findCandidates(db, query)
  const read = rowReader(db, query)
  const rows: FoundRow[] = []
  let [pool, length, looks] = [0, 0, 0]
  for (const candidate of candidates) {
    if (looks++ === maxLooks) return { rows, pool, terms, degraded: [cutShort] }
    const row = read(candidate)
    if (row === undefined) continue
    rows.push(row)
    if (length < maxPoolText && pool < maxPool) {
      pool = rows.length
      length += Math.min(rankedLength, jsonOf(row).length)
    } else if (rows.length >= enough) break
  }
  return { rows, pool, terms, degraded: [] }
}

function jsonOf(row: FoundRow): string {
  return row.kind === 'memory' ? row.memory.value : row.event.content
}

/** Rows after the ranked ones, with scores that go on from theirs and never grow. */
function belowAll(best: FoundRow[], rest: FoundRow[]): FoundRow[] {
  const highest = rest[0]?.score ?? 1
  const first = best.at(-1)?.score ?? 0
  let last = first
  return rest.map((row) => {
    last = Math.min(last, (first * row.score) / highest)
    return { ...row, score: last }
  })
}

/** A word that is far down a long text, or folded otherwise by the index, counts by the candidate's own score. */
function rankRows(rows: FoundRow[], question: LexicalQuery, terms: WeightedTerm[], length: number): FoundRow[] {
  forgetOldTexts()
  const pool = rows.map((row) => toPoolItem(row, length))
  const ranked = weighEvidence(pool, { times: [], ...question }, terms)
  return rows
    .map((row, index) => ({ ...row, score: ranked[index]?.score || row.score / 2 }))
    .sort((a, b) => b.score - a.score)
}

/**
 * The index holds what the store believes now. A question about what it knew earlier is answered from the rows: all
 * memories visible then and the best events of then are ranked together by their whole texts, the same ones for every page.
 */
function searchPast(db: Database, query: HistoryQuery): Found {
  const { memories: _, ...aboutEvents } = query
  const { terms } = findCandidates(db, query)
  const events = query.events ? readBest(db, aboutEvents, furthest) : { rows: [], degraded: [] }
  const rows = rankRows([...pastMemories(db, query), ...events.rows], query, terms, Number.MAX_SAFE_INTEGER)
  return { rows: rows.filter(({ score }) => score > 0), terms, degraded: events.degraded }
}

function* pastMemories(db: Database, query: LexicalQuery): Generator<FoundRow> {
  if (query.memories === undefined) return
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    if (inMemoryScope(memory, query)) yield { kind: 'memory', score: 0, memory }
  }
}

function toHit(row: FoundRow, terms: SearchTerm[]): LexicalHit {
  if (row.kind === 'memory') {
    const { namespace, key, version, value, recordedAt } = row.memory
    const snippet = makeSnippet(leafText(decodeJson(value)) || value, terms)
    return { kind: 'memory', score: row.score, snippet, namespace, key, version, recordedAt }
  }
  const { score, session, owner } = row
  const { seq, eventId, content, timestamp } = row.event
  const snippet = makeSnippet(leafText(decodeJson(content)) || content, terms)
  return { kind: 'event', score, snippet, session, owner, seq, eventId, timestamp }
}
