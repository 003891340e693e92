import type { WeightedTerm } from './rank.js'
import type { TermTable } from './term-table.js'

/**
 * How well a title, key or heading is what the question asks for by name: the share of the question that it holds, less for
 * what it says beside. 0 to 1.
 */
export function titleFit(title: Int32Array, table: TermTable, terms: WeightedTerm[], total: number): number {
  const words = new Set(title)
  const held = new Set<number>()
  let inQuestion = 0
  for (const word of words) {
    const entry = table.words.get(word)
    if (entry === undefined) continue
    inQuestion++
    held.add(entry.term)
    if (entry.also !== undefined) held.add(entry.also)
  }
  if (inQuestion === 0 || total === 0) return 0
  let weight = 0
  for (const term of held) weight += terms[term]?.weight ?? 0
  return (weight / total) * Math.sqrt(inQuestion / words.size)
}
