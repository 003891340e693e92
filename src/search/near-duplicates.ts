import { stopWords } from './common-words.js'
import type { ReadText } from './read-text.js'
import { numbersOf } from './word-numbers.js'

/** Without these a text says the opposite. */
const negations = new Set(
  'no nor not never without aren couldn didn doesn don hadn hasn haven isn shouldn wasn weren wouldn'.split(' '),
)

/**
 * What a text says, apart from words such as "the" and "of", endings, case and signs: equal for texts that say the same.
 * Makes a function that is good until other texts are read.
 */
export function essences(): (text: ReadText) => string {
  const empty = numbersOf([...stopWords].filter((word) => !negations.has(word)))
  return ({ body }) => {
    const telling = body.filter((word) => !empty.has(word))
    const { buffer, byteOffset, byteLength } = telling.length > 0 ? telling : body
    // As text the numbers take several times as long.
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  }
}

/** Vectors that are nearer, by their cosine, are of texts that say nearly the same: a paraphrase, most often. */
export const nearlyTheSame = 0.97

/** Names and numbers stand apart from what is around them, whatever a model makes of it. */
const exact = /\p{Lu}[\p{L}\p{M}]*|[\p{L}\p{M}]*\p{N}[\p{L}\p{M}\p{N}]*/gu

/** Whether the names and numbers of two texts are the same, in the same order, and the negations: what a vector may miss. */
export function nameTheSame(text: string, other: string): boolean {
  return namesIn(text) === namesIn(other) && isNegated(text) === isNegated(other)
}

/** In their order, which tells who owes whom; said again at once, a name is the same one. */
function namesIn(text: string): string {
  const names = (text.match(exact) ?? []).map((word) => word.toLowerCase()).filter((word) => !stopWords.has(word))
  return names.filter((name, index) => name !== names[index - 1]).join(' ')
}

function isNegated(text: string): boolean {
  return (text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []).some((word) => negations.has(word))
}
