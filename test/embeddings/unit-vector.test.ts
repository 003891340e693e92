import { describe, expect, it } from 'vitest'
import { unitVector } from '../../src/embeddings/unit-vector.js'
import { thrown } from '../helpers/refusal.js'

const lengthOf = (vector: Float32Array): number => Math.hypot(...vector)

describe('a unit vector', () => {
  it('points where the model pointed, and is of length 1', () => {
    expect([...unitVector([3, 4], 2)]).toEqual([Math.fround(0.6), Math.fround(0.8)])
    expect(lengthOf(unitVector(Float32Array.of(1, 2, 3), 3))).toBeCloseTo(1, 6)
  })

  it('is made of very large and very small numbers too', () => {
    expect([...unitVector([3e300, -4e300], 2)]).toEqual([Math.fround(0.6), Math.fround(-0.8)])
    expect([...unitVector([3e-300, 4e-300], 2)]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it.each([
    [null, 'null'],
    ['0.5', 'a string'],
    [Number.NaN, 'NaN'],
    [JSON.parse('1e999'), 'Infinity'],
    [undefined, 'undefined'],
  ])('is refused where it holds %s', (value, named) => {
    expect(thrown(() => unitVector([0.1, value], 2), 'embedding_unavailable')).toMatchObject({
      message: `The model answered with a vector that holds ${named}.`,
      details: { fault: 'texts' },
    })
  })

  it('is refused when it has no direction', () => {
    expect(thrown(() => unitVector([0, 0, -0], 3), 'embedding_unavailable').message).toMatch('zeros')
  })

  it.each([[null], [7], ['0.1,0.2'], [{ 0: 1, length: 1 }]])('is not made of %j', (values) => {
    expect(thrown(() => unitVector(values, 1), 'embedding_unavailable').message).toMatch('not a vector')
  })

  it('is refused in other dimensions, with the setting that would fit', () => {
    const error = thrown(() => unitVector([1, 2, 3], 2), 'embedding_unavailable')
    expect(error.message).toBe('The model answered with vectors of 3 dimensions instead of 2.')
    expect(error.hint).toMatch('embedder.dimensions to 3')
    expect(error.details).toEqual({ fault: 'setup', retryable: false })
    expect(thrown(() => unitVector([1], 2, 'plain'), 'embedding_unavailable').message).toMatch(
      '1 dimensions instead of 2',
    )
    expect(thrown(() => unitVector([], 2, 'plain'), 'embedding_unavailable').message).toMatch('0 dimensions')
  })

  it('is shortened where the model allows it: cut, or cut after its mean was taken away', () => {
    expect([...unitVector([3, 4, 12], 2, 'plain')]).toEqual([Math.fround(0.6), Math.fround(0.8)])
    // The mean of 5, 9 and 1 is 5.
    expect([...unitVector([5, 9, 1], 2, 'centred')]).toEqual([0, 1])
    expect([...unitVector([3, 4], 2, 'centred')]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it('is shortened as the layer norm of the model card does it', () => {
    const values = Array.from({ length: 768 }, (_, index) => Math.sin(index * 3 + 1) + 0.2)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length + 1e-5)
    const normed = values.map((value) => (value - mean) / deviation).slice(0, 256)
    const length = Math.hypot(...normed)
    const shortened = unitVector(values, 256, 'centred')
    for (const [index, value] of normed.entries()) expect(shortened[index]).toBeCloseTo(value / length, 6)
  })
})
