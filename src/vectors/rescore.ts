import type { Neighbour } from './code-index.js'

/** How far off an estimate by two bits is, one standard deviation of it, of vectors at a right angle. */
const estimateError = 0.367

/**
 * How many of the nearest by code are candidates for so many in the end. Of the ten nearest of 1,000,000, 995 of 1,000
 * are among the first 200 by code, and all of 2,000 that were tried among the first 300.
 */
export function countToRescore(count: number): number {
  return Math.max(300, 4 * count)
}

/**
 * The candidates whose vectors must be read: all but those that are further, by more than the estimates err, than the last
 * one that is wanted. Where few are near, as within most filters, that leaves a third of them and loses none by four errors.
 */
export function worthRescoring(
  nearest: readonly Neighbour[],
  count: number,
  dimensions: number,
  errors = 4,
): Neighbour[] {
  const last = nearest[count - 1]
  if (last === undefined) return [...nearest]
  const sine = Math.sqrt(Math.max(0, 1 - (1 - last.distance) ** 2))
  const limit = last.distance + (errors * estimateError * sine) / Math.sqrt(dimensions)
  return nearest.filter(({ distance }) => distance <= limit)
}

/** The dot product of two unit vectors, which is their cosine. */
export function exactScore(query: Float32Array, vector: Float32Array): number {
  // Four sums at once, because one would wait for itself at each step.
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = query.length - (query.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += (query[i] ?? 0) * (vector[i] ?? 0)
    b += (query[i + 1] ?? 0) * (vector[i + 1] ?? 0)
    c += (query[i + 2] ?? 0) * (vector[i + 2] ?? 0)
    d += (query[i + 3] ?? 0) * (vector[i + 3] ?? 0)
  }
  for (let i = whole; i < query.length; i++) a += (query[i] ?? 0) * (vector[i] ?? 0)
  return a + b + c + d
}

/** A vector as it is stored: float32, little-endian. A view where the bytes lie on a boundary of 4, else a copy. */
export function vectorOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes
  if (byteOffset % 4 === 0) return new Float32Array(buffer, byteOffset, byteLength / 4)
  return new Float32Array(bytes.slice().buffer)
}
