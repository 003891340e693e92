import { CairnError } from '../errors.js'
import { type CodeFormat, type QueryCode, queryBits } from './codes.js'
import { openScan } from './open-scan.js'
import { type LinearMemory, pageBytes, type ScanLoops } from './scan-loops.js'

/** Slots in a block: their high planes lie one behind the other, and their low planes behind those. */
export const blockSlots = 4_096

/**
 * The planes of all codes in one linear memory: what a query needs, blocks of codes, and behind the last block room for
 * what one search works with. Growing appends a block, and moves nothing.
 */
export class CodeMemory {
  readonly loops: ScanLoops
  readonly signs: number
  readonly queryPlanes: number
  /** Counts of 32 bits, for each distance from 0 to the bits of a plane. */
  readonly bins: number
  /** From the high plane of a code to its low one. */
  readonly apart: number
  readonly #memory: LinearMemory
  readonly #planeBytes: number
  readonly #start: number
  #blocks = 0
  #view: Uint8Array

  constructor({ planeBytes, bits }: CodeFormat, { memory, loops } = openScan()) {
    this.loops = loops
    this.#memory = memory
    this.#view = new Uint8Array(memory.buffer)
    this.#planeBytes = planeBytes
    this.apart = blockSlots * planeBytes
    this.signs = 0
    this.queryPlanes = planeBytes
    this.bins = this.queryPlanes + queryBits * planeBytes
    this.#start = aligned(this.bins + 4 * (bits + 1))
    this.#reserve(this.#start)
  }

  get bytes(): number {
    return this.#view.byteLength
  }

  /** Where the high plane of a slot begins. */
  address(slot: number): number {
    const block = Math.floor(slot / blockSlots)
    return this.#start + 2 * block * this.apart + (slot % blockSlots) * this.#planeBytes
  }

  write(slot: number, code: Uint8Array): void {
    if (slot >= this.#blocks * blockSlots) this.#reserve(this.#start + 2 * ++this.#blocks * this.apart)
    const address = this.address(slot)
    this.#view.set(code.subarray(0, this.#planeBytes), address)
    this.#view.set(code.subarray(this.#planeBytes, 2 * this.#planeBytes), address + this.apart)
  }

  copy(from: number, to: number): void {
    for (const plane of [0, this.apart]) {
      const start = this.address(from) + plane
      this.#view.copyWithin(this.address(to) + plane, start, start + this.#planeBytes)
    }
  }

  /** Puts a query where the loops find it, and empties the bins. */
  prepare(query: QueryCode): void {
    this.#view.set(query.signs, this.signs)
    this.#view.set(query.planes, this.queryPlanes)
    this.#view.fill(0, this.bins, this.#start)
  }

  /** The address of room for so many bytes, until the next code is written. What was there before stays. */
  scratch(bytes: number): number {
    const start = this.#start + 2 * this.#blocks * this.apart
    this.#reserve(start + bytes)
    return start
  }

  uint16(address: number, length: number): Uint16Array {
    return new Uint16Array(this.#memory.buffer, address, length)
  }

  uint32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, address, length)
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length)
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#view.byteLength
    if (missing <= 0) return
    try {
      this.#memory.grow(Math.ceil(missing / pageBytes))
    } catch (cause) {
      throw new CairnError('too_large', 'There is no more memory for the codes of vectors.', { cause })
    }
    this.#view = new Uint8Array(this.#memory.buffer)
  }
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
