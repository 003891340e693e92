import { stopWords } from './common-words.js'
import type { ReadText } from './read-text.js'
import { numberOf } from './word-numbers.js'
import { stemOf } from './words.js'

/** Without these a text says the opposite. */
const negations = new Set(
  'no nor not never without aren couldn didn doesn don hadn hasn haven isn shouldn wasn weren wouldn'.split(' '),
)

/**
 * What a text says, apart from words such as "the" and "of", endings, case and signs: equal for texts that say the same.
 * Makes a function that is good until other texts are read.
 */
export function essences(): (text: ReadText) => string {
  const empty = new Set([...stopWords].filter((word) => !negations.has(word)).map((word) => numberOf(stemOf(word))))
  return ({ body }) => {
    const telling = body.filter((word) => !empty.has(word))
    return (telling.length > 0 ? telling : body).join(' ')
  }
}

/** Vectors that are nearer, by their cosine, are of texts that say nearly the same: a paraphrase, most often. */
export const nearlyTheSame = 0.97

/** Names and numbers stand apart from what is around them, whatever a model makes of it. */
const exact = /\p{Lu}[\p{L}\p{M}]*|[\p{L}\p{M}]*\p{N}[\p{L}\p{M}\p{N}]*/gu

/** Whether the names, numbers and negations of two texts are the same, however they are put: what a vector may miss. */
export function nameTheSame(text: string, other: string): boolean {
  const [one, two] = [exactWords(text), exactWords(other)]
  return one.size === two.size && [...one].every((word) => two.has(word))
}

function exactWords(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []
  const named = (text.match(exact) ?? []).map((word) => word.toLowerCase()).filter((word) => !stopWords.has(word))
  return new Set([...named, ...words.filter((word) => negations.has(word)).map(() => 'not')])
}
