import type { Database } from 'better-sqlite3'
import { decodeJson } from '../../json.js'
import { weighEvidence } from '../../search/evidence.js'
import { leafText } from '../../search/index-text.js'
import type { Ranked } from '../../search/pool.js'
import { withAlike } from '../../search/query.js'
import type { WeightedTerm } from '../../search/rank.js'
import { forgetOldTexts, type ReadText } from '../../search/read-text.js'
import { makeSnippet } from '../../search/snippet.js'
import type { LexicalAnswer, LexicalHit, LexicalQuery, ShownHit } from '../search-store.js'
import { visibleMemories } from './memories-read.js'
import { type Candidate, findCandidates } from './search-candidates.js'
import { passes } from './search-filters.js'
import { foldHits } from './search-folds.js'
import { type HistoryQuery, withHistories } from './search-histories.js'
import { nearnessOf, nearRows } from './search-near.js'
import { rankedLength, textOf, toPoolItem } from './search-pool.js'
import { type FoundRow, inMemoryScope, rowReader } from './search-rows.js'

/**
 * Of the best candidates as many are ranked by their texts as these hold together: most turns of a long conversation,
 * some 70 abstracts. Those after them, on later pages, keep their order. Twice as many turns and three times the text
 * find the same (docs/benchmarks.md) and take twice the time.
 */
const maxPool = 400
const maxPoolText = 100_000

// Offset and limit of a search at their largest.
const furthest = 1_100

const readAtOnce = 100

/** Of the nearest so many more are looked at than are asked for: sections of one page are folded. */
const nearAtOnce = 100

/** Candidates that are looked at, at most: half a second. Only where clocks or filters hide nearly all of them. */
const maxLooks = 100_000

/** When asked: writing the number takes 9 ms the first time, which every start of a process would pay. */
const cutShort = (): string =>
  `lexical: looked at ${maxLooks.toLocaleString('en')} items with these words and most do not hold at this moment; older ones may be missing`

/** A row with what speaks for it. */
export interface RankedRow extends Ranked {
  row: FoundRow
  /** Only of what was ranked by its text. */
  text?: ReadText
}

interface Found {
  rows: RankedRow[]
  terms: WeightedTerm[]
  degraded: string[]
}

/**
 * Hits best first, with snippets that are made here: rows may be large, and the calling thread has others to serve. What is
 * not `wanted` is no hit, and nothing is a duplicate of it.
 */
export function searchLexical(
  db: Database,
  query: LexicalQuery,
  wanted: (row: FoundRow) => boolean = () => true,
): LexicalAnswer {
  const { offset = 0, limit, threshold = 0 } = query
  const whole = withHistories(db, query)
  const { rows, terms, degraded } = query.moment?.knownAt === undefined ? searchNow(db, whole) : searchPast(db, whole)
  const folded = foldHits(
    rows.filter(({ match, row }) => match >= threshold && wanted(row)),
    query,
  )
  const show = shower(query, terms)
  return { hits: folded.slice(offset, offset + limit).map(show), degraded }
}

function searchNow(db: Database, query: HistoryQuery): Found {
  return query.mode === 'semantic' ? searchNear(db, query) : searchWords(db, query)
}

/** By vectors alone: scores are cosines. */
function searchNear(db: Database, query: HistoryQuery): Found {
  const nearness = nearnessOf(db, query)
  if ('missing' in nearness) return { rows: [], terms: [], degraded: nearness.missing }
  const near = nearRows(db, query, nearness, nearAtOnce + (query.offset ?? 0) + query.limit)
  const rows = near.map((row) => ({
    row,
    score: row.score,
    match: Math.max(0, row.score),
    evidence: [{ name: 'near' as const, points: row.score, weight: 1 }],
  }))
  return { rows, terms: [], degraded: [] }
}

function searchWords(db: Database, query: HistoryQuery): Found {
  const { rows, pool, terms, degraded } = readBest(db, query, (query.offset ?? 0) + query.limit)
  const best = rankRows(rows.slice(0, pool), query, terms, rankedLength)
  return { rows: best.concat(belowAll(best, rows.slice(pool), terms)), terms, degraded }
}

interface BestRows {
  rows: FoundRow[]
  /** How many of the first are ranked. */
  pool: number
  terms: WeightedTerm[]
  degraded: string[]
}

/** The first candidates that the query may find: what it may not takes no place from them. */
function readBest(db: Database, query: HistoryQuery, enough: number): BestRows {
  const { candidates, terms } = findCandidates(db, query)
  const read = rowReader(db, query)
  const rows: FoundRow[] = []
  const documents = new Set<string>()
  let [pool, length, looks, hits] = [0, 0, 0, 0]
  for (const some of inBatches(candidates)) {
    if (looks >= maxLooks) return { rows, pool, terms, degraded: [cutShort()] }
    looks += some.length
    for (const row of read(some)) {
      rows.push(row)
      const isHit = row.kind !== 'document' || !documents.has(row.chunk.document)
      if (row.kind === 'document') documents.add(row.chunk.document)
      if (isHit) hits++
      if (length >= maxPoolText || pool >= maxPool) continue
      pool = rows.length
      length += Math.min(rankedLength, textOf(row).length)
    }
    if ((length >= maxPoolText || pool >= maxPool) && hits >= enough) break
  }
  return { rows, pool, terms, degraded: [] }
}

function* inBatches(candidates: Iterable<Candidate>): Generator<Candidate[]> {
  let some: Candidate[] = []
  for (const candidate of candidates) {
    some.push(candidate)
    if (some.length < readAtOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

/** Rows after the ranked ones, with scores that go on from theirs and never grow. */
function belowAll(best: RankedRow[], rest: FoundRow[], terms: WeightedTerm[]): RankedRow[] {
  const highest = rest[0]?.score ?? 1
  const first = best.at(-1)?.score ?? 0
  let last = first
  return rest.map((row) => {
    last = Math.min(last, (first * row.score) / highest)
    return byCandidate(row, last, terms)
  })
}

function byCandidate(row: FoundRow, score: number, terms: WeightedTerm[]): RankedRow {
  const total = terms.reduce((sum, { weight }) => sum + weight, 0)
  const match = total > 0 ? Math.min(1, row.score / total) : 0
  return { row, score, match, evidence: [{ name: 'candidate', points: score, weight: 1 }] }
}

/** A word that is far down a long text, or folded otherwise by the index, counts by the candidate's own score. */
function rankRows(rows: FoundRow[], question: LexicalQuery, terms: WeightedTerm[], length: number): RankedRow[] {
  forgetOldTexts()
  const pool = rows.map((row) => toPoolItem(row, length))
  const ranked = weighEvidence(pool, { times: [], ...question }, terms, { listed: question.explain ?? false })
  return rows
    .map((row, index) => {
      const found = ranked[index]
      const text = pool[index]?.text
      if (found === undefined || found.score === 0) return byCandidate(row, row.score / 2, terms)
      const { score, match, evidence } = found
      return { row, score, match, evidence, ...(text && { text }) }
    })
    .sort((a, b) => b.score - a.score)
}

/**
 * The index holds what the store believes now. A question about what it knew earlier is answered from the rows: all
 * memories visible then and the best events and documents of then are ranked together by their whole texts, the same ones
 * for every page.
 */
function searchPast(db: Database, query: HistoryQuery): Found {
  const { memories: _, ...others } = query
  const { terms } = findCandidates(db, query)
  const rest = query.events || query.documents ? readBest(db, others, furthest) : { rows: [], degraded: [] }
  const all = [...pastMemories(db, query), ...rest.rows]
  const rows = rankRows(all, query, terms, Number.MAX_SAFE_INTEGER)
  return { rows: rows.filter(({ score }) => score > 0), terms, degraded: rest.degraded }
}

function* pastMemories(db: Database, query: LexicalQuery): Generator<FoundRow> {
  if (query.memories === undefined) return
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    const row: FoundRow = { kind: 'memory', score: 0, memory }
    if (inMemoryScope(memory, query) && passes(row, query)) yield row
  }
}

/** Makes hits of rows, with as much beside them as was asked for. */
function shower(
  query: LexicalQuery,
  terms: WeightedTerm[],
): (ranked: RankedRow & { duplicates: number }) => LexicalHit {
  const marked = withAlike(query.terms)
  const words = terms.map(({ text, weight }) => ({ text, weight }))
  return ({ row, score, match, evidence, duplicates }) => {
    const text = readableText(row)
    const shown: ShownHit = {
      score,
      snippet: makeSnippet(text, marked),
      ...(query.detail === 'full' && { text }),
      ...(duplicates > 0 && { duplicates }),
      ...(query.explain && {
        explain: {
          retrievers: [{ name: query.mode === 'semantic' ? 'vector' : 'lexical', score: row.score }],
          match,
          evidence,
          words,
        },
      }),
    }
    return { ...shown, ...identityOf(row) }
  }
}

/** The words of a row as people read them. */
export function readableText(row: FoundRow): string {
  if (row.kind === 'document') return row.chunk.text
  const json = textOf(row)
  return leafText(decodeJson(json)) || json
}

type Identity<Hit = LexicalHit> = Hit extends ShownHit ? Omit<Hit, keyof ShownHit> : never

function identityOf(row: FoundRow): Identity {
  if (row.kind === 'memory') {
    const { namespace, key, version, recordedAt } = row.memory
    return { kind: 'memory', namespace, key, version, recordedAt }
  }
  if (row.kind === 'document') {
    const {
      position: chunk,
      lineFrom,
      lineTo,
      text: _text,
      metadata: _metadata,
      syncedAt: _syncedAt,
      ...place
    } = row.chunk
    return { kind: 'document', ...place, chunk, lines: [lineFrom, lineTo] }
  }
  const { session, owner, event } = row
  return { kind: 'event', session, owner, seq: event.seq, eventId: event.eventId, timestamp: event.timestamp }
}
