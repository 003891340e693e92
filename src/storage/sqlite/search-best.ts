import type { WeightedTerm } from '../../search/rank.js'
import type { Candidate, Candidates } from './search-candidates.js'
import { rankedLength, textOf } from './search-pool.js'
import type { FoundRow, RowReader } from './search-rows.js'

/**
 * Of the best candidates as many are ranked by their texts as these hold together: most turns of a long conversation,
 * some 70 abstracts. Those after them, on later pages, keep their order. Twice as many turns and three times the text
 * find the same (docs/benchmarks.md) and take twice the time.
 */
const maxPool = 400
const maxPoolText = 100_000

const readAtOnce = 100

/** Candidates that are looked at, at most: half a second. Only where clocks or filters hide nearly all of them. */
const maxLooks = 100_000

/** When asked: writing the number takes 9 ms the first time, which every start of a process would pay. */
const cutShort = (): string =>
  `lexical: looked at ${maxLooks.toLocaleString('en')} items with these words and most do not hold at this moment; older ones may be missing`

export interface BestRows {
  rows: FoundRow[]
  /** How many of the first are ranked. */
  pool: number
  terms: WeightedTerm[]
  /** Those that nothing in the scope holds. */
  unheld: WeightedTerm[]
  degraded: string[]
}

/** The first candidates that the query may find: what it may not takes no place from them. */
export function readBest({ candidates, terms, unheld }: Candidates, read: RowReader, enough: number): BestRows {
  const rows: FoundRow[] = []
  const documents = new Set<string>()
  let [pool, length, looks, hits] = [0, 0, 0, 0]
  for (const some of inBatches(candidates)) {
    if (looks >= maxLooks) return { rows, pool, terms, unheld, degraded: [cutShort()] }
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
  return { rows, pool, terms, unheld, degraded: [] }
}

export function* inBatches(candidates: Iterable<Candidate>): Generator<Candidate[]> {
  let some: Candidate[] = []
  for (const candidate of candidates) {
    some.push(candidate)
    if (some.length < readAtOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
