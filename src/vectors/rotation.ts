/**
 * A fixed random rotation. The coordinates of a model's vectors weigh unequally; after it all weigh about the same, and
 * spread like a normal distribution: what one threshold for all of them presumes. Twice random signs and a
 * Walsh–Hadamard transform of each block (Yu et al., 2016, "Orthogonal random features"), the blocks mixed in between.
 */
export interface Rotation {
  /** Coordinates behind it: the dimensions, filled up to a multiple of 128. */
  readonly length: number
  /** The vector, rotated and scaled to a length of √`length`. The same array at each call. Zeros for a zero vector. */
  rotate(vector: Float32Array): Float64Array
}

const multiple = 128
const seed = 0x9e3779b9

export function createRotation(dimensions: number): Rotation {
  const length = Math.ceil(dimensions / multiple) * multiple
  const block = largestPowerOfTwo(length)
  const random = randomBits(seed)
  const [before, between] = [randomSigns(length, random), randomSigns(length, random)]
  const rotated = new Float64Array(length)
  const rotate = (vector: Float32Array): Float64Array => {
    rotated.fill(0)
    rotated.set(vector)
    multiply(rotated, before)
    transformBlocks(rotated, block)
    mixBlocks(rotated, block)
    multiply(rotated, between)
    transformBlocks(rotated, block)
    return scale(rotated)
  }
  return { length, rotate }
}

/** The largest one that divides a number: the fewer blocks, the better they mix. */
function largestPowerOfTwo(length: number): number {
  return length & -length
}

/** Marsaglia's xorshift, because the signs must be the same on every machine and in every version. */
function randomBits(state: number): () => number {
  let bits = state
  return () => {
    bits ^= bits << 13
    bits ^= bits >>> 17
    bits ^= bits << 5
    return bits >>> 0
  }
}

function randomSigns(length: number, random: () => number): Float64Array {
  return Float64Array.from({ length }, () => (random() >>> 31 === 0 ? 1 : -1))
}

function multiply(values: Float64Array, factors: Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * (factors[i] ?? 0)
}

/** The Walsh–Hadamard transform of each block, in place and without its scale. */
function transformBlocks(values: Float64Array, block: number): void {
  for (let half = 1; half < block; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i] ?? 0
        const b = values[i + half] ?? 0
        values[i] = a + b
        values[i + half] = a - b
      }
    }
  }
}

/** Reflects the coordinates at the same place of all blocks at their mean. There is an odd number of blocks. */
function mixBlocks(values: Float64Array, block: number): void {
  const blocks = values.length / block
  if (blocks === 1) return
  for (let i = 0; i < block; i++) {
    let sum = 0
    for (let at = i; at < values.length; at += block) sum += values[at] ?? 0
    const twiceMean = (2 * sum) / blocks
    for (let at = i; at < values.length; at += block) values[at] = (values[at] ?? 0) - twiceMean
  }
}

function scale(values: Float64Array): Float64Array {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] ?? 0) ** 2
  if (squares === 0) return values
  const factor = Math.sqrt(values.length / squares)
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * factor
  return values
}
