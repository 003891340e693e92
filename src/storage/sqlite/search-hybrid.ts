import type { ScopeSimilarity } from '../../search/background.js'
import { type FusionCandidate, fuse } from '../../search/fuse.js'
import type { Asking } from '../../search/read-text.js'
import type { Near } from './search-near.js'
import { askingOf, rankedLength, toPoolItem } from './search-pool.js'
import type { RankedRow } from './search-read.js'
import type { FoundRow } from './search-rows.js'
import type { NearScope } from './vector-read.js'

/** What words have found, best first: the first `pool` were ranked by their texts. */
export interface ByWords {
  rows: RankedRow[]
  pool: number
}

/** How many of the nearest have a part in the order: the same for every page. */
export const nearAtOnce = 100
/** Of what words have found and is not among the nearest, so many of the best have their vectors read. */
const exactOthers = 20
/** So many documents tell how near is near by chance. Where sections of fewer are the nearest, more are read. */
const documentsAtLeast = 20
const nearAtMost = 1_000

/** So many rows, nearest first, with cosines as scores: exact ones, or mostly estimates. */
type NearReader = (way: 'nearest' | 'nearby', count: number) => FoundRow[]

/** What words and what vectors have found, in one order. */
export function fuseRows({ rows, pool }: ByWords, nearRows: NearReader, { scope, trust }: Near): RankedRow[] {
  const nearest = nearRows('nearby', nearAtOnce)
  if (scope === undefined || nearest.length === 0) return rows
  const cosines = new Map(nearest.map(({ id, score }) => [id, score]))
  const isFused = (ranked: RankedRow, index: number): boolean => index < pool || cosines.has(ranked.row.id)
  const candidates = rows.filter(isFused).concat(nearOnly(nearest, rows))
  const others = candidates.flatMap(({ row: { id } }) => (id === undefined || cosines.has(id) ? [] : [id]))
  for (const [id, cosine] of scope.estimates(others)) cosines.set(id, cosine)
  for (const [id, cosine] of scope.cosines(others.slice(0, exactOthers))) cosines.set(id, cosine)
  const fused = fuse(toCandidates(candidates, cosines), similarityOf(nearest, nearRows, scope), trust)
  const found = new Set(nearest.map(({ id }) => id))
  const ranked = candidates.flatMap((candidate, index) => {
    const { score, points, certainty } = fused[index] ?? { score: candidate.score, points: 0, certainty: 0 }
    if (score === 0) return []
    const match = Math.max(candidate.match, certainty)
    const near = { name: 'near' as const, points, weight: certainty }
    const evidence = points === 0 ? candidate.evidence : [...candidate.evidence, near]
    const cosine = found.has(candidate.row.id) ? cosines.get(candidate.row.id) : undefined
    return [{ ...withText(candidate), score, match, evidence, ...(cosine !== undefined && { cosine }) }]
  })
  const rest = rows.filter((row, index) => !isFused(row, index))
  return [...ranked, ...rest].sort((a, b) => b.score - a.score)
}

/** Those of the nearest that words have not found. */
function nearOnly(nearest: FoundRow[], byWords: RankedRow[]): RankedRow[] {
  const known = new Set(byWords.map(({ row }) => row.id))
  return nearest
    .filter(({ id }) => !known.has(id))
    .map((row) => ({ row: { ...row, score: 0 }, score: 0, match: 0, evidence: [] }))
}

function withText(ranked: RankedRow): RankedRow {
  return ranked.text ? ranked : { ...ranked, text: () => toPoolItem(ranked.row, rankedLength).text }
}

function toCandidates(ranked: RankedRow[], cosines: Map<number | undefined, number>): FusionCandidate[] {
  const turns = new Map(
    ranked.flatMap(({ row, text }) => (row.kind === 'event' ? [[turnOf(row, 0), asTurn(row, text)]] : [])),
  )
  return ranked.map(({ row, score }) => {
    const similarity = cosines.get(row.id)
    if (row.kind === 'document') return { score, similarity, document: row.chunk.document }
    if (row.kind === 'memory') return { score, similarity }
    const before = turns.get(turnOf(row, -1))
    const follows = before?.hasQuestion ? cosines.get(before.id) : undefined
    return { score, similarity, asks: turns.get(turnOf(row, 0))?.asks, follows }
  })
}

type EventRow = FoundRow & { kind: 'event' }

/** What is near and was not ranked by its words needs not be read for this. */
function asTurn({ id, event }: EventRow, text: RankedRow['text']): { id: EventRow['id'] } & Asking {
  const { asks, hasQuestion } = text?.() ?? askingOf(event.content)
  return { id, asks, hasQuestion }
}

function turnOf({ session, event }: EventRow, distance: number): string {
  return `${session} ${event.seq + distance}`
}

function similarityOf(nearest: FoundRow[], nearRows: NearReader, scope: NearScope): ScopeSimilarity {
  const rows = ofDocuments(documentsAtLeast, nearest, (count) => nearRows('nearest', count), nearAtOnce)
  return { ...scope.spread(), best: bestOfDocuments(rows).map(({ score }) => score) }
}

/** The `count` nearest, or more, where sections of fewer documents than `least` are among these. */
export function ofDocuments(
  least: number,
  nearest: FoundRow[],
  nearRows: (count: number) => FoundRow[],
  count: number,
): FoundRow[] {
  if (nearest.length < count || count >= nearAtMost || bestOfDocuments(nearest).length >= least) return nearest
  const more = Math.min(nearAtMost, 4 * count)
  return ofDocuments(least, nearRows(more), nearRows, more)
}

/** Of each document its nearest section. */
function bestOfDocuments(rows: FoundRow[]): FoundRow[] {
  const documents = new Set<string>()
  return rows.filter((row) => {
    if (row.kind !== 'document') return true
    const isFirst = !documents.has(row.chunk.document)
    documents.add(row.chunk.document)
    return isFirst
  })
}
