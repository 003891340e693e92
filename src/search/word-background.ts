import { deviations, type ScopeSimilarity } from './background.js'
import type { FusionCandidate } from './fuse.js'

/** Where hits by words stand as a rule, by their share of the best score. */
export interface WordStanding {
  standing: (share: number) => number
  deviation: number
}

/** Of hits by words, best first: the first may be answers, and those far down share a word by chance. */
const [first, last] = [2, 60]
const fewest = 5

/** As many hits as these, that say nothing, are counted beside those there are. */
const supposed = 10
const supposedSpread = 0.15

/** What stands out further is an answer, and no rule. In deviations. */
const atMost = 2.5
const mostElevation = 3

export interface WordBackground {
  /** By how many deviations of the scope hits by words are nearer than what is in it. */
  elevation: (scope: ScopeSimilarity) => number
  expect: (standings: (number | undefined)[]) => WordStanding
}

/** How near hits by words are for their words alone, of each document by its best. */
export function makeWordBackground(candidates: readonly FusionCandidate[], shares: number[]): WordBackground {
  const seen = new Set<string>()
  const hits = [...candidates.keys()]
    .filter((index) => (shares[index] ?? 0) > 0)
    .sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0) || (similarityOf(b) ?? 0) - (similarityOf(a) ?? 0))
    .filter((index) => isNew(candidates[index]?.document, seen))
    .slice(first, last)
    .filter((index) => similarityOf(index) !== undefined)
  function similarityOf(index: number): number | undefined {
    return candidates[index]?.similarity
  }
  return {
    // Of few hits nothing is known, so the space may be one of topics.
    elevation: (scope) =>
      hits.length < fewest
        ? 1
        : meanOf(hits.map((index) => Math.min(mostElevation, deviations(scope, similarityOf(index) ?? scope.mean)))),
    expect: (standings) =>
      fitLine(hits.map((index) => ({ x: Math.sqrt(shares[index] ?? 0), y: standings[index] ?? 0 }))),
  }
}

function isNew(document: string | undefined, seen: Set<string>): boolean {
  if (document === undefined) return true
  const known = seen.has(document)
  seen.add(document)
  return !known
}

/** A line through them, drawn to nothing by as many supposed hits; it never falls, nor goes below what is by chance. */
function fitLine(points: { x: number; y: number }[]): WordStanding {
  if (points.length < 3) return { standing: () => 0, deviation: 1 }
  const sure = points.length / (points.length + supposed)
  const x = meanOf(points.map((point) => point.x))
  const rough = meanOf(points.map((point) => point.y))
  const limit = rough + atMost * deviationOf(points.map((point) => point.y - rough))
  const ys = points.map((point) => Math.min(limit, point.y))
  const y = meanOf(ys)
  const spread = meanOf(points.map((point) => (point.x - x) ** 2)) * points.length + supposed * supposedSpread ** 2
  const common = points.reduce((sum, point, index) => sum + (point.x - x) * ((ys[index] ?? 0) - y), 0)
  const slope = Math.max(0, common / spread)
  const rest = deviationOf(points.map((point, index) => (ys[index] ?? 0) - y - slope * (point.x - x)))
  return {
    standing: (share) => (share > 0 ? Math.max(0, sure * (y + slope * (Math.sqrt(share) - x))) : 0),
    deviation: Math.max(1, sure * rest + 1 - sure),
  }
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** Around 0. */
function deviationOf(values: number[]): number {
  return Math.sqrt(meanOf(values.map((value) => value * value)))
}
