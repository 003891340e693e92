import type { PoolItem } from './pool.js'
import type { WeightedTerm } from './rank.js'
import { foldWords, stemOf } from './words.js'

/** Those who speak in the pool and are named in the question, and by which of its terms. */
export interface Speakers {
  names: Set<string>
  terms: Set<number>
}

/** A question that holds nothing but names is about what the names stand for: then they count as words. */
export function speakersNamed(pool: PoolItem[], terms: WeightedTerm[]): Speakers {
  const speakers = new Set(pool.flatMap(({ speaker }) => (speaker === undefined ? [] : [speaker])))
  const found: Speakers = { names: new Set(), terms: new Set() }
  for (const speaker of speakers) {
    const words = foldWords(speaker)
      .split(' ')
      .filter((word) => word !== '')
    for (const [index, { text }] of terms.entries()) {
      const isName = words.some((word) => stemOf(word) === stemOf(text))
      if (isName) found.terms.add(index)
      if (isName) found.names.add(speaker)
    }
  }
  return found.terms.size < terms.length ? found : { ...found, terms: new Set() }
}
