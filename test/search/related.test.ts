import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { relatedShares, type ScoredText } from '../../src/search/related.js'
import { weights } from '../../src/search/weights.js'

const nothing = () => false

/** As many texts, best first: each has a word of its own beside what `wordsAt` gives it. */
function texts(count: number, wordsAt: (place: number) => number[]): ScoredText[] {
  return Array.from({ length: count }, (_, place) => ({
    words: Int32Array.from([10_000 + place, ...wordsAt(place)]),
    score: count - place,
  }))
}

const inTop = (place: number) => place < weights.relatedTo

describe('what the best have in common', () => {
  it('is said by whatever has its words, and by nothing else', () => {
    const [kayak, rare] = [1, 2]
    const shares = relatedShares(
      texts(200, (place) => [
        ...((inTop(place) && place % 2 === 0) || place === 150 ? [kayak] : []),
        ...(place === 3 ? [rare] : []),
      ]),
      nothing,
    )
    expect([shares[0], shares[2], shares[150]]).toEqual([1, 1, 1])
    expect([shares[1], shares[3], shares[151]]).toEqual([0, 0, 0])
  })

  it('weighs what is surer more, all of it together 1', () => {
    const [often, seldom] = [1, 2]
    const shares = relatedShares(
      texts(200, (place) => {
        if (!inTop(place)) return []
        return place === 0 ? [often, seldom] : place % 2 === 0 ? [often] : place % 5 === 0 ? [seldom] : []
      }),
      nothing,
    )
    expect(shares[0]).toBeCloseTo(1)
    expect(shares[2]).toBeGreaterThan(shares[5] ?? 0)
    expect(shares[5]).toBeGreaterThan(0)
  })

  it('is nothing where all others say it too, where words are left out, and where the best are most of all', () => {
    const everywhere = texts(200, (place) => (place % 2 === 0 ? [1] : []))
    const common = (count: number) => texts(count, (place) => (inTop(place) ? [1] : []))
    expect(relatedShares(common(200), nothing).some((share) => share > 0)).toBe(true)
    for (const shares of [
      relatedShares(everywhere, nothing),
      relatedShares(common(200), (word) => word === 1),
      relatedShares(common(2 * weights.relatedTo - 1), nothing),
      relatedShares(
        common(200).map((text) => ({ ...text, score: 0 })),
        nothing,
      ),
      relatedShares([], nothing),
    ])
      expect(shares.every((share) => share === 0)).toBe(true)
  })

  it('is from 0 to 1, in whatever texts', () => {
    const text = fc.record({ words: fc.array(fc.nat(30), { maxLength: 8 }), score: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 150 }), (made) => {
        const all = made.map(({ words, score }) => ({ words: Int32Array.from(words), score }))
        for (const share of relatedShares(all, nothing)) {
          expect(share).toBeGreaterThanOrEqual(0)
          expect(share).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })
})
