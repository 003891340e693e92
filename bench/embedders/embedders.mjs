// Embedders to measure search with: one of the set's own words, one that knows the answers, one that knows nothing.
import { makeLsa } from './lsa.mjs'
import { makeOracle } from './oracle.mjs'
import { makeRandom } from './random.mjs'

const makers = { lsa: makeLsa, oracle: makeOracle, random: makeRandom }

export const embedderNames = Object.keys(makers)

/**
 * `{ dimensions, embed(texts, { kind }) }`, where `kind` is document or query, for a set as `readSet` gives it. Options:
 * `dimensions`, and of the oracle its `strength`: weak, medium, strong or a number.
 */
export function makeEmbedder(name, set, options = {}) {
  const make = makers[name]
  if (make === undefined) throw new Error(`no embedder ${name}: ${embedderNames.join(', ')}`)
  return make(set, options)
}
