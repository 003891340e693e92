import type { Database } from 'better-sqlite3'
import type { SpaceTrust } from '../../search/fuse.js'
import { withoutVectors } from '../../search/without-vectors.js'
import type { LexicalQuery } from '../search-store.js'
import type { HistoryQuery } from './search-histories.js'
import type { FoundRow, RowReader } from './search-rows.js'
import { type ActiveSpace, findActiveSpace, trustOf } from './vector-index.js'
import { type NearScope, openScope } from './vector-read.js'

/** The space that can answer a query and the query's vector in it, or why vectors have no part in the answer. */
type Nearness = { space: ActiveSpace; vector: Float32Array } | { missing: string[] }

function nearnessOf(db: Database, { vector, moment, mode }: LexicalQuery): Nearness {
  const space = findActiveSpace(db)
  if (space === undefined) return { missing: ['vector: the store has no vectors'] }
  const reason = withoutVectors(space.found, { mode, knownAt: moment?.knownAt })
  if (reason !== undefined) return { missing: [reason] }
  if (vector === undefined) return { missing: [`vector: opened without the model of the vectors, ${space.name}`] }
  if ('missing' in vector) return { missing: [vector.missing] }
  if (vector.space !== space.name)
    return { missing: [`vector: the store has vectors of ${space.name}, the question one of ${vector.space}`] }
  return { space, vector: vector.values }
}

/** How far is looked for rows that pass the filters. */
const furthest = 10_000

export interface Near {
  /** Undefined where there is nothing to be found. */
  scope: NearScope | undefined
  trust: SpaceTrust
  /** What is to be said of the answer. */
  degraded: string[]
}

const gaps = 'vector: over a tenth of what may be found waits for its vector'

/** What the query may find, seen from its vector; or why that has no part in the answer. */
export function openNear(db: Database, query: HistoryQuery): Near | { missing: string[] } {
  const nearness = nearnessOf(db, query)
  if ('missing' in nearness) return nearness
  const { space, vector } = nearness
  const scope = openScope(db, space, query, vector)
  return { scope, trust: trustOf(space), degraded: scope?.hasGaps() ? [gaps] : [] }
}

/**
 * The nearest rows that the query may find, nearest first, about `count` of them; their scores are cosines. Where filters
 * leave few of the nearest, more are looked at.
 */
export function nearRows(read: RowReader, nearest: NearScope['nearest'] | undefined, count: number): FoundRow[] {
  if (nearest === undefined) return []
  for (let looks = count; ; looks *= 4) {
    const near = nearest(looks)
    const rows = read(near.map(({ id, cosine }) => ({ id, score: cosine })))
    if (rows.length >= count || near.length < looks || looks >= furthest) return rows.slice(0, count)
  }
}
