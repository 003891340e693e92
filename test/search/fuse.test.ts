import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededNormal } from '../../bench/seeded.mjs'
import type { ScopeSimilarity } from '../../src/search/background.js'
import { type Fused, type FusionCandidate, fuse, isTrusted } from '../../src/search/fuse.js'
import { expectedAt } from '../../src/search/normal.js'

const [mean, deviation, items] = [0.5, 0.03, 1_000]

/** A scope where nothing is nearer than by chance, but what is said to be. */
function scopeOf(...answers: number[]): ScopeSimilarity {
  const byChance = Array.from({ length: 20 }, (_, index) => cosineAt(expectedAt(index + 1, items)))
  return { items, mean, deviation, best: [...answers, ...byChance].sort((a, b) => b - a).slice(0, 20) }
}

const cosineAt = (deviations: number): number => mean + deviations * deviation
const trusted = { found: 1 }

/** Hits by words, the best first, each as near as is said, in deviations. */
const hits = (...deviations: number[]): FusionCandidate[] =>
  deviations.map((value, index) => ({ score: 100 / (index + 1), similarity: cosineAt(value) }))

const orderOf = (fused: Fused[]): number[] =>
  [...fused.keys()].sort((a, b) => (fused[b]?.score ?? 0) - (fused[a]?.score ?? 0))

const candidate = fc.record(
  {
    score: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 1_000, noNaN: true })),
    similarity: fc.double({ min: -1, max: 1, noNaN: true }),
    document: fc.constantFrom('a', 'b', 'c'),
    asks: fc.boolean(),
    follows: fc.double({ min: -1, max: 1, noNaN: true }),
  },
  { requiredKeys: ['score'] },
)
const candidates = fc.array(candidate, { maxLength: 40 })
const trust = fc.record({ found: fc.double({ min: 0, max: 1, noNaN: true }) }, { requiredKeys: [] })
const scope: fc.Arbitrary<ScopeSimilarity> = fc
  .record({
    items: fc.integer({ min: 0, max: 1_000_000 }),
    mean: fc.double({ min: -0.5, max: 0.9, noNaN: true }),
    deviation: fc.double({ min: 0, max: 0.3, noNaN: true }),
    best: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 20 }),
  })
  .map((made) => ({ ...made, best: made.best.sort((a, b) => b - a) }))

describe('without vectors', () => {
  it('scores stay as they are, to the last bit', () => {
    fc.assert(
      fc.property(candidates, trust, (found, known) => {
        const scores = found.map(({ score }) => score)
        expect(fuse(found, undefined, known).map(({ score }) => score)).toEqual(scores)
        const bare = scores.map((score) => ({ score }))
        expect(fuse(bare, scopeOf(), known).map(({ score }) => score)).toEqual(scores)
      }),
    )
  })

  it('so they do when halves of texts find each other by chance only', () => {
    const found = hits(-1, 0, 6)
    expect(fuse(found, scopeOf(cosineAt(6)), { found: 0.01 }).map(({ points }) => points)).toEqual([0, 0, 0])
    expect(fuse(found, scopeOf(cosineAt(6)), trusted)[2]?.points).toBeGreaterThan(0)
    expect([0, 0.049, 0.05, undefined].map((found) => isTrusted({ found }))).toEqual([false, false, true, true])
  })
})

describe('any evidence', () => {
  it('makes finite scores, which are those of the words and what nearness adds', () => {
    fc.assert(
      fc.property(candidates, scope, trust, (found, near, known) => {
        for (const [index, { score, points, certainty }] of fuse(found, near, known).entries()) {
          expect(Number.isFinite(score)).toBe(true)
          expect(points).toBeGreaterThanOrEqual(-1e-6)
          expect(score).toBeCloseTo((found[index]?.score ?? 0) + points, 6)
          expect(certainty).toBeGreaterThanOrEqual(0)
          expect(certainty).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('counts the same in whatever order candidates come', () => {
    fc.assert(
      fc.property(candidates, scope, trust, fc.integer(), (found, near, known, turn) => {
        const by = found.length === 0 ? 0 : ((turn % found.length) + found.length) % found.length
        const turned = fuse([...found.slice(by), ...found.slice(0, by)], near, known)
        const back = [...turned.slice(found.length - by), ...turned.slice(0, found.length - by)]
        for (const [index, { score }] of fuse(found, near, known).entries()) {
          expect(Math.abs(score - (back[index]?.score ?? 0))).toBeLessThanOrEqual(1e-6 * Math.max(1, score))
        }
      }),
    )
  })

  it('of two alike in words, lets the nearer never come after the other, and of two as near the one with more words', () => {
    const pair = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }))
    fc.assert(
      fc.property(candidates, scope, trust, pair, (others, near, known, [one, two]) => {
        const [far, close] = [Math.min(one, two), Math.max(one, two)]
        const fused = fuse([{ score: 5, similarity: far }, { score: 5, similarity: close }, ...others], near, known)
        expect(fused[1]?.score ?? 0).toBeGreaterThanOrEqual((fused[0]?.score ?? 0) - 1e-6)
      }),
    )
    const fused = fuse([...hits(0, 0, 0), { score: 0, similarity: cosineAt(0) }], scopeOf(), trusted)
    expect(orderOf(fused)).toEqual([0, 1, 2, 3])
  })

  it('keeps the order of words for what is as near as chance has it, and turns it for what stands out', () => {
    expect(orderOf(fuse(hits(0, 0.5, 1, -0.5, 0.2, -1), scopeOf(), trusted))).toEqual([0, 1, 2, 3, 4, 5])
    expect(orderOf(fuse(hits(0, 0.5, 1, 7, 0.2, -1), scopeOf(cosineAt(7)), trusted))[0]).toBe(3)
  })

  it('brings what holds none of the words before the best of them only when it is unmistakable', () => {
    const withOther = (deviations: number) => [
      ...hits(0, 1, 0, 1, -1, 0),
      { score: 0, similarity: cosineAt(deviations) },
    ]
    expect(orderOf(fuse(withOther(3), scopeOf(cosineAt(3)), trusted))[0]).toBe(0)
    expect(orderOf(fuse(withOther(8), scopeOf(cosineAt(8)), trusted))[0]).toBe(6)
  })

  it('orders by nearness where no word is held', () => {
    const found = [1, 3, 2].map((value) => ({ score: 0, similarity: cosineAt(value) }))
    expect(orderOf(fuse(found, scopeOf(), trusted))).toEqual([1, 2, 0])
  })
})

describe('what is near for another reason', () => {
  it('counts for less: all that shares words with the question is near it', () => {
    const alone = fuse([...hits(3.5), ...hits(0, 0, 0, 0, 0, 0, 0, 0, 0)], scopeOf(cosineAt(3.5)), trusted)
    const among = fuse([...hits(3.5), ...hits(3, 3, 2.8, 3, 3.2, 3, 3, 2.9, 3)], scopeOf(cosineAt(3.5)), trusted)
    expect(among[0]?.points ?? 0).toBeLessThan(alone[0]?.points ?? 0)
  })

  it('counts for less: the nearest of a topic are further out than by chance', () => {
    const heavy = { items, mean, deviation, best: Array.from({ length: 20 }, (_, index) => cosineAt(5 - index / 10)) }
    const found = [{ score: 0, similarity: cosineAt(5) }]
    expect(fuse(found, heavy, trusted)[0]?.points).toBeLessThan(
      fuse(found, scopeOf(cosineAt(5)), trusted)[0]?.points ?? 0,
    )
    expect(fuse(found, heavy, trusted)[0]?.certainty).toBeLessThan(0.9)
    expect(fuse(found, scopeOf(cosineAt(5)), trusted)[0]?.certainty).toBeGreaterThan(0.99)
  })

  it('counts for less: a turn that asks; and the turn after it is nearer for that', () => {
    const [asks, plain] = fuse(
      [
        { score: 10, similarity: cosineAt(4), asks: true },
        { score: 10, similarity: cosineAt(4) },
      ],
      scopeOf(cosineAt(4), cosineAt(4)),
      trusted,
    )
    expect(asks?.points).toBeLessThan(plain?.points ?? 0)
    const [answer, other] = fuse(
      [
        { score: 10, similarity: cosineAt(0), follows: cosineAt(5) },
        { score: 10, similarity: cosineAt(0) },
      ],
      scopeOf(cosineAt(5)),
      trusted,
    )
    expect(answer?.points).toBeGreaterThan(other?.points ?? 0)
  })

  it('counts for less in a space where halves of texts do not find each other', () => {
    const pointsAt = (found: number) => fuse(hits(0, 0, 4), scopeOf(cosineAt(4)), { found })[2]?.points ?? 0
    expect(pointsAt(1)).toBeGreaterThan(pointsAt(0.6))
    expect(pointsAt(0.6)).toBeGreaterThan(1.3 * pointsAt(0.15))
    expect(pointsAt(0.15)).toBeGreaterThan(0)
  })

  it('counts for more where other sections of its document are near as well', () => {
    const among = (...documents: string[]) => {
      const sections = documents.map((document, index) => ({
        score: 0,
        similarity: cosineAt(index > 1 ? 1 : 4),
        document,
      }))
      return fuse([...hits(0, 0), ...sections], scopeOf(cosineAt(4), cosineAt(4)), trusted).map(({ points }) => points)
    }
    const apart = among('a', 'b', 'c')
    expect(apart[2]).toBe(apart[3])
    const [, , nearTogether = 0, , far = 0] = among('a', 'a', 'b')
    expect(nearTogether).toBeCloseTo(apart[2] ?? 0)
    expect(far).toBe(apart[4])
    const [, , alone = 0, ofAnother = 0] = among('a', 'b', 'a')
    expect(alone).toBeLessThan(ofAnother)
    expect(ofAnother).toBeCloseTo(apart[3] ?? 0)
  })

  it('counts once: sections of one document are one hit', () => {
    const sections = Array.from({ length: 12 }, () => ({ score: 50, similarity: cosineAt(3), document: 'a' }))
    const others = hits(0, 0, 0, 0, 0, 0, 0).map((hit, index) => ({ ...hit, document: `other ${index}` }))
    const own = { score: 20, similarity: cosineAt(4), document: 'b' }
    const one = fuse([own, ...sections.slice(0, 1), ...others], scopeOf(cosineAt(4)), trusted)
    const many = fuse([own, ...sections, ...others], scopeOf(cosineAt(4)), trusted)
    expect((many[0]?.points ?? 0) / (one[0]?.points ?? 1)).toBeGreaterThan(0.8)
  })
})

describe('a scope that tells little', () => {
  const answer = { score: 0, similarity: 0.9 }
  const others = Array.from({ length: 19 }, (_, index) => ({
    score: 20 - index,
    similarity: 0.5 + 0.002 * (index % 5),
  }))
  const small = { items: 20, mean: 0.524, deviation: 0.086, best: [0.9, ...others.map(({ similarity }) => similarity)] }

  it('of 20 items still lets one stand out that holds no word', () => {
    expect(orderOf(fuse([...others, answer], small, trusted)).indexOf(19)).toBeLessThan(5)
  })

  it('of one vector, or of the same vector many times, leaves the order of words', () => {
    const alone = { items: 1, mean: 0.9, deviation: 0, best: [0.9] }
    expect(orderOf(fuse([{ score: 2 }, { score: 1, similarity: 0.9 }, { score: 0.5 }], alone, trusted))).toEqual([
      0, 1, 2,
    ])
    const same = Array.from({ length: 30 }, (_, index) => ({ score: 30 - index, similarity: 0.7 }))
    const equal = { items: 500, mean: 0.7, deviation: 1e-9, best: Array.from({ length: 20 }, () => 0.7) }
    expect(orderOf(fuse(same, equal, trusted))).toEqual([...same.keys()])
  })

  it('with all but a few the same, makes those few first and no number infinite', () => {
    const found = [...hits(0, 0, 0), { score: 0, similarity: 1 }]
    const best = [1, ...Array.from({ length: 19 }, () => mean)]
    const fused = fuse(found, { items: 100_000, mean, deviation: 0.0016, best }, trusted)
    expect(fused.every(({ score }) => Number.isFinite(score))).toBe(true)
    expect(orderOf(fused)[0]).toBe(3)
  })

  it('with vectors for some only, leaves what has none where its words put it', () => {
    const found = hits(0, 0, 0, 0).map((hit, index) => (index % 2 ? hit : { score: hit.score }))
    const fused = fuse([...found, { score: 0, similarity: cosineAt(7) }], scopeOf(cosineAt(7)), trusted)
    expect(fused[0]).toEqual({ score: 100, points: 0, certainty: 0 })
    expect(fused[2]?.points).toBe(0)
    expect(fused[4]?.points).toBeGreaterThan(0)
  })
})

it('certainty says how often chance alone brings nothing as near: the nearest of a scope is .9 certain in one of ten', () => {
  const normal = seededNormal(3)
  const scopes = 300
  let certain = 0
  for (let asked = 0; asked < scopes; asked++) {
    const cosines = Array.from({ length: items }, () => cosineAt(normal())).sort((a, b) => b - a)
    const hitsByChance = cosines.filter((_, index) => index % 100 === 0).map((similarity) => ({ score: 1, similarity }))
    const [nearest] = fuse(hitsByChance, { items, mean, deviation, best: cosines.slice(0, 20) }, trusted)
    if ((nearest?.certainty ?? 0) > 0.9) certain++
  }
  expect(certain / scopes).toBeGreaterThan(0.02)
  expect(certain / scopes).toBeLessThan(0.15)
})
