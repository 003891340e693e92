import { describe, expect, it } from 'vitest'
import { inverseDocumentFrequency } from '../../src/search/rank.js'

describe('the weight of a word', () => {
  it('falls with the number of items that hold it, and is never negative', () => {
    const weights = [0, 1, 10, 50, 100, 200].map((count) => inverseDocumentFrequency(100, count))
    expect(weights).toEqual([...weights].sort((a, b) => b - a))
    expect(Math.min(...weights)).toBeGreaterThan(0)
    expect(inverseDocumentFrequency(0, 0)).toBeGreaterThan(0)
  })
})
