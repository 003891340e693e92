import { queryBits } from './codes.js'
import { type LinearMemory, pageBytes, type ScanLoops } from './scan-loops.js'

/** Memory for machines that cannot run WebAssembly with SIMD. Growing copies it. */
export class PlainMemory implements LinearMemory {
  buffer = new ArrayBuffer(pageBytes)

  grow(pages: number): number {
    const before = this.buffer.byteLength
    const grown = new Uint8Array(before + pages * pageBytes)
    grown.set(new Uint8Array(this.buffer))
    this.buffer = grown.buffer
    return before / pageBytes
  }
}

/** The loops of `scan.wat`, with the same results: 30 to 50 times slower. */
export function loopsWithoutSimd(memory: LinearMemory): ScanLoops {
  const hammingOf = (words: Uint32Array, query: number, code: number, bytes: number): number => {
    let distance = 0
    for (let at = 0; at < bytes; at += 4) {
      distance += bitCount((words[(query + at) >> 2] ?? 0) ^ (words[(code + at) >> 2] ?? 0))
    }
    return distance
  }
  return {
    hamming(query, bytes, codes, count, out) {
      const words = new Uint32Array(memory.buffer)
      const distances = new Uint16Array(memory.buffer, out, count)
      for (let i = 0; i < count; i++) distances[i] = hammingOf(words, query, codes + i * bytes, bytes)
    },
    hammingAt(query, bytes, addresses, count, out) {
      const words = new Uint32Array(memory.buffer)
      const distances = new Uint16Array(memory.buffer, out, count)
      const codes = new Uint32Array(memory.buffer, addresses, count)
      for (let i = 0; i < count; i++) distances[i] = hammingOf(words, query, codes[i] ?? 0, bytes)
    },
    histogram(distances, count, bins) {
      const counts = new Uint32Array(memory.buffer)
      for (const distance of new Uint16Array(memory.buffer, distances, count)) {
        const bin = (bins >> 2) + distance
        counts[bin] = (counts[bin] ?? 0) + 1
      }
    },
    collect(distances, count, limit, out) {
      const positions = new Uint32Array(memory.buffer)
      const start = out >> 2
      let end = start
      for (const [position, distance] of new Uint16Array(memory.buffer, distances, count).entries()) {
        if (distance <= limit) positions[end++] = position
      }
      return end - start
    },
    productAt(planes, bytes, apart, addresses, count, out) {
      const words = new Uint32Array(memory.buffer)
      const products = new Int32Array(memory.buffer, out, count)
      const codes = new Uint32Array(memory.buffer, addresses, count)
      for (let i = 0; i < count; i++) products[i] = productOf(words, { planes, bytes, apart }, codes[i] ?? 0)
    },
  }
}

interface QueryPlanes {
  planes: number
  bytes: number
  apart: number
}

function productOf(words: Uint32Array, { planes, bytes, apart }: QueryPlanes, code: number): number {
  let product = 0
  for (let bit = 0; bit < queryBits; bit++) {
    const weight = bit === queryBits - 1 ? -(2 ** bit) : 2 ** bit
    for (let at = 0; at < bytes; at += 4) {
      const plane = words[(planes + bit * bytes + at) >> 2] ?? 0
      const high = bitCount(plane & (words[(code + at) >> 2] ?? 0))
      const low = bitCount(plane & (words[(code + apart + at) >> 2] ?? 0))
      product += weight * (2 * high + low)
    }
  }
  return product
}

/** How many bits are set, in parallel (Warren, "Hacker's Delight", 5–1). */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
