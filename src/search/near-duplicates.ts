import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../json.js'
import type { ReadText } from './read-text.js'
import { turnAlike } from './turning-words.js'
import { writtenWord } from './word-numbers.js'
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

/** What a value holds beside texts: numbers, true, false and null, by the names that they have. In an order of their own. */
export function beyondTexts(value: Json): string {
  return othersThanTexts(value).sort().join('\n')
}

function othersThanTexts(value: Json): string[] {
  if (typeof value === 'string') return []
  if (value === null || typeof value !== 'object') return [String(value)]
  return Object.entries(value).flatMap(([name, member]) =>
    othersThanTexts(member).map((leaf) => `${JSON.stringify(name)} ${leaf}`),
  )
}

/** Vectors that are nearer, by their cosine, are of texts that say nearly the same: a paraphrase, most often. */
export const nearlyTheSame = 0.97

const wordOf = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/** What is no word and says something all the same: C++ and C#, -5 and 5, 10.5 and "10, 5", smileys. */
const sign = /[^\p{L}\p{M}\p{N}\s.,;:!?'"’‘“”()\-–—]|-(?=\p{N})|(?<=\p{N})[^\s](?=\p{N})/gu

/** A sentence says the same with and without them. */
const empty = new Set([...articles, ...'that which there very really'.split(' ')])

/**
 * Whether two texts that a model takes for the same say so word by word: the same words and signs in the same order, but for
 * endings, synonyms and empty words. A model hears no difference between allergic to peanuts and allergic to shellfish, or
 * between who owes and who is owed.
 */
export function areParaphrases(text: string, other: string): boolean {
  if (!isDeepStrictEqual(text.match(sign), other.match(sign))) return false
  const [one, two] = [wordsOf(text), wordsOf(other)]
  const [mine, others] = [tellingWords(one), tellingWords(two)]
  if (mine.length !== others.length || mine.some((word, index) => !saysTheSame(word, others[index] ?? ''))) return false
  return turnAlike(inSmallLetters(one), inSmallLetters(two))
}

const wordsOf = (text: string): string[] => text.normalize().match(wordOf) ?? []

/** "Is drinking" and "drinks" are alike; who owes and who is owed are not. */
const being = new Set(['am', 'is', 'are'])
/** "Does not eat" and "never eats". */
const doing = new Set(['do', 'does'])
const nots = new Set(['not', 'never'])

function tellingWords(words: string[]): string[] {
  return words.filter((word, index) => {
    const [small, next = ''] = [word.toLowerCase(), words[index + 1]?.toLowerCase()]
    // Grade A is a grade.
    if (empty.has(small)) return word === 'A' && index > 0
    return !(being.has(small) && next.endsWith('ing')) && !(doing.has(small) && nots.has(next))
  })
}

const inSmallLetters = (words: string[]): Set<string> => new Set(words.map((word) => word.toLowerCase()))

/** Names and numbers have no synonyms and no endings. */
const exact = /^\p{Lu}|\p{N}/u

function saysTheSame(written: string, otherWritten: string): boolean {
  const [word, other] = [written.toLowerCase(), otherWritten.toLowerCase()]
  if (word === other) return true
  if (exact.test(written) || exact.test(otherWritten)) return false
  if ([being, nots].some((words) => words.has(word) && words.has(other))) return true
  const [forms, others] = [singularsOf(word), singularsOf(other)]
  if (forms.some((form) => others.some((another) => form === another || areSynonyms(form, another)))) return true
  return isDoing(word, other) || isDoing(other, word)
}

/**
 * A word and what it may be a plural or present form of. A stemmer goes further than that: to it an operator and an
 * operation are the same, and lived and lives.
 */
function singularsOf(word: string): string[] {
  if (word === 'news') return [word]
  const bases = [word.replace(/ies$/, 'y'), word.replace(/(?<=s|x|z|ch|sh|o)es$/, ''), word.replace(/(?<!s)s$/, '')]
  return [word, ...bases.filter((base) => base !== word && base.length > 2)]
}

/** After these the consonant is written twice, or an e was left out. */
const endsShort = /[^aeiou][aeiou][^aeiouwxy]$/

/** Such as drinking and drinks, making and makes, running and run; but scraping is not what scraps. */
function isDoing(word: string, other: string): boolean {
  if (!word.endsWith('ing') || other.endsWith('ing')) return false
  const base = word.slice(0, -3)
  const isDoubled = /([^aeiou])\1$/.test(base)
  const bases = [`${base}e`, ...(isDoubled ? [base.slice(0, -1)] : []), ...(endsShort.test(base) ? [] : [base])]
  return singularsOf(other).some((form) => bases.includes(form))
}
