import type { Database } from 'better-sqlite3'
import { weighEvidence } from '../../search/evidence.js'
import { heldWords } from '../../search/held-words.js'
import { readableFrontMatter } from '../../search/index-text.js'
import type { PoolItem, Ranked } from '../../search/pool.js'
import { withAlike } from '../../search/query.js'
import type { WeightedTerm } from '../../search/rank.js'
import { forgetOldTexts, type ReadText } from '../../search/read-text.js'
import { longestText, type Snippet, snippetMaker } from '../../search/snippet.js'
import { makeTermTable } from '../../search/term-table.js'
import type { HitExplanation, LexicalAnswer, LexicalHit, LexicalQuery, ShownHit } from '../search-store.js'
import { visibleMemories } from './memories-read.js'
import { readBest } from './search-best.js'
import { findCandidates, IndexReads } from './search-candidates.js'
import { correctQuery, remembering } from './search-corrections.js'
import { isOnlyTimes, type Reading, withDated } from './search-dated.js'
import { rowFilter } from './search-filters.js'
import { foldHits } from './search-folds.js'
import { type HistoryQuery, withHistories } from './search-histories.js'
import { type ByWords, fuseRows, nearAtOnce, ofDocuments } from './search-hybrid.js'
import { nearRows, openNear } from './search-near.js'
import { poolItems, rankedLength, readableText, toPoolItem } from './search-pool.js'
import { type FoundRow, inMemoryScope, rowReader } from './search-rows.js'
import { likenessOf } from './vector-read.js'

// Offset and limit of a search at their largest.
const furthest = 1_100

/** A row with what speaks for it. */
export interface RankedRow extends Ranked {
  row: FoundRow
  /** Its text, read when it is asked for; only of what was ranked by words or vectors. */
  text?: () => ReadText
  /** Only of what vectors have found. */
  cosine?: number
}

/** What a search has found, best first. */
export interface Found {
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
  query: HistoryQuery,
  wanted: (row: FoundRow) => boolean = () => true,
): LexicalAnswer {
  const { offset = 0, limit } = query
  const whole = withHistories(db, query)
  const { rows, terms, degraded } = query.moment?.knownAt === undefined ? searchNow(db, whole) : searchPast(db, whole)
  const folded = foldHits(
    rows.filter((found) => holdsEnough(found, query) && wanted(found.row)),
    query,
    usesVectors(query) ? likenessOf(db) : undefined,
  )
  const show = shower(query, terms)
  return { hits: folded.slice(offset, offset + limit).map(show), degraded }
}

/** By vectors alone the threshold is the least cosine, and otherwise the least share of the question. */
function holdsEnough({ match, cosine }: RankedRow, { threshold, mode }: LexicalQuery): boolean {
  if (threshold === undefined) return true
  return (mode === 'semantic' && cosine !== undefined ? cosine : match) >= threshold
}

function usesVectors({ mode = 'lexical' }: LexicalQuery): boolean {
  return mode !== 'lexical'
}

function searchNow(db: Database, query: HistoryQuery): Found {
  if (query.mode === 'semantic') return searchNear(db, query)
  // Nothing is near to a date.
  if (query.mode !== 'hybrid' || isOnlyTimes(query)) return searchWordsAndTimes(db, query)
  const near = openNear(db, query)
  if ('missing' in near) {
    const found = searchWordsAndTimes(db, query)
    return { ...found, degraded: [...found.degraded, ...near.missing] }
  }
  const words = searchWords(db, query)
  const nearestBy = (way: 'nearest' | 'nearby', count: number): FoundRow[] =>
    nearRows(words.reading.read, near.scope?.[way], count)
  return { ...words, rows: fuseRows(words, nearestBy, near), degraded: [...words.degraded, ...near.degraded] }
}

/** By vectors alone: scores are cosines. More are looked at than are asked for, since sections of one page are folded. */
function searchNear(db: Database, query: HistoryQuery): Found {
  const near = openNear(db, query)
  if ('missing' in near) return { rows: [], terms: [], degraded: near.missing }
  const enough = (query.offset ?? 0) + query.limit
  const read = remembering(rowReader(db, query))
  const nearest = (count: number): FoundRow[] => nearRows(read, near.scope?.nearest, count)
  const first = nearAtOnce + enough
  const rows = ofDocuments(enough, nearest(first), nearest, first).map((row) => ({
    row: { ...row, score: 0 },
    score: row.score,
    cosine: row.score,
    match: Math.max(0, row.score),
    evidence: [{ name: 'near' as const, points: row.score, weight: 1 }],
  }))
  return { rows, terms: [], degraded: near.degraded }
}

function searchWordsAndTimes(db: Database, query: HistoryQuery): Found {
  const { index, reading, ...found } = searchWords(db, query)
  return withDated(db, index, query, reading, found)
}

function searchWords(db: Database, query: HistoryQuery): Found & ByWords & { index: IndexReads; reading: Reading } {
  const enough = (query.offset ?? 0) + query.limit
  forgetOldTexts()
  const [index, read, itemOf] = [new IndexReads(db), remembering(rowReader(db, query)), poolItems(rankedLength)]
  const asWritten = readBest(findCandidates(index, query), read, enough)
  const meant = correctQuery(index, query, { read, itemOf }, asWritten)
  const { rows, pool, terms, degraded } = meant ? readBest(findCandidates(index, meant), read, enough) : asWritten
  const best = rankRows(rows.slice(0, pool), query, terms, itemOf)
  const ranked = best.concat(belowAll(best, rows.slice(pool), terms))
  return { rows: ranked, pool, terms, degraded, index, reading: { read, itemOf } }
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
function rankRows(
  rows: FoundRow[],
  question: LexicalQuery,
  terms: WeightedTerm[],
  itemOf: (row: FoundRow) => PoolItem,
): RankedRow[] {
  const pool = rows.map(itemOf)
  const ranked = weighEvidence(pool, { times: [], ...question }, terms, { listed: question.explain ?? false })
  return rows
    .map((row, index) => {
      const found = ranked[index]
      const text = pool[index]?.text
      if (found === undefined || found.score === 0) return byCandidate(row, row.score / 2, terms)
      const { score, match, evidence } = found
      return { row, score, match, evidence, ...(text && { text: () => text }) }
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
  forgetOldTexts()
  const index = new IndexReads(db)
  const { terms } = findCandidates(index, query)
  const [read, itemOf] = [rowReader(db, others), poolItems(Number.MAX_SAFE_INTEGER)]
  const rest =
    query.events || query.documents
      ? readBest(findCandidates(index, others), read, furthest)
      : { rows: [], degraded: [] }
  const all = rankRows([...pastMemories(db, query), ...rest.rows], query, terms, itemOf)
  const rows = all.filter(({ score }) => score > 0)
  const memories = all.flatMap(({ score, row }) => (score > 0 ? [] : row))
  const found = withDated(db, index, others, { read, itemOf }, { rows, terms, degraded: rest.degraded }, memories)
  const near = usesVectors(query) ? openNear(db, query) : undefined
  return { ...found, degraded: [...found.degraded, ...(near && 'missing' in near ? near.missing : [])] }
}

function* pastMemories(db: Database, query: LexicalQuery): Generator<FoundRow> {
  if (query.memories === undefined) return
  const passes = rowFilter(query)
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    const row: FoundRow = { kind: 'memory', score: 0, memory }
    if (inMemoryScope(memory, query) && passes(row)) yield row
  }
}

/** Makes hits of rows, with as much beside them as was asked for. */
function shower(
  query: LexicalQuery,
  terms: WeightedTerm[],
): (ranked: RankedRow & { duplicates: number }) => LexicalHit {
  const snippetOf = snippetMaker(withAlike(terms.length > 0 ? terms : query.terms))
  const wordsOf = wordExplainer(terms)
  return ({ row, score, match, evidence, cosine, duplicates }) => {
    const text = readableText(row)
    const shown: ShownHit = {
      score,
      snippet: showing(row, text, snippetOf),
      ...(query.detail === 'full' && { text }),
      ...(duplicates > 0 && { duplicates }),
      ...(query.explain && {
        explain: {
          retrievers: retrieversOf(row, cosine),
          match,
          evidence,
          words: wordsOf(row),
        },
      }),
    }
    return { ...shown, ...identityOf(row) }
  }
}

/** The passage, or the front matter where only that holds a word of the question. */
function showing(row: FoundRow, text: string, snippetOf: (text: string) => Snippet): Snippet {
  const snippet = snippetOf(text)
  if (row.kind !== 'document' || snippet.marks.length > 0) return snippet
  const other = snippetOf(readableFrontMatter(row.chunk))
  return other.marks.length > 0 ? other : snippet
}

function retrieversOf(row: FoundRow, cosine: number | undefined): HitExplanation['retrievers'] {
  return [
    ...(row.score > 0 || cosine === undefined ? [{ name: 'lexical' as const, score: row.score }] : []),
    ...(cosine === undefined ? [] : [{ name: 'vector' as const, score: cosine }]),
  ]
}

function wordExplainer(terms: WeightedTerm[]): (row: FoundRow) => HitExplanation['words'] {
  const table = makeTermTable(terms)
  return (row) => {
    const held = heldWords(toPoolItem(row, longestText).text, table, terms.length)
    return terms.map(({ text, weight, alike = [] }, term) => {
      const readAs = alike.flatMap((other) => (other.isCorrection ? other.text : []))
      return { text, weight, by: held[term] ?? [], ...(readAs.length > 0 && { readAs }) }
    })
  }
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
