// An embedder of bench/embedders, as `openCairn` takes one.
import { embedderNames, makeEmbedder } from '../embedders/embedders.mjs'
import { strengths } from '../embedders/oracle.mjs'

export const embedderUsage = `${embedderNames.join(' | ')}, with a strength behind the oracle: oracle:weak`

const modes = ['hybrid', 'lexical', 'semantic']

/** Throws, in one line, for what names no mode or embedder. */
export function checkNames({ mode, embedder }) {
  if (mode !== undefined && !modes.includes(mode)) throw new Error(`no mode ${mode}: one of ${modes.join(', ')}`)
  if (embedder === undefined) return
  const [name, strength] = embedder.split(':')
  if (!embedderNames.includes(name)) throw new Error(`no embedder ${name}: one of ${embedderNames.join(', ')}`)
  if (strength !== undefined && name === 'oracle' && !(strength in strengths) && !(Number(strength) >= 0))
    throw new Error(`no strength ${strength}: ${Object.keys(strengths).join(', ')} or a number`)
}

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
