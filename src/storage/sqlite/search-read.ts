import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import { documentText, eventText, leafText, memoryText } from '../../search/index-text.js'
import type { SearchTerm } from '../../search/query.js'
import { type RankedText, scoreTexts, type WeightedTerm } from '../../search/rank.js'
import { makeSnippet } from '../../search/snippet.js'
import type { LexicalAnswer, LexicalHit, LexicalQuery } from '../search-store.js'
import { visibleMemories } from './memories-read.js'
import { findCandidates } from './search-candidates.js'
import { type HistoryQuery, withHistories } from './search-histories.js'
import { type FoundRow, inMemoryScope, rowReader } from './search-rows.js'

/** How many of the best candidates are ranked by their texts; those after them, on later pages, keep their order. */
const ranked = 100

/** What of a long text is ranked. A word that comes later still counts, as a candidate's. */
const rankedLength = 8_192

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
  const whole = withHistories(db, query)
  const { rows, degraded } = query.moment?.knownAt === undefined ? searchNow(db, whole) : searchPast(db, whole)
  return { hits: rows.slice(offset, offset + limit).map((row) => toHit(row, query.terms)), degraded }
}

function searchNow(db: Database, query: HistoryQuery): Found {
  const { rows, terms, degraded } = readBest(db, query, Math.max(ranked, (query.offset ?? 0) + query.limit))
  const best = rankRows(rows.slice(0, ranked), terms, rankedLength)
  return { rows: best.concat(belowAll(best, rows.slice(ranked))), terms, degraded }
}

/** The first candidates that the query may find: what it may not takes no place from them. */
function readBest(db: Database, query: HistoryQuery, enough: number): Found {
  const { candidates, terms } = findCandidates(db, query)
  const read = rowReader(db, query)
  const rows: FoundRow[] = []
  let looks = 0
  for (const candidate of candidates) {
    if (looks++ === maxLooks) return { rows, terms, degraded: [cutShort] }
    const row = read(candidate)
    if (row) rows.push(row)
    if (rows.length >= enough) break
  }
  return { rows, terms, degraded: [] }
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
function rankRows(rows: FoundRow[], terms: WeightedTerm[], length?: number): FoundRow[] {
  const scores = scoreTexts(
    rows.map((row) => textOf(row, length)),
    terms,
  )
  return rows.map((row, index) => ({ ...row, score: scores[index] || row.score / 2 })).sort((a, b) => b.score - a.score)
}

/**
 * The index holds what the store believes now. A question about what it knew earlier is answered from the rows: all
 * memories visible then and the best events and documents of then are ranked together by their whole texts, the same ones for every page.
 */
function searchPast(db: Database, query: HistoryQuery): Found {
  const { memories: _, ...others } = query
  const { terms } = findCandidates(db, query)
  const rest = query.events || query.documents ? readBest(db, others, furthest) : { rows: [], degraded: [] }
  const rows = rankRows([...pastMemories(db, query), ...rest.rows], terms)
  return { rows: rows.filter(({ score }) => score > 0), terms, degraded: rest.degraded }
}

function* pastMemories(db: Database, query: LexicalQuery): Generator<FoundRow> {
  if (query.memories === undefined) return
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    if (inMemoryScope(memory, query)) yield { kind: 'memory', score: 0, memory }
  }
}

function textOf(row: FoundRow, length: number | undefined): RankedText {
  if (row.kind === 'memory') return memoryText(row.memory.key, decodeJson(row.memory.value), length)
  if (row.kind === 'document') return documentText(row.chunk, row.chunk.text, length)
  return eventText(row.event.actor, decodeJson(row.event.content), length)
}

function toHit(row: FoundRow, terms: SearchTerm[]): LexicalHit {
  if (row.kind === 'memory') {
    const { namespace, key, version, value, recordedAt } = row.memory
    const snippet = makeSnippet(leafText(decodeJson(value)) || value, terms)
    return { kind: 'memory', score: row.score, snippet, namespace, key, version, recordedAt }
  }
  if (row.kind === 'document') {
    const { text, lineFrom, lineTo, syncedAt: _, ...place } = row.chunk
    return {
      kind: 'document',
      score: row.score,
      snippet: makeSnippet(text, terms),
      ...place,
      lines: [lineFrom, lineTo],
    }
  }
  const { score, session, owner } = row
  const { seq, eventId, content, timestamp } = row.event
  const snippet = makeSnippet(leafText(decodeJson(content)) || content, terms)
  return { kind: 'event', score, snippet, session, owner, seq, eventId, timestamp }
}
