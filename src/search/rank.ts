import type { SearchTerm } from './query.js'

/** A term and how much it tells: its inverse document frequency. */
export interface WeightedTerm extends SearchTerm {
  weight: number
}

/** ln(1 + (N − n + ½) / (n + ½)): never negative, unlike the classic form, so that a common word never counts against. */
export function inverseDocumentFrequency(items: number, withTerm: number): number {
  const n = Math.min(withTerm, items)
  return Math.log(1 + (items - n + 0.5) / (n + 0.5))
}
