import { type ItemText, normalize } from './index-text.js'
import type { Wanted } from './question.js'
import { forgetWords, knownWords, numberWords, stemsOf } from './word-numbers.js'

/** A text as ranking reads it: its words as numbers, the same number for the same stem, and what kind of things it says. */
export interface ReadText extends Asking {
  title: Int32Array
  body: Int32Array
  /** Its words as they are written, by the numbers of `writtenWord`. */
  written: Int32Array
  /** Whether it tells a time, a number or a name, looked for when a question wants one. */
  tells: (wanted: Wanted) => boolean
}

/** Whether what is said ends with a question, or has one in it. */
export interface Asking {
  asks: boolean
  hasQuestion: boolean
}

/** The texts of an item, and the one of them that says what the flags are about. */
export interface TextToRead extends ItemText {
  said: string
}

// Two generations of texts that were read: what was used lately stays. Each of so many bytes at the most, in each thread.
const maxBytes = 20_000_000
/** What a text takes beside its letters and words: objects, and its place in the map. */
const bytesBeside = 800
const maxKnownWords = 400_000
let young = new Map<string, ReadText>()
let old = new Map<string, ReadText>()
let youngBytes = 0

/** To be called between searches, since it may give new numbers to all words. */
export function forgetOldTexts(): void {
  if (knownWords() > maxKnownWords) {
    forgetWords()
    young.clear()
    old.clear()
    youngBytes = 0
  } else if (youngBytes > maxBytes) {
    old = young
    young = new Map()
    youngBytes = 0
  }
}

/** Reads a text, or remembers it: `source` is what the text is made of, so that the same source has the same text. */
export function readText(source: string, make: () => TextToRead): ReadText {
  const known = young.get(source) ?? old.get(source)
  const read = known ?? readAnew(make())
  if (!young.has(source)) {
    young.set(source, read)
    youngBytes += source.length + 4 * (read.title.length + read.body.length + read.written.length) + bytesBeside
  }
  return read
}

// Of a long text every kind of thing is told somewhere, so the flags are of its beginning.
const flagged = 1_000

const times =
  /\b(?:yesterday|today|tonight|tomorrow|last|next|ago|weeks?|weekend|months?|years?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|morning|night|recently|since|(?:19|20)\d\d)\b/i
const counts =
  /\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|once|twice|first|second|several|couple|dozen)\b/i
/** A capital letter where no sentence begins. */
const names = /[\p{Ll},] (?!I\b)\p{Lu}\p{Ll}+/u

const told: Record<Wanted, RegExp> = { time: times, number: counts, name: names }

function readAnew({ title, body, said }: TextToRead): ReadText {
  const text = said.slice(0, flagged)
  const { words, titleEnd } = numberWords(title, body)
  return {
    title: stemsOf(words, 0, titleEnd),
    body: stemsOf(words, titleEnd, words.length),
    written: words,
    ...askingIn(said),
    tells: (wanted) => told[wanted].test(text),
  }
}

export function askingIn(said: string): Asking {
  return { asks: said.trimEnd().endsWith('?'), hasQuestion: said.slice(0, flagged).includes('?') }
}

/** For texts that are not in a store. */
export function readPlain(title: string, body: string): ReadText {
  return readAnew({ title: normalize(title), body: normalize(body), said: body })
}
