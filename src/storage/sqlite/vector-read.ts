import type { Database } from 'better-sqlite3'
import { isTrusted } from '../../search/fuse.js'
import { nearlyTheSame } from '../../search/near-duplicates.js'
import { countToRescore, exactScore, vectorOf, worthRescoring } from '../../vectors/rescore.js'
import type { LexicalQuery } from '../search-store.js'
import { scopeExpression } from './search-match.js'
import { all, sql } from './statements.js'
import { hasGaps } from './vector-gaps.js'
import { type ActiveSpace, currentCodes, findActiveSpace, trustOf } from './vector-index.js'
import { itemsInScope } from './vector-scope.js'

/** Something near a question, by the cosine of the angle between their vectors: −1 to 1. */
export interface NearItem {
  id: number
  cosine: number
}

const vectorsOf = sql(
  'vectors.of',
  `select c.item as id, v.vector
   from json_each(:ids) wanted
   cross join embedding_codes c on c.item = wanted.value and c.space_id = :space
   cross join embedding_vectors v on v.change_seq = c.change_seq`,
)

/** What a query may find, seen from a vector. */
export interface NearScope {
  /** The nearest, nearest first, at most so many. */
  nearest: (count: number) => NearItem[]
  /** About the same for a fraction of the time: the cosines of the first are exact, those of others estimated. */
  nearby: (count: number) => NearItem[]
  /** The cosines of those of some items that have a vector. */
  cosines: (ids: number[]) => Map<number, number>
  /** The same without reading vectors, which takes most of the time: they are off by some hundredths. */
  estimates: (ids: number[]) => Map<number, number>
  /** How near all of it is, by a sample. */
  spread: () => { items: number; mean: number; deviation: number }
  /** Whether a notable part of it waits for its vector. */
  hasGaps: () => boolean
}

const sampled = 2_000

/**
 * Of a list that is fused with another the first are answers or tell how near chance comes, up to the 20th: those are exact.
 * For the others an estimate is as good (docs/benchmarks.md), and to read all vectors took a third of a search.
 */
const exactNearby = 20
/** What is further than the 20th by more errors of its estimate: one in 700 belongs before it, and is not lost. */
const errorsNearby = 3

/** The scope of a query; undefined where there is nothing to be found. */
export function openScope(
  db: Database,
  space: ActiveSpace,
  query: LexicalQuery,
  vector: Float32Array,
): NearScope | undefined {
  const scope = scopeExpression(query)
  if (scope === 'nothing') return undefined
  const codes = currentCodes(db, space)
  const among = itemsInScope(db, scope, query)
  const cosines = (ids: number[]): Map<number, number> => cosinesOf(db, space, vector, ids)
  return {
    nearest: (count) => {
      const near = codes.search(vector, countToRescore(count), among)
      const exact = cosines(worthRescoring(near, count, space.dimensions).map(({ item }) => item))
      return nearestFirst(exact).slice(0, count)
    },
    nearby: (count) => {
      const near = codes.search(vector, countToRescore(count), among)
      const first = worthRescoring(near, exactNearby, space.dimensions, errorsNearby)
      const estimated = near.map(({ item, distance }) => [item, 1 - distance] as const)
      const exact = cosines(first.map(({ item }) => item))
      return nearestFirst(new Map([...estimated, ...exact])).slice(0, count)
    },
    estimates: (ids) => codes.estimates(vector, Uint32Array.from(ids)),
    cosines,
    spread: () => {
      const sample = codes.sample(vector, sampled, among)
      return { items: sample.items, ...spreadOf(sample.cosines) }
    },
    hasGaps: () => hasGaps(db, space, codes, among),
  }
}

function nearestFirst(cosines: Map<number, number>): NearItem[] {
  return Array.from(cosines, ([id, cosine]) => ({ id, cosine })).sort((a, b) => b.cosine - a.cosine || a.id - b.id)
}

function spreadOf(values: Float64Array): { mean: number; deviation: number } {
  const count = Math.max(1, values.length)
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) }
}

/** Of two that are alike the angle is less than so much of that between one of them and whatever else there is. */
const nearerThanOthers = 1 / 4

/**
 * How alike items are by their vectors in the active space, each read once; undefined where no space tells it, and for two
 * that are no more alike than others. To some models all texts are: a cosine alone tells nothing there.
 */
export function likenessOf(db: Database): ((item: number, other: number) => number | undefined) | undefined {
  const space = findActiveSpace(db)
  if (space === undefined || !isTrusted(trustOf(space))) return undefined
  const vectors = new Map<number, Float32Array | undefined>()
  const vector = (item: number): Float32Array | undefined => {
    if (!vectors.has(item)) vectors.set(item, storedVector(db, space, item))
    return vectors.get(item)
  }
  const means = new Map<number, number>()
  const meanOf = (item: number, of: Float32Array): number => {
    // Most searches compare nothing that is so near, and need no codes for it.
    const mean = means.get(item) ?? spreadOf(currentCodes(db, space).sample(of, sampled).cosines).mean
    means.set(item, mean)
    return mean
  }
  return (item, other) => {
    const [one, two] = [vector(item), vector(other)]
    if (one === undefined || two === undefined) return undefined
    const cosine = exactScore(one, two)
    if (cosine < nearlyTheSame) return cosine
    return 1 - cosine < nearerThanOthers * (1 - meanOf(item, one)) ? cosine : undefined
  }
}

export function storedVector(db: Database, space: ActiveSpace, id: number): Float32Array | undefined {
  return storedVectors(db, space, [id]).get(id)
}

/** The vectors of those items that have one. */
export function storedVectors(db: Database, space: { id: number }, ids: number[]): Map<number, Float32Array> {
  const rows = all<{ id: number; vector: Buffer }>(db, vectorsOf, { ids: JSON.stringify(ids), space: space.id })
  return new Map(rows.map(({ id, vector }) => [id, vectorOf(vector)]))
}

function cosinesOf(db: Database, space: ActiveSpace, vector: Float32Array, ids: number[]): Map<number, number> {
  const vectors = storedVectors(db, space, ids)
  return new Map(Array.from(vectors, ([id, stored]) => [id, exactScore(vector, stored)]))
}
