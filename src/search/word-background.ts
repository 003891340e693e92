import type { FusionCandidate } from './fuse.js'

/** Of hits by words, best first: the first may be answers, and those far down share a word by chance. */
const [first, last] = [2, 60]
const fewest = 3

/** As many hits as these, that say nothing, are counted beside those there are. */
const supposed = 10
const supposedSpread = 0.15

/** What stands out further is an answer, and no rule. In deviations. */
const atMost = 2.5

/**
 * How far hits by words stand out for their words alone, by their share of the best score: a line through the root of the
 * shares. It never falls, nor goes below what is by chance.
 */
export function expectByWords(
  candidates: readonly FusionCandidate[],
  shares: number[],
  standings: (number | undefined)[],
): (share: number) => number {
  const hits = [...candidates.keys()]
    .filter((index) => (shares[index] ?? 0) > 0)
    .sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0) || (standings[b] ?? 0) - (standings[a] ?? 0))
  const points = bestOfDocuments(hits, candidates)
    .slice(first, last)
    .flatMap((index) => {
      const standing = standings[index]
      return standing === undefined ? [] : [{ x: Math.sqrt(shares[index] ?? 0), y: Math.min(atMost, standing) }]
    })
  return points.length < fewest ? () => 0 : lineThrough(points)
}

/** Sections of one document are alike. */
function bestOfDocuments(hits: number[], candidates: readonly FusionCandidate[]): number[] {
  const seen = new Set<string>()
  return hits.filter((index) => {
    const document = candidates[index]?.document
    if (document === undefined) return true
    const isNew = !seen.has(document)
    seen.add(document)
    return isNew
  })
}

function lineThrough(points: { x: number; y: number }[]): (share: number) => number {
  const x = meanOf(points.map((point) => point.x))
  const y = meanOf(points.map((point) => point.y))
  const common = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0)
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, supposed * supposedSpread ** 2)
  const height = Math.max(0, (y * points.length) / (points.length + supposed))
  const slope = Math.max(0, common / spread)
  return (share) => (share > 0 ? Math.max(0, height + slope * (Math.sqrt(share) - x)) : 0)
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
