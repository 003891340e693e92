import { beginningsOf } from './beginnings.js'
import { hasUnspaced, splitUnspaced } from './index-text.js'
import type { SearchTerm } from './query.js'
import { numberOf, stemAt } from './word-numbers.js'
import { apostropheParts, foldLetters, stemOf } from './words.js'

/** A place in a text that holds a term: half open, in UTF-16 units. */
export interface Match {
  start: number
  end: number
  term: string
}

/** For as long as one search goes on: finds the places of a text that hold any of the terms, in order. */
export function matchFinder(terms: SearchTerm[]): (text: string) => Match[] {
  const finder = termFinder(terms)
  const unspaced = terms.filter((term) => hasUnspaced(term.text)).map((term) => term.text)
  return (text) => {
    const words = findWords(text, finder)
    return unspaced.length === 0 ? words : [...words, ...findParts(text, unspaced)].sort((a, b) => a.start - b.start)
  }
}

// What the index takes for a word, in a text that is not folded.
const word =
  /\p{RI}{2}|\p{Extended_Pictographic}|[\p{L}\p{N}\p{M}\p{Co}\p{Cf}]+(?:['’][\p{L}\p{N}\p{M}\p{Co}\p{Cf}]+)*/gu

// What separates words, letters and digits, and what only the expression above knows: apostrophes and all but ASCII.
const [separator, plain, special] = [0, 1, 2]
const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const sign = String.fromCharCode(code)
  return sign === "'" ? special : /[a-z0-9]/i.test(sign) ? plain : separator
})

/** Code by code, since an answer has tens of thousands of words: the expression takes several times as long. */
function findWords(text: string, finder: TermFinder): Match[] {
  const found: Match[] = []
  const { length } = text
  let start = 0
  let kinds = separator
  for (let end = 0; end <= length; end++) {
    const code = end < length ? text.charCodeAt(end) : 0
    // Reading beyond the end of a table is slow.
    const kind = code < 128 ? (asciiKinds[code] ?? separator) : special
    if (kind !== separator) {
      kinds |= kind
      continue
    }
    if (kinds === plain && finder.mayBegin(text.charCodeAt(start), text.charCodeAt(start + 1))) {
      const term = finder.termAt(text, start, end)
      if (term !== undefined) found.push({ start, end, term })
    } else if (kinds >= special) {
      for (const { 0: run, index } of text.slice(start, end).matchAll(word))
        found.push(...findInWord(run, start + index, finder))
    }
    start = end + 1
    kinds = separator
  }
  return found
}

/** The joined form of a word with apostrophes, or else its pieces. */
function findInWord(run: string, index: number, { termOf }: TermFinder): Match[] {
  const match = (start: number, piece: string, length: number): Match[] => {
    const term = termOf(piece)
    return term === undefined ? [] : [{ start, end: start + length, term }]
  }
  const parts = /['’]/.test(run) ? apostropheParts(run) : []
  const joined = parts.length > 1 ? match(index, parts.join(''), parts.join("'").length) : []
  if (joined.length > 0) return joined
  return piecesOf(run).flatMap(({ start, piece }) => match(index + start, piece, piece.length))
}

interface TermFinder {
  /** Most words begin like none of the terms, which is seen without stemming. */
  mayBegin: (first: number, second: number) => boolean
  /** For ASCII letters and digits. */
  termAt: (text: string, start: number, end: number) => string | undefined
  termOf: (word: string) => string | undefined
}

function termFinder(terms: SearchTerm[]): TermFinder {
  const stems = new Set(terms.map(({ text }) => stemOf(text)))
  const numbered = new Map(Array.from(stems, (stem) => [numberOf(stem), stem]))
  const begins = beginningsOf(stems)
  const mayBegin = (first: number, second: number): boolean => first >= 128 || second >= 128 || begins(first, second)
  const termOf = (piece: string): string | undefined => {
    if (!mayBegin(piece.charCodeAt(0), piece.charCodeAt(1))) return undefined
    const stem = stemOf(piece)
    return stems.has(stem) ? stem : undefined
  }
  const termAt = (text: string, start: number, end: number): string | undefined =>
    numbered.get(stemAt(text, start, end))
  return { mayBegin, termAt, termOf }
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
function findParts(text: string, terms: string[]): Match[] {
  let start = 0
  return splitUnspaced(text).flatMap(({ unspaced, text: run }) => {
    start += run.length
    return unspaced ? findInRun(run, start - run.length, terms) : []
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
