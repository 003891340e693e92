// An embedder of bench/embedders, as `openCairn` takes one.
import { embedderNames, makeEmbedder } from '../embedders/embedders.mjs'

export const embedderUsage = `${embedderNames.join(' | ')}, with a strength behind the oracle: oracle:weak`

/** `lsa`, `random`, `oracle:medium`: for the set, since the first two thirds know it. */
export function toEmbedder(given, set) {
  const [name, strength] = given.split(':')
  const { dimensions, embed } = makeEmbedder(name, set, strength === undefined ? {} : { strength })
  const space = {
    provider: 'custom',
    model: given.replace(':', '-'),
    dimensions,
    prefixes: { document: '', query: '' },
  }
  return { space, batchSize: 100, embed }
}
