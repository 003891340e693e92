import type { ReadText } from './read-text.js'
import { isNegation, turnAlike } from './turning-words.js'
import { writtenWord } from './word-numbers.js'
import { stemOf } from './words.js'
import { areSynonyms } from './words-alike.js'

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

const wordOf = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/** A sentence says the same with and without them. */
const empty = new Set(
  `${[...articles].join(' ')} am are is be been being do does that which there very really just also too`.split(' '),
)

/**
 * Whether two texts that a model takes for the same say so word by word: the same words in the same order, but for endings,
 * synonyms and empty words, and with the same names and numbers. A model hears no difference between allergic to peanuts and
 * allergic to shellfish, or between who owes and who is owed.
 */
export function areParaphrases(text: string, other: string): boolean {
  const [one, two] = [wordsOf(text), wordsOf(other)]
  const [mine, others] = [tellingWords(one), tellingWords(two)]
  if (mine.length !== others.length || mine.some((word, index) => !saysTheSame(word, others[index] ?? ''))) return false
  return turnAlike(inSmallLetters(one), inSmallLetters(two))
}

/** As written, but for the capital that a text begins with. */
function wordsOf(text: string): string[] {
  const [first = '', ...rest] = text.match(wordOf) ?? []
  return [first.toLowerCase(), ...rest]
}

const tellingWords = (words: string[]): string[] => words.filter((word) => !empty.has(word.toLowerCase()))

const inSmallLetters = (words: string[]): Set<string> => new Set(words.map((word) => word.toLowerCase()))

/** Names and numbers have no synonyms and no endings. */
const exact = /^\p{Lu}|\p{N}/u

function saysTheSame(written: string, otherWritten: string): boolean {
  const [word, other] = [written.toLowerCase(), otherWritten.toLowerCase()]
  if (word === other) return true
  if (exact.test(written) || exact.test(otherWritten) || isPast(word) !== isPast(other)) return false
  if (isNegation(word) || isNegation(other)) return isNegation(word) && isNegation(other)
  return stemOf(word) === stemOf(other) || areSynonyms(word, other)
}

/** She who lived in Rome lives there no longer. */
const isPast = (word: string): boolean => word.endsWith('ed')
