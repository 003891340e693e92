// An embedder that takes no time worth speaking of: a text's words choose one of 1,000 topics, and what is its own.
import { directionOf, seedOf } from '../seeded.mjs'

const dimensions = 768
const count = 1_000
const own = 0.8

export function makeInstantEmbedder() {
  const topics = Array.from({ length: count }, (_, index) => directionOf(`topic ${index}`, dimensions))
  const others = Array.from({ length: count }, (_, index) => directionOf(`own ${index}`, dimensions))
  return {
    space: { provider: 'custom', model: 'instant', dimensions, prefixes: { document: '', query: '' } },
    batchSize: 250,
    embed: async (texts) => texts.map((text) => vectorOf(text, topics, others)),
  }
}

function vectorOf(text, topics, others) {
  const seed = seedOf(text)
  const topic = topics[seed % count]
  // Turned by some places, so that a few directions serve as a million.
  const noise = others[(seed >>> 10) % count]
  const turn = (seed >>> 20) % dimensions
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let at = 0; at < dimensions; at++) {
    const value = topic[at] + own * noise[(at + turn) % dimensions]
    vector[at] = value
    squares += value * value
  }
  const length = Math.sqrt(squares)
  for (let at = 0; at < dimensions; at++) vector[at] /= length
  return vector
}
