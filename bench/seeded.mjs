// Numbers that look random and are the same in every run.

/** Uniform in [0, 1) (Mulberry32). */
export function seededRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * The same (sfc32: Doty-Humphrey, PractRand) for a thousand million numbers and more: the above repeats itself after four
 * thousand million, and its seeds are places in one sequence.
 */
export function longRandom(seed) {
  let [a, b, c, counter] = [0, 0, seed, 1]
  const next = () => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** Standard normal, in pairs (Marsaglia's polar method): twice as fast as by Box and Muller. */
export function normalFrom(random) {
  let spare
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    for (;;) {
      const [x, y] = [2 * random() - 1, 2 * random() - 1]
      const square = x * x + y * y
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * Math.log(square)) / square)
      spare = y * factor
      return x * factor
    }
  }
}

/** Standard normal (Box-Muller). */
export function seededNormal(seed) {
  const random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** 32 bits of a text (FNV-1a, its bits mixed once more). */
export function seedOf(text) {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** A direction that the text alone decides, uniform on the sphere. */
export function directionOf(text, dimensions) {
  const normal = seededNormal(seedOf(text))
  return toUnit(Float32Array.from({ length: dimensions }, normal))
}

/** Changes the vector to length 1. One of zeros stays. */
export function toUnit(vector) {
  const length = Math.hypot(...vector)
  if (length > 0) for (let at = 0; at < vector.length; at++) vector[at] /= length
  return vector
}

/** The unit vector along a weighted sum: `[[weight, vector], …]`. */
export function mix(parts) {
  const sum = new Float32Array(parts[0][1].length)
  for (const [weight, vector] of parts) for (let at = 0; at < sum.length; at++) sum[at] += weight * vector[at]
  return toUnit(sum)
}
