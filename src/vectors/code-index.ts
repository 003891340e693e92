import { CairnError } from '../errors.js'
import { aligned, blockSlots, CodeMemory } from './code-memory.js'
import { type CodeFormat, codeFormat, correctionOf, encodeQuery, estimateCosine, type QueryCode } from './codes.js'
import { SlotMap } from './slot-map.js'

export interface Neighbour {
  item: number
  /** 1 − the cosine, as it is estimated from the code. */
  distance: number
}

// How many are kept by their signs alone. Of the ten nearest of 1,000,000 (1,000 dense clusters), one in a thousand is
// not among the first 950; of 10,000 that are left by a filter, not among the first 1,700 to 3,000.
const leastBySigns = 3_000
const bySigns = 10

const maxItem = 2 ** 32 - 1

/**
 * The codes of the vectors of one space by item, all in memory: 216 to 228 bytes for each of 768 dimensions. A search
 * compares the signs with all of them, then estimates the cosine of the best by whole codes.
 */
export class CodeIndex {
  readonly #format: CodeFormat
  readonly #memory: CodeMemory
  readonly #slots = new SlotMap()
  #items = new Uint32Array(64)
  #corrections = new Float32Array(64)
  #size = 0
  #largest = 0

  constructor(dimensions: number, memory?: CodeMemory) {
    this.#format = codeFormat(dimensions)
    this.#memory = memory ?? new CodeMemory(this.#format)
  }

  get size(): number {
    return this.#size
  }

  /** What it holds in memory. */
  get bytes(): number {
    return this.#memory.bytes + this.#slots.bytes + this.#items.byteLength + this.#corrections.byteLength
  }

  has(item: number): boolean {
    return this.#slots.get(item) >= 0
  }

  set(item: number, code: Uint8Array): void {
    if (!Number.isInteger(item) || item < 0 || item > maxItem) {
      throw new CairnError('too_large', `An item of the vector index is a number from 0 to ${maxItem}, not ${item}.`)
    }
    if (code.length !== this.#format.codeBytes) {
      const { dimensions, codeBytes } = this.#format
      throw new CairnError(
        'invalid_input',
        `A code of ${dimensions} dimensions has ${codeBytes} bytes, not ${code.length}.`,
      )
    }
    const found = this.#slots.get(item)
    const slot = found >= 0 ? found : this.#size
    this.#memory.write(slot, code)
    if (found < 0) this.#append(item)
    this.#corrections[slot] = correctionOf(code)
  }

  /** The last one takes its place. */
  delete(item: number): boolean {
    const slot = this.#slots.get(item)
    if (slot < 0) return false
    this.#slots.delete(item)
    const last = --this.#size
    if (slot === last) return true
    const moved = this.#items[last] ?? 0
    this.#memory.copy(last, slot)
    this.#items[slot] = moved
    this.#corrections[slot] = this.#corrections[last] ?? 0
    this.#slots.set(moved, slot)
    return true
  }

  /** The nearest by estimate, of all items or of those given that are here; of two equally near the smaller item first. */
  search(query: Float32Array, count: number, among?: Uint32Array): Neighbour[] {
    if (query.length !== this.#format.dimensions) {
      const { dimensions } = this.#format
      throw new CairnError('invalid_input', `The index has ${dimensions} dimensions, the query ${query.length}.`)
    }
    const code = encodeQuery(query)
    this.#memory.prepare(code)
    const kept = Math.max(leastBySigns, bySigns * count)
    const slots = among === undefined ? this.#nearestOfAll(kept) : this.#nearestAmong(this.#slotsOf(among), kept)
    return this.#estimate(code, slots, count)
  }

  /**
   * The cosines of some items by estimate: about `count` of them, evenly over all items or over those given that are here,
   * and the same ones whatever was added in which order. `items`: of how many they are.
   */
  sample(query: Float32Array, count: number, among?: Uint32Array): { items: number; cosines: Float64Array } {
    const code = encodeQuery(query)
    this.#memory.prepare(code)
    const slots = among === undefined ? this.#spreadOverAll(count) : this.#slotsOf(among)
    const items = among === undefined ? this.#size : slots.length
    return { items, cosines: this.#cosinesAt(code, spread(slots, count)) }
  }

  /** The cosines of those of some items that are here, by estimate. */
  estimates(query: Float32Array, items: Uint32Array): Map<number, number> {
    const code = encodeQuery(query)
    this.#memory.prepare(code)
    const slots = this.#slotsOf(items)
    const cosines = this.#cosinesAt(code, slots)
    return new Map(Array.from(slots, (slot, i) => [this.#items[slot] ?? 0, cosines[i] ?? 0]))
  }

  /** The items of numbers that are spread evenly; all where too few of those are here. */
  #spreadOverAll(count: number): Uint32Array {
    const step = Math.max(1, Math.floor(this.#largest / (2 * count)))
    const numbers = Uint32Array.from({ length: Math.floor(this.#largest / step) + 1 }, (_, index) => index * step)
    const slots = this.#slotsOf(numbers)
    return slots.length >= Math.min(count / 2, this.#size)
      ? slots
      : this.#slotsOf(this.#items.slice(0, this.#size).sort())
  }

  #append(item: number): void {
    const slot = this.#size++
    if (slot >= this.#items.length) this.#growLists()
    this.#items[slot] = item
    this.#largest = Math.max(this.#largest, item)
    this.#slots.set(item, slot)
  }

  #growLists(): void {
    const length = Math.ceil(this.#items.length * 1.25)
    const [items, corrections] = [new Uint32Array(length), new Float32Array(length)]
    items.set(this.#items)
    corrections.set(this.#corrections)
    this.#items = items
    this.#corrections = corrections
  }

  /** The slots of a list of items, without those that are not here and those named again. */
  #slotsOf(items: Uint32Array): Uint32Array {
    const sorted = isAscending(items) ? items : Uint32Array.from(new Set(items)).sort()
    const slots = new Uint32Array(sorted.length)
    let count = 0
    for (const item of sorted) {
      const slot = this.#slots.get(item)
      if (slot >= 0) slots[count++] = slot
    }
    return slots.subarray(0, count)
  }

  #nearestOfAll(kept: number): Uint32Array {
    const size = this.#size
    if (size <= kept) return Uint32Array.from({ length: size }, (_, slot) => slot)
    const { loops, signs } = this.#memory
    const { planeBytes } = this.#format
    const distances = this.#memory.scratch(distanceBytes(size))
    for (let first = 0; first < size; first += blockSlots) {
      const count = Math.min(blockSlots, size - first)
      loops.hamming(signs, planeBytes, this.#memory.address(first), count, distances + 2 * first)
    }
    return this.#select(distances, size, kept, (position) => position)
  }

  #nearestAmong(slots: Uint32Array, kept: number): Uint32Array {
    const count = slots.length
    if (count <= kept) return slots
    const distances = this.#memory.scratch(distanceBytes(count) + 4 * count)
    const addresses = distances + distanceBytes(count)
    this.#writeAddresses(addresses, slots)
    this.#memory.loops.hammingAt(this.#memory.signs, this.#format.planeBytes, addresses, count, distances)
    return this.#select(distances, count, kept, (position) => slots[position] ?? 0)
  }

  /** The slots at the positions of the smallest distances: counted, and then all up to a limit collected. */
  #select(distances: number, count: number, kept: number, slotAt: (position: number) => number): Uint32Array {
    const { loops, bins } = this.#memory
    loops.histogram(distances, count, bins)
    const { limit, found, nearer } = limitOf(this.#memory.uint32(bins, this.#format.bits + 1), kept)
    const out = this.#memory.scratch(distanceBytes(count) + 4 * found) + distanceBytes(count)
    const padded = Math.ceil(count / 8) * 8
    this.#memory.uint16(distances, padded).fill(0xffff, count)
    loops.collect(distances, padded, limit, out)
    const slots = this.#memory.uint32(out, found).map(slotAt)
    if (found === kept) return slots
    const ofDistance = this.#memory.uint16(distances, count)
    const positions = this.#memory.uint32(out, found)
    return this.#dropLargestItems(slots, kept, nearer, (i) => ofDistance[positions[i] ?? 0] === limit)
  }

  /** Of those at the limit there are too many: the smaller items stay. */
  #dropLargestItems(slots: Uint32Array, kept: number, nearer: number, isAtLimit: (i: number) => boolean): Uint32Array {
    const items = this.#items
    const atLimit = slots.filter((_, i) => isAtLimit(i)).map((slot) => items[slot] ?? 0)
    const largest = atLimit.sort()[kept - nearer - 1] ?? 0
    return slots.filter((slot, i) => !isAtLimit(i) || (items[slot] ?? 0) <= largest)
  }

  #estimate(query: QueryCode, slots: Uint32Array, count: number): Neighbour[] {
    const cosines = this.#cosinesAt(query, slots)
    const least = cosines.toSorted().at(-count) ?? Number.NEGATIVE_INFINITY
    const neighbours: Neighbour[] = []
    for (let i = 0; i < slots.length; i++) {
      const cosine = cosines[i] ?? 0
      if (cosine >= least) neighbours.push({ item: this.#items[slots[i] ?? 0] ?? 0, distance: 1 - cosine })
    }
    return neighbours.sort((a, b) => a.distance - b.distance || a.item - b.item).slice(0, count)
  }

  #cosinesAt(query: QueryCode, slots: Uint32Array): Float64Array {
    const { loops, queryPlanes, apart } = this.#memory
    const addresses = this.#memory.scratch(8 * slots.length)
    const products = addresses + 4 * slots.length
    this.#writeAddresses(addresses, slots)
    loops.productAt(queryPlanes, this.#format.planeBytes, apart, addresses, slots.length, products)
    const found = this.#memory.int32(products, slots.length)
    const cosines = new Float64Array(slots.length)
    for (let i = 0; i < slots.length; i++)
      cosines[i] = estimateCosine(query, found[i] ?? 0, this.#corrections[slots[i] ?? 0] ?? 0)
    return cosines
  }

  #writeAddresses(out: number, slots: Uint32Array): void {
    const addresses = this.#memory.uint32(out, slots.length)
    for (let i = 0; i < slots.length; i++) addresses[i] = this.#memory.address(slots[i] ?? 0)
  }
}

/** About so many of a list, evenly. */
function spread(slots: Uint32Array, count: number): Uint32Array {
  const step = Math.max(1, slots.length / count)
  return Uint32Array.from(
    { length: Math.floor(slots.length / step) },
    (_, index) => slots[Math.floor(index * step)] ?? 0,
  )
}

/** Room for distances of 16 bits, with what the loops read and write beyond. */
function distanceBytes(count: number): number {
  return aligned(2 * count + 16)
}

/** The smallest distance up to which there are at least so many, how many there are, and how many are nearer. */
function limitOf(bins: Uint32Array, kept: number): { limit: number; found: number; nearer: number } {
  let nearer = 0
  for (const [limit, count] of bins.entries()) {
    if (nearer + count >= kept) return { limit, found: nearer + count, nearer }
    nearer += count
  }
  throw new CairnError('internal', 'Fewer distances were counted than there are codes.')
}

function isAscending(items: Uint32Array): boolean {
  for (let i = 1; i < items.length; i++) if ((items[i - 1] ?? 0) >= (items[i] ?? 0)) return false
  return true
}
