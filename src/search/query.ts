import { stopWords } from './common-words.js'
import { hasUnspaced, splitUnspaced } from './index-text.js'
import { foldWords } from './words.js'
import { type AlikeWord, wordsAlike } from './words-alike.js'

/**
 * A word to look for, or with `prefix` the start of one. Plain text: stores quote it in their own language. `alike` are
 * words that may stand for it, each for a share of its weight.
 */
export interface SearchTerm {
  text: string
  prefix?: true
  alike?: AlikeWord[]
}

const maxTerms = 48
const maxLength = 20_000

/** What "Ann's" and "don't" end with, which is in every other turn of a talk. */
const englishEnding = /(?<=[\p{L}\p{N}])['’](?:s|t|d|m|re|ve|ll)(?![\p{L}\p{N}'’])/giu

/**
 * The terms of a question in any language. Any text is safe: punctuation separates, runs of Chinese, Japanese,
 * Korean, Thai and the like become overlapping pairs, very common English words are left out unless there is nothing else.
 */
export function parseQuery(text: string): SearchTerm[] {
  const terms = new Map<string, SearchTerm>()
  const words = wordsOf(text.slice(0, maxLength))
  for (const term of termsOf(words)) {
    if (!terms.has(term.text)) terms.set(term.text, term)
    if (terms.size === maxTerms) break
  }
  addJoined(terms, words)
  addParts(terms, text.slice(0, maxLength))
  return [...terms.values()]
}

/** Whether a question has more than the terms that are looked for. Only one with all that there may be is read again. */
export function isCutShort(text: string, terms: SearchTerm[]): boolean {
  if (text.length > maxLength) return true
  if (terms.length < maxTerms) return false
  const all = new Set<string>()
  for (const term of termsOf(wordsOf(text))) all.add(term.text)
  return all.size > maxTerms
}

export const cutShort = `words: of a long question the first ${maxTerms} different words of the first ${maxLength} characters are looked for`

const joinable = /^[\p{L}\p{N}]+$/u
const digitsMeet = /\p{N} \p{N}/u

/** Two words in a row may be one elsewhere: birth weight, birth-weight and birthweight. Numbers make another number. */
function addJoined(terms: Map<string, SearchTerm>, words: string[]): void {
  for (const [index, text] of words.entries()) {
    const next = words[index + 1]
    const joined = `${text}${next}`
    if (next === undefined || terms.has(joined) || !joinable.test(joined) || hasUnspaced(joined)) continue
    const [one, other] = [terms.get(text), terms.get(next)]
    if (one === undefined || other === undefined || one === other || digitsMeet.test(`${text} ${next}`)) continue
    const alike = { text: joined, weight: 1, isJoined: true as const }
    for (const term of [one, other]) term.alike = [...(term.alike ?? []), alike]
  }
}

// Without what is before it, each letter of a long run without spaces would be a beginning to try.
const camelCase = /(?<![\p{L}\p{N}])[\p{L}\p{N}]*\p{Ll}\p{Lu}[\p{L}\p{N}]*/gu

/** The other way round: maxRetries may be max retries, max-retries and max_retries. Not any of the parts: an iPhone is no phone. */
function addParts(terms: Map<string, SearchTerm>, question: string): void {
  for (const [word] of question.matchAll(camelCase)) {
    const term = terms.get(foldWords(word))
    const parts = { text: foldWords(word.replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')), weight: 1 }
    if (term !== undefined && !term.alike?.some(({ text }) => text === parts.text))
      term.alike = [...(term.alike ?? []), parts]
  }
}

/** A long text is about the words that it says most; in a short one all are said once. */
const maxTelling = 32
const maxTellingLength = 8_192

/** The terms that a text says most often, longer ones first among equals: those tell more. */
export function tellingTerms(text: string): SearchTerm[] {
  const counts = new Map<string, { term: SearchTerm; count: number }>()
  for (const { alike: _, ...term } of termsOf(wordsOf(text.slice(0, maxTellingLength)))) {
    const known = counts.get(term.text)
    counts.set(term.text, { term, count: (known?.count ?? 0) + 1 })
  }
  const best = [...counts.values()].sort((a, b) => b.count - a.count || b.term.text.length - a.term.text.length)
  return best.slice(0, maxTelling).map(({ term }) => term)
}

function wordsOf(text: string): string[] {
  return foldWords(text.toWellFormed().replaceAll(englishEnding, ' '))
    .split(' ')
    .filter((word) => word !== '')
}

/** Beside a date these ask for nothing else. */
const emptyWords = new Set(
  `happen happens happened happening going went everything anything something things new news since till around date day days
   week weekend month months year years event events show tell list give find talk talked discuss discussed know remember
   recall whats`.split(/\s+/),
)

/** What a question asks for beside a date. */
export function termsBesideDate(text: string): SearchTerm[] {
  return parseQuery(text).filter((term) => !stopWords.has(term.text) && !emptyWords.has(term.text))
}

/** Without very common ones, unless there is nothing else. One by one: whoever asks takes the first few of many. */
function* termsOf(words: string[]): Generator<SearchTerm> {
  const telling = words.filter((word) => !stopWords.has(word))
  for (const word of telling.length > 0 ? telling : words) yield* toTerms(word)
}

function* toTerms(word: string): Generator<SearchTerm> {
  if (!hasUnspaced(word)) {
    const alike = wordsAlike(word)
    yield alike.length > 0 ? { text: word, alike } : { text: word }
    return
  }
  for (const { unspaced, text } of splitUnspaced(word)) {
    if (unspaced) yield* pairs(text)
    else yield { text }
  }
}

/** Pairs only: the last character alone is in the index for one-character questions, which ask for the start of a pair. */
function* pairs(run: string): Generator<SearchTerm> {
  let before: string | undefined
  let isPair = false
  for (const character of run) {
    if (before !== undefined) {
      yield { text: before + character }
      isPair = true
    }
    before = character
  }
  if (!isPair) yield { text: run, prefix: true }
}

/** The terms with all that may stand for them, for whoever only wants to see where they are. */
export function withAlike(terms: SearchTerm[]): SearchTerm[] {
  return terms.flatMap(({ alike = [], ...term }) => [
    term,
    ...alike.flatMap(({ text }) => text.split(' ').map((part) => ({ text: part }))),
  ])
}
