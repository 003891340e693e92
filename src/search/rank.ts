import type { IndexText } from './index-text.js'
import type { SearchTerm } from './query.js'
import { stemOf } from './words.js'

/** A term and how much it tells: its inverse document frequency. */
export interface WeightedTerm extends SearchTerm {
  weight: number
}

export type RankedText = Pick<IndexText, 'title' | 'body'>

/** A title counts double: a key or a speaker says more than a word in passing. */
const titleWeight = 2

// Okapi BM25 (Robertson & Zaragoza 2009). Length matters less than usual: most items are short already.
const saturation = 1.2
const lengthWeight = 0.4

/** ln(1 + (N − n + ½) / (n + ½)): never negative, unlike the classic form, so that a common word never counts against. */
export function inverseDocumentFrequency(items: number, withTerm: number): number {
  const n = Math.min(withTerm, items)
  return Math.log(1 + (items - n + 0.5) / (n + 0.5))
}

/** BM25 of each text over title and body. Lengths are taken against the mean of these texts. */
export function scoreTexts(texts: RankedText[], terms: WeightedTerm[]): number[] {
  const find = termFinder(terms)
  const counted = texts.map((text) => countTerms(text, find, terms.length))
  const mean = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length)
  return counted.map(({ counts, length }) => {
    const norm = saturation * (1 - lengthWeight + (lengthWeight * length) / Math.max(1, mean))
    return terms.reduce((score, { weight }, index) => {
      const count = counts[index] ?? 0
      return score + (weight * count * (saturation + 1)) / (count + norm)
    }, 0)
  })
}

/** Which terms a word of a text is. Most words begin like none of them, which is seen without stemming. */
function termFinder(terms: SearchTerm[]): (word: string) => number[] {
  const indexes = new Map<string, number[]>()
  const starts = new Set<number>()
  const prefixes: [string, number][] = []
  for (const [index, { text, prefix }] of terms.entries()) {
    if (prefix) prefixes.push([text, index])
    else indexes.set(stemOf(text), [index])
    starts.add((prefix ? text : stemOf(text)).charCodeAt(0))
  }
  const none: number[] = []
  return (word) => {
    const first = word.charCodeAt(0)
    if (first < 128 && !starts.has(first)) return none
    const found =
      prefixes.length === 0 ? none : prefixes.flatMap(([start, index]) => (word.startsWith(start) ? [index] : []))
    const exact = indexes.get(stemOf(word)) ?? none
    return found.length === 0 ? exact : [...exact, ...found]
  }
}

function countTerms({ title, body }: RankedText, find: (word: string) => number[], size: number): Counted {
  const counts = new Array<number>(size).fill(0)
  let length = 0
  const count = (text: string, weight: number): void => {
    for (const word of text.split(' ')) {
      if (word === '') continue
      length++
      for (const index of find(word)) counts[index] = (counts[index] ?? 0) + weight
    }
  }
  count(title, titleWeight)
  count(body, 1)
  return { counts, length }
}

interface Counted {
  counts: number[]
  length: number
}
