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

/** How near things are to a question by chance, and what tells so. */
export interface Background {
  /**
   * By how many deviations a cosine stands out from what is near by chance: in a scope without an answer these are normally
   * distributed, whatever the model. Grows with the cosine.
   */
  standing: (similarity: number) => number
  /** Whether what is near is near for its topic: 0 where nothing speaks for that, 1 where much does. */
  topical: number
}

/** Both must be reached by chance alone: answers are among the first, so the shape of the tail is taken from those after. */
const [ofTail, ofBody] = [4, 20]

/** In a smaller scope the tail is a handful. */
const fewest = 100

/**
 * A model that knows topics brings many near that answer nothing, and the nearest of them further than a normal distribution
 * would: its 20th is nearer than the 20th of so many should be, and what shares words with the question is nearer than the
 * rest (`elevation`, in deviations). Such a tail is pressed together until it is normal. Otherwise what stands out is an
 * answer, and is left to stand out.
 */
export function makeBackground({ items, mean, deviation, best }: ScopeSimilarity, elevation: number): Background {
  const plain = (similarity: number): number => deviations({ mean, deviation }, similarity)
  const [first, last] = [best[ofTail - 1], best[ofBody - 1]]
  const byWords = ramp(elevation, 0.05, 0.4)
  if (items < fewest || first === undefined || last === undefined) return { standing: plain, topical: byWords }
  const knee = plain(last)
  const expected = expectedAt(ofBody, items)
  const topical = Math.max(byWords, ramp(knee / expected, 1.1, 1.3))
  const body = 1 + topical * Math.max(0, knee / expected - 1)
  const width = (plain(first) - knee) / (expectedAt(ofTail, items) - expected)
  const tail = 1 + topical * Math.max(0, width - 1)
  const standing = (similarity: number): number => {
    const value = plain(similarity)
    return value <= knee ? value / body : knee / body + (value - knee) / tail
  }
  return { standing, topical }
}

/** Cosines of float32 vectors that differ by less are the same. */
const smallest = 1e-6

/** By how many deviations a cosine is above the mean of its scope; 0 where all are the same. */
export function deviations(
  { mean, deviation }: Pick<ScopeSimilarity, 'mean' | 'deviation'>,
  similarity: number,
): number {
  return deviation > smallest ? (similarity - mean) / deviation : 0
}

/** 0 up to a value, 1 from another on, and evenly between. */
export function ramp(value: number, from: number, to: number): number {
  return Math.max(0, Math.min(1, (value - from) / (to - from)))
}
