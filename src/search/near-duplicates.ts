import { stopWords } from './common-words.js'
import type { ReadText } from './read-text.js'
import { turnAlike } from './turning-words.js'
import { writtenWord } from './word-numbers.js'

/** A text says the same without them. Of all other words each may turn what is said: he and she, on and off. */
const articles = new Set(['a', 'an', 'the'])

/** What a text says, apart from articles, case and signs: equal for texts that say the same, until other texts are read. */
export function essenceOf({ title, written }: ReadText): string {
  const body = written.subarray(title.length)
  const { buffer, byteOffset, byteLength } = body.filter((word) => !articles.has(writtenWord(word)))
  // As text the numbers take several times as long.
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

/** Vectors that are nearer, by their cosine, are of texts that say nearly the same: a paraphrase, most often. */
export const nearlyTheSame = 0.97

/** Names and numbers stand apart from what is around them, whatever a model makes of it. */
const exact = /\p{Lu}[\p{L}\p{M}]*|[\p{L}\p{M}]*\p{N}[\p{L}\p{M}\p{N}]*/gu

/** Whether two texts have the same names and numbers, in the same order, and nothing turns one against the other. */
export function mayBeParaphrases(text: string, other: string): boolean {
  return namesIn(text) === namesIn(other) && turnAlike(text, other)
}

/** In their order, which tells who owes whom; said again at once, a name is the same one. */
function namesIn(text: string): string {
  const names = (text.match(exact) ?? []).map((word) => word.toLowerCase()).filter((word) => !stopWords.has(word))
  return names.filter((name, index) => name !== names[index - 1]).join(' ')
}
