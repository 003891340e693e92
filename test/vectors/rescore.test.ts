import { describe, expect, it } from 'vitest'
import { CodeIndex } from '../../src/vectors/code-index.js'
import { encode } from '../../src/vectors/codes.js'
import { countToRescore, exactScore, vectorOf, worthRescoring } from '../../src/vectors/rescore.js'
import { cosine, randomVectors, unit } from './random-vectors.js'

it('scores unit vectors by their cosine', () => {
  for (const dimensions of [1, 3, 64, 767]) {
    const [a, b] = randomVectors(dimensions, 2) as [Float32Array, Float32Array]
    expect(exactScore(a, b)).toBeCloseTo(cosine(a, b), 6)
  }
})

it('looks at more than it is asked for', () => {
  expect(countToRescore(10)).toBe(300)
  expect(countToRescore(100)).toBe(400)
})

describe('of the nearest by code', () => {
  const dimensions = 256
  const index = new CodeIndex(dimensions)
  const [query = new Float32Array(), ...others] = randomVectors(dimensions, 2_000)
  // Some are near the query, and most are not.
  const vectors = others.map((vector, i) => (i % 100 === 0 ? unit(vector.map((v, j) => v + (query[j] ?? 0))) : vector))
  for (const [item, vector] of vectors.entries()) index.set(item, encode(vector))
  const exact = vectors.map((vector, item) => ({ item, score: exactScore(query, vector) }))
  const best = exact.sort((a, b) => b.score - a.score).map(({ item }) => item)

  it('those are worth looking at that may be among the nearest', () => {
    const nearest = index.search(query, 300)
    const worth = worthRescoring(nearest, 10, dimensions).map(({ item }) => item)
    expect(worth.length).toBeLessThan(30)
    expect(worth).toEqual(nearest.slice(0, worth.length).map(({ item }) => item))
    expect(best.slice(0, 10).filter((item) => !worth.includes(item))).toEqual([])
  })

  it('all are, where fewer are there than are asked for', () => {
    const nearest = index.search(query, 5)
    expect(worthRescoring(nearest, 10, dimensions)).toEqual(nearest)
    expect(worthRescoring([], 10, dimensions)).toEqual([])
  })

  it('those equally near are, even to a vector that is the query', () => {
    const nearest = [1, 2, 3].map((item) => ({ item, distance: -0.01 }))
    expect(worthRescoring(nearest, 2, dimensions)).toEqual(nearest)
  })
})

it('reads stored vectors wherever their bytes lie', () => {
  const vector = Float32Array.of(1.5, -2, 3)
  const shifted = new Uint8Array(13)
  shifted.set(new Uint8Array(vector.buffer), 1)
  expect(vectorOf(shifted.subarray(1))).toEqual(vector)
  expect(vectorOf(new Uint8Array(vector.buffer))).toEqual(vector)
})
