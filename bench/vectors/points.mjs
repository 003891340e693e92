// The data of the issue: 1,000 centres uniform on the sphere, points and queries normalise(centre + 0.8 · g / √768), g
// standard normal in each coordinate. The same for the same seed, on every machine with the same mathematics.

/** Numbers from 0 to 1, by sfc32 (Doty-Humphrey, PractRand). */
function randomNumbers(seed) {
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

/** Standard normal numbers, in pairs by Marsaglia's polar method. */
function normalNumbers(random) {
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

function normalise(vector) {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) vector[i] /= length
  return vector
}

/** `next()` gives the next point. */
export function makePoints({ dimensions = 768, centres = 1000, spread = 0.8, seed = 1 } = {}) {
  const random = randomNumbers(seed)
  const normal = normalNumbers(random)
  const around = Array.from({ length: centres }, () => normalise(Float64Array.from({ length: dimensions }, normal)))
  const scale = spread / Math.sqrt(dimensions)
  return function next() {
    const centre = around[Math.floor(random() * centres)]
    const point = new Float64Array(dimensions)
    for (let i = 0; i < dimensions; i++) point[i] = centre[i] + scale * normal()
    return Float32Array.from(normalise(point))
  }
}
