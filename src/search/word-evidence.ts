import type { WeightedTerm } from './rank.js'
import type { TermCounts } from './term-table.js'
import { weights } from './weights.js'

/** The terms, weighing more where the texts that hold one say it again: what they say again they are about. */
export function weighRepeats(terms: WeightedTerm[], counted: TermCounts[]): WeightedTerm[] {
  return terms.map((term, index) => {
    // As if one text more said it once: a single text tells little.
    let [texts, times] = [1, 1]
    for (const counts of counted) {
      const here = counts.times[index] ?? 0
      if (here > 0) texts++
      times += Math.min(weights.repeatsCounted, here)
    }
    return { ...term, weight: term.weight * (times / texts) ** weights.repeats }
  })
}

/** Points of each term of a text by Okapi BM25; `relativeLength` is its length beside the mean of its kind. */
export function termPoints({ counts }: TermCounts, terms: WeightedTerm[], relativeLength: number): number[] {
  const { saturation, length } = weights
  const norm = saturation * (1 - length + length * relativeLength)
  return terms.map(({ weight }, term) => {
    const count = counts[term] ?? 0
    return (weight * count * (saturation + 1)) / (count + norm)
  })
}

/** How much of the question a text holds, by the weights of its terms: 0 to 1. */
export function covered({ shares }: TermCounts, terms: WeightedTerm[], total: number): number {
  return total > 0 ? terms.reduce((sum, { weight }, term) => sum + weight * (shares[term] ?? 0), 0) / total : 0
}

/** How much of the question the best stretch of words holds: 0 to 1. */
export function bestPassage({ places, termsAt }: TermCounts, terms: WeightedTerm[], total: number): number {
  const inside = new Int32Array(terms.length)
  let [best, held, first] = [0, 0, 0]
  for (let last = 0; last < places.length; last++) {
    const entered = termsAt[last] ?? 0
    if (inside[entered] === 0) held += terms[entered]?.weight ?? 0
    inside[entered] = (inside[entered] ?? 0) + 1
    while ((places[last] ?? 0) - (places[first] ?? 0) >= weights.passageLength) {
      const left = termsAt[first++] ?? 0
      inside[left] = (inside[left] ?? 0) - 1
      if (inside[left] === 0) held -= terms[left]?.weight ?? 0
    }
    best = Math.max(best, held)
  }
  return total > 0 ? best / total : 0
}
