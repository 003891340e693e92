import type { SearchTerm } from './query.js'
import type { ReadText } from './read-text.js'
import { weights } from './weights.js'
import { numberOf, numbersWithStart } from './word-numbers.js'
import { stemOf } from './words.js'

/** Which term a word of a text is, by the number of its stem, and how much of it: less for a word that is only alike. */
export type TermTable = Map<number, { term: number; share: number }>

export function makeTermTable(terms: SearchTerm[]): TermTable {
  const table: TermTable = new Map()
  for (const [term, { text, prefix }] of terms.entries()) {
    const found = prefix ? numbersWithStart(text) : [numberOf(stemOf(text))]
    for (const number of found) table.set(number, { term, share: 1 })
  }
  for (const [term, { alike = [] }] of terms.entries()) {
    for (const { text, weight } of alike) {
      const number = numberOf(stemOf(text))
      if (!table.has(number)) table.set(number, { term, share: weight })
    }
  }
  return table
}

/** How often a text holds each term, titles weighing more, and where its body does, for passages. */
export interface TermCounts {
  counts: Float64Array
  /** For each term the share of its best word: 1 for the word itself. */
  shares: Float64Array
  places: number[]
  termsAt: number[]
}

export function countTerms({ title, body }: ReadText, table: TermTable, size: number): TermCounts {
  const found: TermCounts = { counts: new Float64Array(size), shares: new Float64Array(size), places: [], termsAt: [] }
  countIn(title, table, weights.title, found)
  countIn(body, table, 1, found, true)
  return found
}

function countIn(words: Int32Array, table: TermTable, weight: number, found: TermCounts, isBody = false): void {
  for (let place = 0; place < words.length; place++) {
    const entry = table.get(words[place] ?? -1)
    if (entry === undefined) continue
    const { term, share } = entry
    found.counts[term] = (found.counts[term] ?? 0) + weight * share
    found.shares[term] = Math.max(found.shares[term] ?? 0, share)
    if (!isBody) continue
    found.places.push(place)
    found.termsAt.push(term)
  }
}
