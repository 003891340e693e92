import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openScan } from '../../src/vectors/open-scan.js'
import { loopsWithoutSimd, PlainMemory } from '../../src/vectors/scan-fallback.js'
import type { LinearMemory, ScanLoops } from '../../src/vectors/scan-loops.js'

const out = 32_768

function bothScans(content: Uint8Array): { memory: LinearMemory; loops: ScanLoops }[] {
  const plain = new PlainMemory()
  const scans = [openScan(), { memory: plain, loops: loopsWithoutSimd(plain) }]
  for (const { memory } of scans) new Uint8Array(memory.buffer).set(content)
  return scans
}

/** What both leave at `out`. */
function results(content: Uint8Array, length: number, work: (loops: ScanLoops) => unknown): unknown[] {
  return bothScans(content).map(({ memory, loops }) => {
    const returned = work(loops)
    return { returned, left: [...new Uint8Array(memory.buffer, out, length)] }
  })
}

const planeBytes = fc.constantFrom(16, 32, 96, 112)
const count = fc.integer({ min: 0, max: 9 })
const extreme = fc.oneof(fc.constant(0), fc.constant(255), fc.nat({ max: 255 }))
const content = fc
  .tuple(fc.array(fc.nat({ max: 255 }), { minLength: 50, maxLength: 200 }), extreme)
  .map(([bytes, rest]) => Uint8Array.from({ length: 8192 }, (_, i) => bytes[i % (bytes.length + 1)] ?? rest))
const codes = 2048

function withAddresses(content: Uint8Array, bytes: number): Uint8Array {
  new Uint32Array(content.buffer, 4096, 9).set(Array.from({ length: 9 }, (_, i) => codes + ((i * 5) % 7) * bytes))
  return content
}

describe('WebAssembly and plain loops give the same', () => {
  it('distances of codes behind each other', () => {
    fc.assert(
      fc.property(content, planeBytes, count, (content, bytes, count) => {
        const [simd, plain] = results(content, 2 * count, (loops) => loops.hamming(0, bytes, codes, count, out))
        expect(simd).toEqual(plain)
      }),
      { numRuns: 50 },
    )
  })

  it('distances and products of codes at addresses', () => {
    fc.assert(
      fc.property(content, planeBytes, count, (content, bytes, count) => {
        const prepared = withAddresses(content, bytes)
        const distances = results(prepared, 2 * count, (loops) => loops.hammingAt(0, bytes, 4096, count, out))
        expect(distances[0]).toEqual(distances[1])
        const products = results(prepared, 4 * count, (loops) => loops.productAt(0, bytes, 1024, 4096, count, out))
        expect(products[0]).toEqual(products[1])
      }),
      { numRuns: 50 },
    )
  })

  it('counts of distances and positions up to a limit', () => {
    const distances = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.constant(65_535)), { maxLength: 40 })
    fc.assert(
      fc.property(distances, fc.nat({ max: 20 }), (distances, limit) => {
        const padded = Uint16Array.from({ length: Math.ceil(distances.length / 8) * 8 }, (_, i) => distances[i] ?? 9)
        const content = new Uint8Array(padded.buffer)
        const small = padded.map((distance) => distance % 64)
        const counts = results(new Uint8Array(small.buffer), 256, (loops) => loops.histogram(0, small.length, out))
        expect(counts[0]).toEqual(counts[1])
        const found = results(content, 4 * padded.length, (loops) => loops.collect(0, padded.length, limit, out))
        expect(found[0]).toEqual(found[1])
        const expected = [...padded.keys()].filter((i) => (padded[i] ?? 0) <= limit)
        expect(found[0]).toMatchObject({ returned: expected.length })
      }),
    )
  })
})

it('works without WebAssembly, and where it has no SIMD', () => {
  expect(openScan(undefined).memory).not.toBeInstanceOf(PlainMemory)
  const unable = { validate: () => false } as unknown as NonNullable<Parameters<typeof openScan>[0]>
  expect(openScan(null).memory).toBeInstanceOf(PlainMemory)
  expect(openScan(unable).memory).toBeInstanceOf(PlainMemory)
})

it('plain memory keeps what it had when it grows', () => {
  const memory = new PlainMemory()
  new Uint8Array(memory.buffer)[7] = 42
  expect(memory.grow(2)).toBe(1)
  expect(memory.buffer.byteLength).toBe(3 * 65_536)
  expect(new Uint8Array(memory.buffer)[7]).toBe(42)
})
