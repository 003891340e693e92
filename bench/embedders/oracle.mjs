// An embedder that knows the answers and is as good as it is told to be: the vector of a question leans towards the items
// that answer it.
import { directionOf, mix, seededNormal, seedOf } from '../seeded.mjs'
import { makeFinder } from './text-finder.mjs'

/**
 * By how many standard deviations of what is not relevant the only answer of a usual question stands out. Among 1,000
 * items the luckiest stands out by 3.2.
 */
export const strengths = { weak: 3, medium: 4.5, strong: 8 }

/** Some questions are easier than others: the logarithm of the strength varies so much. */
const spread = 0.3

/** Directions of real models share much: what two unrelated texts have in common, beside what is their own. */
const common = 1

/** What sections of a page share, beside what is their own. */
const ofWhole = 0.8

/** A set, and `strength`: weak, medium, strong or a number. Texts that are not of the set are embedded at random. */
export function makeOracle({ corpus, queries }, { strength = 'medium', dimensions = 384 } = {}) {
  const usual = strengths[strength] ?? Number(strength)
  if (!(usual >= 0)) throw new Error(`no strength: ${strength}`)
  const find = makeFinder(corpus)
  const known = new Map(queries.map((query) => [query.text, query]))
  const shared = directionOf('what all have in common', dimensions)
  const direction = (id) => directionOf(`item ${id}`, dimensions)
  const own = (text, kind) => {
    const query = kind === 'query' ? known.get(text) : undefined
    if (query) return queryDirection(query, { usual, dimensions, direction })
    const found = find(text)
    if (found === undefined) return directionOf(text, dimensions)
    if (found.whole) return direction(found.id)
    return mix([
      [ofWhole, direction(found.id)],
      [Math.sqrt(1 - ofWhole ** 2), directionOf(text, dimensions)],
    ])
  }
  const embed = (text, kind) =>
    mix([
      [1, own(text, kind)],
      [common, shared],
    ])
  return { dimensions, embed: async (texts, { kind }) => texts.map((text) => embed(text, kind)) }
}

function queryDirection({ id, wanted }, { usual, dimensions, direction }) {
  const strength = usual * Math.exp(spread * seededNormal(seedOf(`strength ${id}`))())
  const leaning = Math.min(0.95, strength / Math.sqrt(dimensions))
  const answers = mix(Array.from(wanted.keys(), (doc) => [1, direction(doc)]))
  return mix([
    [leaning, answers],
    [Math.sqrt(1 - leaning ** 2), directionOf(`question ${id}`, dimensions)],
  ])
}
