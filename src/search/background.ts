import { expectedAt } from './normal.js'

/** How near all that a question may find is to it, by the cosines of its vector and theirs. */
export interface ScopeSimilarity {
  /** How many vectors there are in the scope. */
  items: number
  mean: number
  deviation: number
  /** The greatest cosines, greatest first, of each document only its best: 20 or more where there are so many. */
  best: number[]
}

/** Answers are among the first, so how far chance reaches is taken from those after. */
const [ofTail, ofBody] = [4, 20]

/** In a smaller scope the tail is a handful. */
const fewest = 100

/** Nothing is drawn further apart than this, or where all but a few are the same those few would be infinitely far. */
const least = 0.5

/** Cosines of float32 vectors that differ by less are the same. */
const smallest = 1e-6

/**
 * By how many deviations a cosine stands out from what is near by chance; it grows with the cosine. A model that knows topics
 * brings many near that answer nothing: its 20th is nearer than the 20th of so many normal values, and those before are
 * further from it. What is too wide is pressed together until both are where chance has them, so that the scale is the same
 * for every model.
 */
export function makeStanding({ items, mean, deviation, best }: ScopeSimilarity): (similarity: number) => number {
  const plain = (similarity: number): number => (deviation > smallest ? (similarity - mean) / deviation : 0)
  const last = best[ofBody - 1]
  if (items < fewest || last === undefined) return plain
  const knee = plain(last)
  const expected = expectedAt(ofBody, items)
  let [tail, expectedTail] = [0, 0]
  for (let rank = ofTail; rank < ofBody; rank++) {
    tail += plain(best[rank - 1] ?? last) - knee
    expectedTail += expectedAt(rank, items) - expected
  }
  const ofTheBody = Math.max(least, knee / expected)
  const ofTheTail = Math.max(least, tail / expectedTail)
  return (similarity) => {
    const value = plain(similarity)
    return value <= knee ? value / ofTheBody : knee / ofTheBody + (value - knee) / ofTheTail
  }
}
