import { hasUnspaced, isAscii, splitUnspaced } from './index-text.js'
import type { SearchTerm } from './query.js'
import { apostropheParts, foldLetters, stemOf } from './words.js'

/** A place in a text that holds a term: half open, in UTF-16 units. */
export interface Match {
  start: number
  end: number
  term: string
}

/** The places of a text that hold any of the terms, in order. */
export function findMatches(text: string, terms: SearchTerm[]): Match[] {
  return [...findWords(text, terms), ...findParts(text, terms)].sort((a, b) => a.start - b.start)
}

// What the index takes for a word, in a text that is not folded. The second is several times as fast.
const word =
  /\p{RI}{2}|\p{Extended_Pictographic}|[\p{L}\p{N}\p{M}\p{Co}\p{Cf}]+(?:['’][\p{L}\p{N}\p{M}\p{Co}\p{Cf}]+)*/gu
const hasApostrophe = /['’]/
const asciiWord = /[a-z0-9]+(?:'[a-z0-9]+)*/gi

function findWords(text: string, terms: SearchTerm[]): Match[] {
  const termOf = termFinder(terms)
  const found: Match[] = []
  const add = (start: number, piece: string, length: number): boolean => {
    const term = termOf(piece)
    if (term !== undefined) found.push({ start, end: start + length, term })
    return term !== undefined
  }
  for (const { 0: run, index } of text.matchAll(isAscii(text) ? asciiWord : word)) {
    // Most words have none, and a long answer has tens of thousands of words.
    const parts = hasApostrophe.test(run) ? apostropheParts(run) : []
    const joined = parts.length > 1 && add(index, parts.join(''), parts.join("'").length)
    if (!joined) for (const { start, piece } of piecesOf(run)) add(index + start, piece, piece.length)
  }
  return found
}

/** Which term a word is. Most words begin like none of them, which is seen without stemming. */
function termFinder(terms: SearchTerm[]): (word: string) => string | undefined {
  const stems = new Set(terms.map(({ text }) => stemOf(text)))
  const starts = new Set(Array.from(stems, (stem) => stem.charCodeAt(0)))
  return (word) => {
    const first = word.charCodeAt(0)
    // The bit that tells small ASCII letters from large ones; digits have it.
    if (first < 128 && !starts.has(first | 32)) return undefined
    const stem = stemOf(word)
    return stems.has(stem) ? stem : undefined
  }
}

/** A run of letters cut at apostrophes and where a script without spaces begins; its parts are found by `findParts`. */
function piecesOf(run: string): { start: number; piece: string }[] {
  if (/^\w*$/.test(run)) return [{ start: 0, piece: run }]
  let start = 0
  return run.split(/(['’])/).flatMap((part) =>
    splitUnspaced(part).flatMap(({ unspaced, text }) => {
      start += text.length
      return unspaced ? [] : [{ start: start - text.length, piece: text }]
    }),
  )
}

/** Terms of scripts without spaces are parts of longer runs. */
function findParts(text: string, terms: SearchTerm[]): Match[] {
  const parts = terms.filter((term) => hasUnspaced(term.text)).map((term) => term.text)
  if (parts.length === 0) return []
  let start = 0
  return splitUnspaced(text).flatMap(({ unspaced, text: run }) => {
    start += run.length
    return unspaced ? findInRun(run, start - run.length, parts) : []
  })
}

function findInRun(run: string, offset: number, terms: string[]): Match[] {
  const folded = foldLetters(run)
  const present = terms.filter((term) => folded.includes(term))
  if (present.length === 0) return []
  const { starts, ends } = folded === run ? inPlace(run) : foldedPlaces(run)
  return present.flatMap((term) => {
    const found: Match[] = []
    for (let at = folded.indexOf(term); at !== -1; at = folded.indexOf(term, at + 1)) {
      const [start = 0, end = 0] = [starts[at], ends[at + term.length - 1]]
      found.push({ start: offset + start, end: offset + end, term })
    }
    return found
  })
}

/** For each unit of a folded run, where in the run its character begins and where it ends. */
interface Places {
  starts: number[]
  ends: number[]
}

function inPlace(run: string): Places {
  const starts = Array.from({ length: run.length }, (_, index) => index)
  return { starts, ends: starts.map((start) => start + 1) }
}

// A character with its marks, and Korean syllables that are written letter by letter.
const character = /[\u1100-\u11ff]+|[^\p{M}\p{Cf}ﾞﾟ][\p{M}\p{Cf}ﾞﾟ]*|[\p{M}\p{Cf}ﾞﾟ]+/gu

function foldedPlaces(run: string): Places {
  const places: Places = { starts: [], ends: [] }
  for (const { 0: whole, index } of run.matchAll(character)) {
    for (let unit = foldLetters(whole).length; unit > 0; unit--) {
      places.starts.push(index)
      places.ends.push(index + whole.length)
    }
  }
  return places
}
