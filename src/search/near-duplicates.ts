import { stopWords } from './common-words.js'
import type { ReadText } from './read-text.js'
import { isNegation, turnAlike } from './turning-words.js'
import { writtenWord } from './word-numbers.js'
import { stemOf } from './words.js'
import { wordsAlike } from './words-alike.js'

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

/** A word of a longer text that is another one hardly moves its vector. */
const mostWords = 30

const wordOf = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/**
 * Whether two texts that a model takes for the same may be: short ones with the same names and numbers, in the same order,
 * that nothing turns one against the other, and that are not the same but for a single word.
 */
export function mayBeParaphrases(text: string, other: string): boolean {
  const [one, two] = [text, other].map((each) => each.toLowerCase().match(wordOf) ?? [])
  if (one === undefined || two === undefined || Math.max(one.length, two.length) > mostWords) return false
  return namesIn(text) === namesIn(other) && turnAlike(new Set(one), new Set(two)) && !isOneWordApart(one, two)
}

/** By their telling words. A word that is alike to another, such as buy and purchase, is no other one. */
function isOneWordApart(one: string[], two: string[]): boolean {
  const [mine, others] = [tellingWords(one), tellingWords(two)]
  const [mineOnly, othersOnly] = [wordsBeside(mine, others), wordsBeside(others, mine)]
  if (mineOnly.length > 1 || othersOnly.length > 1) return false
  const [word, other] = [mineOnly[0], othersOnly[0]]
  if (word === undefined || other === undefined) return word !== other
  return !wordsAlike(word).some(({ text }) => stemOf(text) === stemOf(other))
}

/** By their stems, without what is compared by itself. */
function tellingWords(words: string[]): Map<string, string> {
  return new Map(words.filter((word) => !stopWords.has(word) && !isNegation(word)).map((word) => [stemOf(word), word]))
}

function wordsBeside(words: Map<string, string>, others: Map<string, string>): string[] {
  return [...words].flatMap(([stem, word]) => (others.has(stem) ? [] : word))
}

/** In their order, which tells who owes whom; said again at once, a name is the same one. */
function namesIn(text: string): string {
  const names = (text.match(exact) ?? []).map((word) => word.toLowerCase()).filter((word) => !stopWords.has(word))
  return names.filter((name, index) => name !== names[index - 1]).join(' ')
}
