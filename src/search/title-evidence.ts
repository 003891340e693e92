import type { WeightedTerm } from './rank.js'
import type { TermTable } from './term-table.js'

/**
 * How well a title, key or heading is what the question asks for by name: the share of the question that it holds, less for
 * what it says beside. 0 to 1.
 */
export function titleFit(title: Int32Array, table: TermTable, terms: WeightedTerm[], total: number): number {
  // Titles are short, and thousands of sets would be made for nothing.
  const held: number[] = []
  let [words, inQuestion] = [0, 0]
  for (let at = 0; at < title.length; at++) {
    const word = title[at] ?? 0
    if (title.indexOf(word) < at) continue
    words++
    const entry = table.words.get(word)
    if (entry === undefined) continue
    inQuestion++
    for (const term of [entry.term, entry.also]) if (term !== undefined && !held.includes(term)) held.push(term)
  }
  if (inQuestion === 0 || total === 0) return 0
  const weight = held.reduce((sum, term) => sum + (terms[term]?.weight ?? 0), 0)
  return (weight / total) * Math.sqrt(inQuestion / words)
}
