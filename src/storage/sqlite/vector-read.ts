import type { Database } from 'better-sqlite3'
import { countToRescore, exactScore, vectorOf } from '../../vectors/rescore.js'
import type { LexicalQuery } from '../search-store.js'
import { onlyScope, scopeExpression } from './search-match.js'
import { all, column, sql } from './statements.js'
import { type ActiveSpace, currentCodes } from './vector-index.js'

/** Something near a question, by the cosine of the angle between their vectors: −1 to 1. */
export interface NearItem {
  id: number
  cosine: number
}

const inScope = sql(
  'vectors.inScope',
  `select rowid as id
   from search_text
   where search_text match :match
   order by rowid`,
)

const vectorsOf = sql(
  'vectors.of',
  `select c.item as id, v.vector
   from json_each(:ids) wanted
   cross join embedding_codes c on c.item = wanted.value and c.space_id = :space
   cross join embedding_vectors v on v.change_seq = c.change_seq`,
)

/** The nearest items within the scope of a query, nearest first. */
export function nearestItems(
  db: Database,
  space: ActiveSpace,
  query: LexicalQuery,
  { vector, count }: { vector: Float32Array; count: number },
): NearItem[] {
  const scope = scopeExpression(query)
  if (scope === 'nothing') return []
  const codes = currentCodes(db, space)
  const among =
    scope === 'everything' ? undefined : Uint32Array.from(column<number>(db, inScope, { match: onlyScope(scope) }))
  const found = codes.search(vector, countToRescore(count), among)
  const near = cosinesOf(
    db,
    space,
    vector,
    found.map(({ item }) => item),
  )
  return Array.from(near, ([id, cosine]) => ({ id, cosine }))
    .sort((a, b) => b.cosine - a.cosine || a.id - b.id)
    .slice(0, count)
}

/** The cosines of those items that have a vector. */
export function cosinesOf(db: Database, space: ActiveSpace, vector: Float32Array, ids: number[]): Map<number, number> {
  const rows = all<{ id: number; vector: Buffer }>(db, vectorsOf, { ids: JSON.stringify(ids), space: space.id })
  return new Map(rows.map(({ id, vector: stored }) => [id, exactScore(vector, vectorOf(stored))]))
}
