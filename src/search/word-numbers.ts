import { PackedWords, packedLength, unpacked } from './packed-words.js'
import { stemOf } from './words.js'

// Numbers stand for words and stems while texts are ranked. A search reads thousands of words, nearly all of them known: a
// word of a text becomes a number without becoming a string, which takes a third of the time.

const numbers = new Map<string, number>()
const stems: string[] = []
/** Words as they stand in texts, with the numbers of their stems. */
const written: string[] = []
let stemNumbers = new Int32Array(1024)
const packed = new PackedWords()
/**
 * The other words, in a hash table with linear probing, at most half full. Of each cell the number of a word + 1, and beside
 * it the hash.
 */
let cells = new Int32Array(4096)
let longWords = 0

/** Lists of words are cut from sheets: memory of its own for each costs more than to fill it. */
const sheetLength = 4_096
let sheet = new Int32Array(sheetLength)
let used = 0
let scratch = new Int32Array(sheetLength)

/** The number of a stem; the same for as long as a search goes on. */
export function numberOf(stem: string): number {
  const known = numbers.get(stem)
  if (known !== undefined) return known
  numbers.set(stem, stems.length)
  return stems.push(stem) - 1
}

/** The numbers of the stems of some words. */
export function numbersOf(words: Iterable<string>): Set<number> {
  return new Set(Array.from(words, (word) => numberOf(stemOf(word))))
}

/** The numbers of all stems read so far that begin with some letters. */
export function numbersWithStart(start: string): number[] {
  return stems.flatMap((stem, number) => (stem.startsWith(start) ? [number] : []))
}

/** The word of a number; of one that was read in a text at hand. */
export function writtenWord(number: number): string {
  return written[number] ?? ''
}

export function knownWords(): number {
  return written.length
}

/** All numbers are given anew from here on. */
export function forgetWords(): void {
  numbers.clear()
  stems.length = 0
  written.length = 0
  packed.clear()
  cells.fill(0)
  longWords = 0
}

const space = 32

/** The words of two normalized texts, which have spaces between them, by the numbers of `writtenWord`. */
export function numberWords(title: string, body: string): { words: Int32Array; titleEnd: number } {
  const most = title.length + body.length
  if (scratch.length < most) scratch = new Int32Array(most)
  const titleEnd = writeNumbers(title, 0)
  return { words: keep(writeNumbers(body, titleEnd)), titleEnd }
}

/** Writes the numbers of words on the scratch pad from a place on, and says where they end. */
function writeNumbers(text: string, from: number): number {
  const { length } = text
  let [count, start, hash, early, late, bits] = [from, 0, 0, 0, 0, 0]
  for (let end = 0; end <= length; end++) {
    const code = end < length ? text.charCodeAt(end) : space
    if (code !== space) {
      hash = Math.imul(hash ^ code, 0x01000193)
      early = (early << 8) | (late >>> 24)
      late = (late << 8) | code
      bits |= code
      continue
    }
    if (end > start) {
      const isPacked = end - start <= packedLength && bits < 128
      scratch[count++] = isPacked ? packedNumber(early, late) : wordNumber(text, start, end, hash, asIs)
    }
    start = end + 1
    hash = early = late = bits = 0
  }
  return count
}

/** The numbers of the stems of some words of a text. */
export function stemsOf(words: Int32Array, from: number, to: number): Int32Array {
  if (scratch.length < words.length) scratch = new Int32Array(words.length)
  for (let at = from; at < to; at++) scratch[at - from] = stemNumbers[words[at] ?? 0] ?? 0
  return keep(to - from)
}

/** The first numbers on the scratch pad, on a sheet or, of a long text, by themselves. */
function keep(count: number): Int32Array {
  if (count > sheetLength / 4) return scratch.slice(0, count)
  if (used + count > sheetLength) {
    sheet = new Int32Array(sheetLength)
    used = 0
  }
  const kept = sheet.subarray(used, used + count)
  for (let at = 0; at < count; at++) kept[at] = scratch[at] ?? 0
  used += count
  return kept
}

/** The bit that tells small ASCII letters from large ones; digits have it. */
const small = 32
const asIs = 0

/** The number of the stem of a word of ASCII letters and digits, large or small, at a place of a text. */
export function stemAt(text: string, start: number, end: number): number {
  let [hash, early, late] = [0, 0, 0]
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at) | small
    hash = Math.imul(hash ^ code, 0x01000193)
    early = (early << 8) | (late >>> 24)
    late = (late << 8) | code
  }
  // Learning a word may move all of them.
  const isPacked = end - start <= packedLength
  const number = isPacked ? packedNumber(early, late) : wordNumber(text, start, end, hash, small)
  return stemNumbers[number] ?? 0
}

function packedNumber(early: number, late: number): number {
  const known = packed.get(early, late)
  if (known >= 0) return known
  const number = learn(unpacked(early, late))
  packed.add(early, late, number)
  return number
}

function wordNumber(text: string, start: number, end: number, hash: number, bit: number): number {
  let cell = cellOf(hash)
  for (let entry = cells[cell] ?? 0; entry !== 0; entry = cells[cell] ?? 0) {
    const number = entry - 1
    if (cells[cell + 1] === hash && isAt(text, start, end, bit, written[number] ?? '')) return number
    cell = nextCell(cell)
  }
  const word = text.slice(start, end)
  const number = learn(bit === small ? word.toLowerCase() : word)
  if (4 * ++longWords > cells.length) grow()
  place(number, hash)
  return number
}

function isAt(text: string, start: number, end: number, bit: number, word: string): boolean {
  if (word.length !== end - start) return false
  for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) !== (text.charCodeAt(start + at) | bit)) return false
  return true
}

function learn(word: string): number {
  const number = written.push(word) - 1
  if (number >= stemNumbers.length) {
    const old = stemNumbers
    stemNumbers = new Int32Array(2 * old.length)
    stemNumbers.set(old)
  }
  stemNumbers[number] = numberOf(stemOf(word))
  return number
}

/** The last letters of a word are in the low bits alone. */
function cellOf(hash: number): number {
  return ((hash ^ (hash >>> 15)) << 1) & (cells.length - 1)
}

function nextCell(cell: number): number {
  return (cell + 2) & (cells.length - 1)
}

function place(number: number, hash: number): void {
  let cell = cellOf(hash)
  while (cells[cell] !== 0) cell = nextCell(cell)
  cells[cell] = number + 1
  cells[cell + 1] = hash
}

function grow(): void {
  const oldCells = cells
  cells = new Int32Array(2 * oldCells.length)
  for (let cell = 0; cell < oldCells.length; cell += 2) {
    const number = (oldCells[cell] ?? 0) - 1
    if (number >= 0) place(number, oldCells[cell + 1] ?? 0)
  }
}
