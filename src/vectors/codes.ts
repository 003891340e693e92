import { CairnError } from '../errors.js'
import { createRotation, type Rotation } from './rotation.js'

/**
 * Small codes of unit vectors: two bits for each coordinate of the rotated vector, and one number to correct what is
 * estimated from them. After Gao and Long, "RaBitQ" (SIGMOD 2024), and Gao et al., its extension to more bits (2025).
 *
 * A code is a plane of high bits (the signs, which alone are compared first), a plane of low bits, and a float32.
 * Whoever changes what is in it raises `codeVersion`, so that stored codes are made anew.
 */
export const codeVersion = 1

/** How wide a step of the four is, of numbers with a normal distribution: with the least squared error. */
const step = 0.9957

export const queryBits = 6
/** The largest number that a coordinate of a query becomes. */
const queryLimit = 2 ** (queryBits - 1) - 1

/** Distances are counted in 16 bits, and no model has so many. */
const maxDimensions = 16_384

export interface CodeFormat {
  readonly dimensions: number
  /** Bits in a plane, a multiple of 128. */
  readonly bits: number
  readonly planeBytes: number
  readonly codeBytes: number
}

export interface QueryCode {
  signs: Uint8Array
  /** Whole numbers from −32 to 31, a plane for each of their bits; the last one counts −32. */
  planes: Uint8Array
  /** Turns a product of the whole numbers with a code into one of the query. */
  scale: number
  /** Their sum, to take the middle of the steps into account. */
  sum: number
}

const rotations = new Map<number, Rotation>()

function rotationOf(dimensions: number): Rotation {
  const found = rotations.get(dimensions) ?? createRotation(dimensions)
  rotations.set(dimensions, found)
  return found
}

export function codeFormat(dimensions: number): CodeFormat {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > maxDimensions) {
    throw new CairnError('invalid_input', `Vectors have 1 to ${maxDimensions} dimensions, not ${dimensions}.`)
  }
  const bits = rotationOf(dimensions).length
  return { dimensions, bits, planeBytes: bits / 8, codeBytes: bits / 4 + 4 }
}

/** The code of a vector that is stored. Its length does not matter, but it must have one. */
export function encode(vector: Float32Array): Uint8Array {
  const rotated = rotate(vector)
  const planeBytes = rotated.length / 8
  const code = new Uint8Array(2 * planeBytes + 4)
  let product = 0
  for (let i = 0; i < rotated.length; i++) {
    const value = rotated[i] ?? 0
    const level = Math.max(0, Math.min(3, Math.floor(value / step) + 2))
    setBit(code, i, level >> 1)
    setBit(code, 8 * planeBytes + i, level & 1)
    product += (level - 1.5) * value
  }
  new DataView(code.buffer).setFloat32(2 * planeBytes, 1 / product, true)
  return code
}

/** The correction in a code: times the product of its levels with a query, it estimates the cosine. */
export function correctionOf(code: Uint8Array): number {
  return new DataView(code.buffer, code.byteOffset, code.byteLength).getFloat32(code.byteLength - 4, true)
}

/** A vector that is searched for keeps more of what it is than those it is compared with: there is only one. */
export function encodeQuery(vector: Float32Array): QueryCode {
  const rotated = rotate(vector)
  const planeBytes = rotated.length / 8
  const largest = rotated.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const query = {
    signs: new Uint8Array(planeBytes),
    planes: new Uint8Array(queryBits * planeBytes),
    scale: largest / queryLimit,
    sum: 0,
  }
  for (let i = 0; i < rotated.length; i++) {
    const value = rotated[i] ?? 0
    const whole = Math.round(value / query.scale)
    setBit(query.signs, i, value >= 0 ? 1 : 0)
    for (let bit = 0; bit < queryBits; bit++) setBit(query.planes, 8 * bit * planeBytes + i, (whole >> bit) & 1)
    query.sum += whole
  }
  return query
}

/** The cosine of query and stored vector, from the product of the query's whole numbers with the code's levels. */
export function estimateCosine(query: QueryCode, product: number, correction: number): number {
  return (product - 1.5 * query.sum) * query.scale * correction
}

function rotate(vector: Float32Array): Float64Array {
  codeFormat(vector.length)
  const rotated = rotationOf(vector.length).rotate(vector)
  // One NaN or infinity is in every coordinate after the rotation.
  if (Number.isFinite(rotated[0]) && rotated.some((value) => value !== 0)) return rotated
  throw new CairnError('invalid_input', 'A vector must have a direction: finite numbers that are not all zero.')
}

function setBit(plane: Uint8Array, index: number, bit: number): void {
  plane[index >> 3] = (plane[index >> 3] ?? 0) | (bit << (index & 7))
}
