import { editDistance } from './edit-distance.js'
import type { SearchTerm } from './query.js'
import type { ReadText } from './read-text.js'
import { weights } from './weights.js'
import { numberOf, writtenWord } from './word-numbers.js'
import { stemOf } from './words.js'

/** A number or a code that is not there is not another one; in short words one letter makes another word. */
const plainWord = /^\p{L}{4,40}$/u

/** From this length on two letters may be wrong. */
const longWord = 8

/** As many of the nearest words may stand for one. */
const maxCorrections = 2

/** Of a question in a language that no text is in, most words are nowhere. */
const maxMisspelt = 4

/** The words of a question that are looked into, of those that nothing holds. */
export function maybeMisspelt(unheld: SearchTerm[]): string[] {
  const words = unheld.filter(({ text, prefix }) => !prefix && plainWord.test(text))
  return words.slice(0, maxMisspelt).map(({ text }) => text)
}

/**
 * The words of texts that a word which none of them holds was probably meant to be: those nearest to it, the most common
 * ones first. They come from these texts and from nowhere else, so whoever may read the texts learns nothing by them.
 */
export function correctionsIn(texts: ReadText[]): (word: string) => string[] | undefined {
  const words = new Set<number>()
  for (const { written } of texts) for (const number of written) words.add(number)
  const holds = (number: number): number => texts.filter(({ written }) => written.includes(number)).length
  return (word) => {
    const stem = numberOf(stemOf(word))
    if (texts.some(({ title, body }) => title.includes(stem) || body.includes(stem))) return undefined
    const near = nearestWords(word, words).map((number) => ({ text: writtenWord(number), count: holds(number) }))
    near.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    return near.length > 0 ? near.slice(0, maxCorrections).map(({ text }) => text) : undefined
  }
}

const latin = /^[a-z]+$/
const latinLetters = [...'abcdefghijklmnopqrstuvwxyz']

/**
 * What a word may have been meant to be with one letter wrong, left out, too many or swapped with the next among its first
 * ones, but for the very first. What is put in are Latin letters, or those of the word itself in another script.
 */
export function spellingsNear(word: string, startLength: number): string[] {
  const signs = [...word]
  const letters = latin.test(word) ? latinLetters : [...new Set(signs)]
  const near = new Set<string>()
  const put = (at: number, many: number, some: string): void => {
    near.add([...signs.slice(0, at), some, ...signs.slice(at + many)].join(''))
  }
  for (let at = 1; at < startLength; at++) {
    put(at, 1, '')
    put(at, 2, `${signs[at + 1] ?? ''}${signs[at]}`)
    for (const letter of letters) {
      put(at, 0, letter)
      put(at, 1, letter)
    }
  }
  near.delete(word)
  return [...near]
}

/** By their numbers, all as far from the word. */
function nearestWords(word: string, among: Iterable<number>): number[] {
  let distance = word.length < longWord ? 1 : 2
  let near: number[] = []
  for (const number of among) {
    const text = writtenWord(number)
    // Who misspells a word mostly begins it well, and most others are left out by that.
    if (text.charCodeAt(0) !== word.charCodeAt(0)) continue
    const found = editDistance(word, text, distance)
    if (found > distance) continue
    if (found < distance) near = []
    distance = found
    near.push(number)
  }
  return near
}

/** The terms with what they may have been meant to be, for less than they weigh themselves. */
export function corrected(terms: SearchTerm[], meant: Map<string, string[]>): SearchTerm[] {
  return terms.map((term) => {
    const words = meant.get(term.text)
    if (words === undefined) return term
    const alike = words.map((text) => ({ text, weight: weights.misspelt, isCorrection: true as const }))
    return { ...term, alike: [...(term.alike ?? []), ...alike] }
  })
}
