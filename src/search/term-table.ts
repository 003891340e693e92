import type { SearchTerm } from './query.js'
import type { ReadText } from './read-text.js'
import { weights } from './weights.js'
import { numberOf, numbersWithStart } from './word-numbers.js'
import { stemOf } from './words.js'

export interface TermTable {
  /**
   * Which term a word of a text is, by the number of its stem, and how much of it: less for a word that is only alike. `also`
   * is the second term of two that are written as one word.
   */
  words: Map<number, { term: number; share: number; also?: number }>
  /** Words in a row that are one term, by the last of them. */
  rows: Map<number, { term: number; numbers: number[] }[]>
}

export const emptyTable: TermTable = { words: new Map(), rows: new Map() }

export function makeTermTable(terms: SearchTerm[]): TermTable {
  return { words: tableOfWords(terms), rows: tableOfRows(terms) }
}

function tableOfWords(terms: SearchTerm[]): TermTable['words'] {
  const table: TermTable['words'] = new Map()
  for (const [term, { text, prefix }] of terms.entries()) {
    const found = prefix ? numbersWithStart(text) : [numberOf(stemOf(text))]
    for (const number of found) table.set(number, { term, share: 1 })
  }
  const joined = new Set<number>()
  for (const [term, { alike = [] }] of terms.entries()) {
    for (const { text, weight, isJoined } of alike) {
      if (text.includes(' ')) continue
      const number = numberOf(stemOf(text))
      const known = table.get(number)
      if (known === undefined) table.set(number, { term, share: weight })
      else if (isJoined && joined.has(number)) known.also = term
      if (known === undefined && isJoined) joined.add(number)
    }
  }
  return table
}

function tableOfRows(terms: SearchTerm[]): TermTable['rows'] {
  const table: TermTable['rows'] = new Map()
  for (const [term, { alike = [] }] of terms.entries()) {
    for (const { text } of alike) {
      if (!text.includes(' ')) continue
      const numbers = text.split(' ').map((word) => numberOf(stemOf(word)))
      const last = numbers.at(-1) ?? 0
      table.set(last, [...(table.get(last) ?? []), { term, numbers }])
    }
  }
  return table
}

/** How often a text holds each term, titles weighing more, and where its body does, for passages. */
export interface TermCounts {
  counts: number[]
  /** How often its body does. */
  times: number[]
  /** For each term the share of its best word: 1 for the word itself. */
  shares: number[]
  places: number[]
  termsAt: number[]
}

export function countTerms({ title, body }: ReadText, table: TermTable, size: number): TermCounts {
  const found: TermCounts = { counts: zeros(size), times: zeros(size), shares: zeros(size), places: [], termsAt: [] }
  countIn(title, table, weights.title, found)
  countIn(body, table, 1, found, true)
  return found
}

/** Of a handful: a typed array takes ten times as long to make. */
function zeros(size: number): number[] {
  return new Array<number>(size).fill(0)
}

function countIn(words: Int32Array, table: TermTable, weight: number, found: TermCounts, isBody = false): void {
  for (let place = 0; place < words.length; place++) {
    if (table.rows.size > 0) countRows(words, place, table, weight, found, isBody)
    const entry = table.words.get(words[place] ?? -1)
    if (entry === undefined) continue
    const { term, share, also } = entry
    note(found, term, weight * share, share)
    if (also !== undefined) note(found, also, weight * share, share)
    if (!isBody) continue
    noteBody(found, term, place)
    if (also !== undefined) noteBody(found, also, place)
  }
}

function countRows(
  words: Int32Array,
  place: number,
  { rows }: TermTable,
  weight: number,
  found: TermCounts,
  isBody: boolean,
): void {
  for (const { term, numbers } of rows.get(words[place] ?? -1) ?? []) {
    const first = place - numbers.length + 1
    if (!numbers.every((number, index) => words[first + index] === number)) continue
    note(found, term, weight, 1)
    if (isBody) noteBody(found, term, place)
  }
}

function note({ counts, shares }: TermCounts, term: number, count: number, share: number): void {
  counts[term] = (counts[term] ?? 0) + count
  shares[term] = Math.max(shares[term] ?? 0, share)
}

function noteBody({ times, places, termsAt }: TermCounts, term: number, place: number): void {
  times[term] = (times[term] ?? 0) + 1
  places.push(place)
  termsAt.push(term)
}
