// The data of the issue: 1,000 centres uniform on the sphere, points and queries normalise(centre + 0.8 · g / √768), g
// standard normal in each coordinate. The same for the same seed, on every machine with the same mathematics.

import { longRandom, normalFrom } from '../seeded.mjs'

function normalise(vector) {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) vector[i] /= length
  return vector
}

/** A function that gives the next point at each call. */
export function makePoints({ dimensions = 768, centres = 1000, spread = 0.8, seed = 1, uneven = false } = {}) {
  const random = longRandom(seed)
  const normal = normalFrom(random)
  const sizes = Float64Array.from({ length: dimensions }, (_, i) => (uneven ? 1 / Math.sqrt(i + 1) : 1))
  const draw = (_, i) => normal() * sizes[i]
  const around = Array.from({ length: centres }, () => normalise(Float64Array.from({ length: dimensions }, draw)))
  const scale = spread / Math.hypot(...sizes)
  return function next() {
    const centre = around[Math.floor(random() * centres)]
    const point = new Float64Array(dimensions)
    for (let i = 0; i < dimensions; i++) point[i] = centre[i] + scale * sizes[i] * normal()
    return Float32Array.from(normalise(point))
  }
}
