import type { Database } from 'better-sqlite3'
import type { CodeIndex } from '../../vectors/code-index.js'
import { countUnqueued } from './embedding-progress.js'
import { isWaiting } from './embedding-spaces.js'
import { column, sql } from './statements.js'
import type { ActiveSpace } from './vector-index.js'

/** From one in so many on, what waits for its vector is worth telling. */
const oneIn = 10

const waitingOf = sql(
  'vectors.waitingOf',
  `select item
   from json_each(:ids) wanted
   cross join embedding_jobs on space_id = :space and item = wanted.value
   where run_after is not null`,
)

const sampled = 100

/** Whether of what has a vector or waits for one more than a tenth waits. Of `among`, undefined is everything. */
export function hasGaps(db: Database, space: ActiveSpace, codes: CodeIndex, among: Uint32Array | undefined): boolean {
  const { id, unqueuedTo } = space
  if (unqueuedTo === 0 && !isWaiting(db, id, 0)) return false
  if (among === undefined) {
    const allowed = Math.floor(codes.size / (oneIn - 1)) - countUnqueued(db, id, unqueuedTo)
    return allowed < 0 || isWaiting(db, id, allowed)
  }
  const without = among.filter((item) => !codes.has(item))
  const allowed = (among.length - without.length) / (oneIn - 1)
  if (without.length <= allowed) return false
  // What has no text has no vector and waits for none.
  const sample = [...without.filter((_, index) => index % Math.ceil(without.length / sampled) === 0)]
  const queued = new Set(column<number>(db, waitingOf, { space: id, ids: JSON.stringify(sample) }))
  const found = sample.filter((item) => item <= unqueuedTo || queued.has(item)).length
  return (found / sample.length) * without.length > allowed
}
