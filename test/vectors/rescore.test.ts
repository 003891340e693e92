import { expect, it } from 'vitest'
import { countToRescore, exactScore, rescore, vectorOf } from '../../src/vectors/rescore.js'
import { cosine, randomVectors } from './random-vectors.js'

it('scores unit vectors by their cosine', () => {
  for (const dimensions of [1, 3, 64, 767]) {
    const [a, b] = randomVectors(dimensions, 2) as [Float32Array, Float32Array]
    expect(exactScore(a, b)).toBeCloseTo(cosine(a, b), 6)
  }
})

it('orders items by their vectors, the smaller of two equal ones first, and leaves out those without', () => {
  const vectors = new Map([
    [1, Float32Array.of(0, 1)],
    [5, Float32Array.of(1, 0)],
    [4, Float32Array.of(1, 0)],
    [2, Float32Array.of(-1, 0)],
  ])
  const found = rescore(Float32Array.of(1, 0), [1, 5, 9, 4, 2], (item) => vectors.get(item), 3)
  expect(found).toEqual([
    { item: 4, score: 1 },
    { item: 5, score: 1 },
    { item: 1, score: 0 },
  ])
})

it('looks at more than it is asked for', () => {
  expect(countToRescore(10)).toBe(200)
  expect(countToRescore(100)).toBe(400)
})

it('reads stored vectors wherever their bytes lie', () => {
  const vector = Float32Array.of(1.5, -2, 3)
  const shifted = new Uint8Array(13)
  shifted.set(new Uint8Array(vector.buffer), 1)
  expect(vectorOf(shifted.subarray(1))).toEqual(vector)
  expect(vectorOf(new Uint8Array(vector.buffer))).toEqual(vector)
})
