// An embedder that knows nothing: the same text is always the same direction, and that is all.
import { directionOf } from '../seeded.mjs'

export function makeRandom(_set, { dimensions = 256 } = {}) {
  return {
    dimensions,
    embed: async (texts) => texts.map((text) => directionOf(text, dimensions)),
  }
}
