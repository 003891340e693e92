import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodeIndex } from '../../src/vectors/code-index.js'
import { CodeMemory } from '../../src/vectors/code-memory.js'
import { codeFormat, encode } from '../../src/vectors/codes.js'
import { openScan } from '../../src/vectors/open-scan.js'
import { cosine, randomVectors } from './random-vectors.js'

const dimensions = 40
// Few of them, so that items share vectors and are equally near.
const vectors = randomVectors(dimensions, 12)
const codes = vectors.map(encode)
const queries = randomVectors(dimensions, 5, 99)

const item = fc.oneof(fc.nat({ max: 30 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const change = fc.oneof(
  fc.record({ item, vector: fc.nat({ max: codes.length - 1 }) }),
  fc.record({ item, vector: fc.constant(undefined) }),
)

/** Applies changes to an index and to a Map of item to number of its vector. */
function apply(index: CodeIndex, changes: { item: number; vector: number | undefined }[]): Map<number, number> {
  const model = new Map<number, number>()
  for (const { item, vector } of changes) {
    if (vector === undefined) expect(index.delete(item)).toBe(model.delete(item))
    else {
      index.set(item, codes[vector] ?? new Uint8Array())
      model.set(item, vector)
    }
  }
  return model
}

/** What a list of one code for each item finds. */
function expected(model: Map<number, number>, query: Float32Array, items = [...model.keys()]) {
  const single = new CodeIndex(dimensions)
  const distances = codes.map((code) => {
    single.set(1, code)
    return single.search(query, 1)[0]?.distance ?? 0
  })
  return items
    .filter((item) => model.has(item))
    .map((item) => ({ item, distance: distances[model.get(item) ?? 0] ?? 0 }))
    .sort((a, b) => a.distance - b.distance || a.item - b.item)
}

describe('an index of codes', () => {
  it('finds what a list finds, after any settings, replacements and deletions', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.integer({ min: 1, max: 300 }), (changes, count) => {
        const index = new CodeIndex(dimensions)
        const model = apply(index, changes)
        expect(index.size).toBe(model.size)
        for (const { item } of changes) expect(index.has(item)).toBe(model.has(item))
        for (const query of queries) expect(index.search(query, count)).toEqual(expected(model, query).slice(0, count))
      }),
      { numRuns: 60 },
    )
  })

  it('finds among some items what is there of them, named twice or in any order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), fc.array(item, { maxLength: 60 }), (changes, among) => {
        const index = new CodeIndex(dimensions)
        const model = apply(index, changes)
        const [query = new Float32Array()] = queries
        const distinct = [...new Set(among)]
        expect(index.search(query, 10, Uint32Array.from(among))).toEqual(expected(model, query, distinct).slice(0, 10))
      }),
      { numRuns: 60 },
    )
  })

  it('is empty at first, and after everything is deleted', () => {
    const index = new CodeIndex(dimensions)
    const [query = new Float32Array()] = queries
    expect(index.search(query, 10)).toEqual([])
    expect(index.search(query, 10, Uint32Array.of(1))).toEqual([])
    expect(index.delete(1)).toBe(false)
    index.set(1, encode(query))
    expect(index.search(query, 10, new Uint32Array())).toEqual([])
    expect(index.delete(1)).toBe(true)
    expect(index.search(query, 10)).toEqual([])
    expect(index.size).toBe(0)
  })

  it('refuses items and codes that do not fit', () => {
    const index = new CodeIndex(dimensions)
    const [code = new Uint8Array()] = codes
    for (const item of [-1, 0.5, 2 ** 32, Number.NaN])
      expect(() => index.set(item, code)).toThrow(expect.objectContaining({ code: 'too_large' }))
    const wrong = expect.objectContaining({ code: 'invalid_input' })
    expect(() => index.set(1, code.subarray(1))).toThrow(wrong)
    expect(() => index.search(new Float32Array(dimensions + 1), 1)).toThrow(wrong)
    expect(index.size).toBe(0)
  })
})

// More than are kept by signs alone, and more than a block, so that all stages have something to do.
const many = randomVectors(dimensions, 10_000, 7)

function fill(index: CodeIndex): CodeIndex {
  for (const [item, vector] of many.entries()) index.set(item, encode(vector))
  return index
}

describe('an index of several blocks', () => {
  const index = fill(new CodeIndex(dimensions))

  it('has the nearest among the first', () => {
    for (const query of queries) {
      const exact = many
        .map((vector, item) => ({ item, score: cosine(query, vector) }))
        .sort((a, b) => b.score - a.score)
      const found = new Set(index.search(query, 200).map(({ item }) => item))
      expect(exact.slice(0, 10).filter(({ item }) => !found.has(item))).toEqual([])
    }
  })

  it('finds the same among all items as without a filter', () => {
    const all = Uint32Array.from(many.keys())
    for (const query of queries) expect(index.search(query, 50, all)).toEqual(index.search(query, 50))
    expect(index.search(queries[0] ?? new Float32Array(), 50, all.toReversed())).toEqual(
      index.search(queries[0] ?? new Float32Array(), 50),
    )
  })

  it('finds the same without SIMD', () => {
    const format = codeFormat(dimensions)
    const plain = fill(new CodeIndex(dimensions, new CodeMemory(format, openScan(null))))
    const [query = new Float32Array()] = queries
    const half = Uint32Array.from({ length: 5000 }, (_, i) => 2 * i)
    expect(plain.search(query, 100)).toEqual(index.search(query, 100))
    expect(plain.search(query, 100, half)).toEqual(index.search(query, 100, half))
  })

  it('gives back as many as asked, or all there are', () => {
    const [query = new Float32Array()] = queries
    expect(index.search(query, 1)).toHaveLength(1)
    expect(index.search(query, 20_000)).toHaveLength(10_000)
    expect(index.search(query, 0)).toEqual([])
  })

  it('chooses the smaller items of very many that are equally near, whatever the order they came in', () => {
    const [code = new Uint8Array()] = codes
    const same = new CodeIndex(dimensions)
    for (let i = 0; i < 9000; i++) same.set((i * 7919) % 9001, code)
    same.delete(3)
    const found = same.search(queries[0] ?? new Float32Array(), 6).map(({ item }) => item)
    expect(found).toEqual([0, 1, 2, 4, 5, 6])
  })

  it('states what it holds: under 230 bytes for each vector of 768 dimensions, once there are many', () => {
    const wide = new CodeIndex(768)
    const code = encode(randomVectors(768, 1)[0] ?? new Float32Array())
    for (let item = 0; item < 50_000; item++) wide.set(item, code)
    expect(wide.bytes / wide.size).toBeGreaterThan(200)
    expect(wide.bytes / wide.size).toBeLessThan(240)
  })
})
