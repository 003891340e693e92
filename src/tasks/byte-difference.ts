import { matchRun, RunFinder } from './byte-runs.js'

/**
 * What makes `next` out of `base`: a version byte, the length of `next` and that of `base`, then instructions. Each begins
 * with its length × 2, plus 1 for bytes that follow right here; others are copied from `base`, and say how far from the
 * end of the copy before. Numbers are varints (seven bits a byte, low ones first), distances zigzag ones. It holds no
 * checksum: whoever stores a state keeps one of the whole.
 */
export function makeDifference(base: Buffer, next: Buffer): Buffer {
  const writer = new Writer(base, next)
  const finder = new RunFinder(base, next)
  let at = matchRun(base, 0, next, 0)
  writer.copy(0, at)
  let from = at
  while (at < next.length) {
    const run = finder.find(at, from - at)
    writer.insert(at, run.at)
    writer.copy(run.from, run.length)
    at = run.at + run.length
    from = run.from + run.length
  }
  return writer.result()
}

/**
 * Writes what `difference` makes of `base` into `target`, which must not be the same memory, and returns that part of
 * it. Undefined when the difference is damaged, or belongs to another base; not every damage shows here.
 */
export function applyDifference(base: Buffer, difference: Buffer, target: Buffer): Buffer | undefined {
  try {
    return apply(base, new Reader(difference), target)
  } catch (error) {
    if (error instanceof DamagedDifference) return undefined
    throw error
  }
}

const version = 1

class DamagedDifference extends Error {}

function apply(base: Buffer, reader: Reader, target: Buffer): Buffer {
  const { nextLength } = reader
  if (reader.baseLength !== base.length || nextLength > target.length) throw new DamagedDifference()
  let at = 0
  let from = 0
  while (!reader.atEnd) {
    const head = reader.number()
    const length = Math.floor(head / 2)
    if (at + length > nextLength) throw new DamagedDifference()
    if (head % 2 === 1) {
      reader.bytes(length, target, at)
    } else {
      from += reader.distance()
      if (from < 0 || from + length > base.length) throw new DamagedDifference()
      base.copy(target, at, from, from + length)
      from += length
    }
    at += length
  }
  if (at !== nextLength) throw new DamagedDifference()
  return target.subarray(0, nextLength)
}

class Writer {
  readonly #next: Buffer
  #bytes: Buffer
  #end = 1
  /** Where in the base the last copy ended. */
  #from = 0

  constructor(base: Buffer, next: Buffer) {
    this.#next = next
    this.#bytes = Buffer.allocUnsafe(4096)
    this.#bytes[0] = version
    this.#number(next.length)
    this.#number(base.length)
  }

  insert(from: number, to: number): void {
    if (from === to) return
    this.#number((to - from) * 2 + 1)
    this.#reserve(to - from)
    this.#end += this.#next.copy(this.#bytes, this.#end, from, to)
  }

  copy(from: number, length: number): void {
    if (length === 0) return
    const distance = from - this.#from
    this.#number(length * 2)
    this.#number(distance < 0 ? -distance * 2 - 1 : distance * 2)
    this.#from = from + length
  }

  result(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  #number(value: number): void {
    this.#reserve(longestNumber)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#end++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#end++] = rest
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe((this.#end + count) * 2)
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

/** Of 49 bits, which is more than a length can have. */
const longestNumber = 7

class Reader {
  readonly nextLength: number
  readonly baseLength: number
  readonly #bytes: Buffer
  #at = 1

  constructor(bytes: Buffer) {
    if (bytes[0] !== version) throw new DamagedDifference()
    this.#bytes = bytes
    this.nextLength = this.number()
    this.baseLength = this.number()
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  number(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < longestNumber; count++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte % 128) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new DamagedDifference()
  }

  distance(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(length: number, target: Buffer, at: number): void {
    if (this.#at + length > this.#bytes.length) throw new DamagedDifference()
    this.#bytes.copy(target, at, this.#at, this.#at + length)
    this.#at += length
  }
}
