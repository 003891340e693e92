import type { WeightedTerm } from '../../search/rank.js'
import { weights } from '../../search/weights.js'
import type { Candidate, Candidates } from './search-candidates.js'
import { rankedLength, textOf } from './search-pool.js'
import type { FoundRow, RowReader } from './search-rows.js'

/**
 * Of the best candidates as many are ranked by their texts as these hold together: half of a long conversation,
 * some 70 abstracts. Those after them, on later pages, keep their order. Twice as many turns and three times the text
 * find the same (docs/benchmarks.md) and take twice the time.
 */
const maxPool = 300
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
  const turns = new Map<number, number>()
  let [pool, length, looks, hits] = [0, 0, 0, 0]
  for (const some of inBatches(besideTurns(candidates, turns))) {
    if (looks >= maxLooks) return { rows, pool, terms, unheld, degraded: [cutShort()] }
    looks += some.length
    for (const row of read(some)) {
      rows.push(row)
      if (row.kind === 'event' && row.id !== undefined) turns.set(row.id, row.score)
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

/** So many candidates after the first batch. */
const besideAmong = 1_000

/**
 * The first candidates, and then those sooner which were written beside turns among them: talk goes on without saying its words
 * again. Turns of a session mostly have ids in a row; where they have not, candidates come as they were. `turns` are those
 * that were read of the first batch, known when the next is asked for.
 */
function* besideTurns(candidates: Iterable<Candidate>, turns: ReadonlyMap<number, number>): Generator<Candidate> {
  const next: Candidate[] = []
  let place = 0
  for (const candidate of candidates) {
    place++
    if (place <= readAtOnce || place > readAtOnce + besideAmong) yield candidate
    else next.push(candidate)
    if (place === readAtOnce + besideAmong) yield* inOrder(next, turns)
  }
  if (place < readAtOnce + besideAmong) yield* inOrder(next, turns)
}

function inOrder(candidates: Candidate[], turns: ReadonlyMap<number, number>): Candidate[] {
  if (turns.size === 0) return candidates
  const known = candidates.map((candidate) => ({
    candidate,
    order: candidate.score + weights.beside * besideOf(candidate, turns),
  }))
  return known.sort((a, b) => b.order - a.order || b.candidate.id - a.candidate.id).map(({ candidate }) => candidate)
}

function besideOf({ id }: Candidate, turns: ReadonlyMap<number, number>): number {
  let best = 0
  for (let distance = 1; distance <= weights.besideDistance; distance++)
    best = Math.max(best, turns.get(id - distance) ?? 0, turns.get(id + distance) ?? 0)
  return best
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
