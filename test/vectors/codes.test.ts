import { describe, expect, it } from 'vitest'
import { codeFormat, correctionOf, encode, encodeQuery, estimateCosine } from '../../src/vectors/codes.js'
import { createRotation } from '../../src/vectors/rotation.js'
import { cosine, randomVectors, unit } from './random-vectors.js'

describe('a rotation', () => {
  it.each([1, 3, 128, 300, 384, 768, 1000, 1024, 3072])(
    'keeps the angles of vectors of %i dimensions',
    (dimensions) => {
      const { rotate, length } = createRotation(dimensions)
      const [a, b] = randomVectors(dimensions, 2) as [Float32Array, Float32Array]
      const rotated = Float64Array.from(rotate(a))
      const product = rotate(b).reduce((sum, value, i) => sum + value * (rotated[i] ?? 0), 0)
      expect(product / length).toBeCloseTo(cosine(a, b), 6)
    },
  )

  it('spreads a vector with one coordinate over all of them', () => {
    const { rotate } = createRotation(768)
    const spread = rotate(Float32Array.from({ length: 768 }, (_, i) => (i === 700 ? 1 : 0)))
    expect(Math.max(...spread.map(Math.abs))).toBeLessThan(5)
    expect(spread.filter((value) => Math.abs(value) > 0.1).length).toBeGreaterThan(600)
  })
})

/** The cosine of a query with a coded vector, by arithmetic instead of bits. */
function estimate(query: Float32Array, code: Uint8Array): number {
  const { bits, planeBytes } = codeFormat(query.length)
  const bitOf = (plane: Uint8Array, i: number): number => ((plane[i >> 3] ?? 0) >> (i & 7)) & 1
  const { planes, ...rest } = encodeQuery(query)
  let product = 0
  for (let i = 0; i < bits; i++) {
    const level = 2 * bitOf(code, i) + bitOf(code.subarray(planeBytes), i)
    for (const [bit, weight] of [1, 2, 4, 8, 16, -32].entries()) {
      product += level * weight * bitOf(planes.subarray(bit * planeBytes), i)
    }
  }
  return estimateCosine({ planes, ...rest }, product, correctionOf(code))
}

describe('a code', () => {
  it('has two bits for each coordinate and a correction', () => {
    expect(encode(randomVectors(768, 1)[0] ?? new Float32Array()).length).toBe(196)
    expect(codeFormat(768)).toEqual({ dimensions: 768, bits: 768, planeBytes: 96, codeBytes: 196 })
    expect(codeFormat(300)).toMatchObject({ bits: 384, codeBytes: 100 })
  })

  it.each([96, 300, 768])('estimates cosines of %i dimensions without a bias', (dimensions) => {
    const vectors = randomVectors(dimensions, 200)
    const errors = vectors.slice(1).map((vector, i) => {
      const mixed = unit(vector.map((value, j) => value + (i % 3) * (vectors[0]?.[j] ?? 0)))
      return estimate(vectors[0] ?? vector, encode(mixed)) - cosine(vectors[0] ?? vector, mixed)
    })
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    expect(Math.abs(mean)).toBeLessThan(0.01)
    expect(Math.hypot(...errors) / Math.sqrt(errors.length)).toBeLessThan(0.5 / Math.sqrt(dimensions))
  })

  it('estimates a vector with itself at nearly 1', () => {
    for (const vector of randomVectors(768, 20)) expect(estimate(vector, encode(vector))).toBeCloseTo(1, 1)
  })

  it('does not depend on the length of the vector', () => {
    const [vector] = randomVectors(384, 1) as [Float32Array]
    expect(encode(vector.map((value) => 4 * value)).subarray(0, 96)).toEqual(encode(vector).subarray(0, 96))
  })

  it('is the same on every machine and in every version: stored codes stay valid', () => {
    const code = encode(Float32Array.from({ length: 96 }, (_, i) => Math.fround((i * i * 7) % 31) - 15))
    expect(Buffer.from(code).toString('hex')).toBe(
      'fbc340bba64c94b5cffacab32e86f33b041ca68d32e54bcb7002754a963ba8c6e35e153c',
    )
  })

  it.each([
    ['NaN', [1, Number.NaN, 0]],
    ['an infinite number', [1, Number.POSITIVE_INFINITY, 0]],
    ['nothing but zeros', [0, 0, 0]],
    ['no dimensions', []],
  ])('refuses %s', (_, values) => {
    expect(() => encode(Float32Array.from(values))).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => encodeQuery(Float32Array.from(values))).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('refuses more dimensions than its distances can count', () => {
    expect(() => codeFormat(16_385)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(codeFormat(16_384).bits).toBe(16_384)
  })
})
