import { stemmer } from 'stemmer'
import { beginningsOf } from './beginnings.js'
import { apartStems, stemApart } from './common-words.js'

/** Letters that have no accent to take off, as people write them who do not have them on their keys. */
const plainSpelling: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ø: 'o', đ: 'd', ð: 'd' },
  ...{ ł: 'l', ħ: 'h', ŧ: 't', ı: 'i', ŋ: 'n', ς: 'σ' },
}
const specialLetter = new RegExp(`[${Object.keys(plainSpelling).join('')}]`, 'gu')

/** Marks of sounds within words, and signs that nobody sees: soft hyphens, joiners, directions. */
const besideThePoint = /(?![\u3099\u309a])[\p{M}\p{Cf}\u02bb\u02bc]/gu

const emoji = /\p{RI}{2}|\p{Extended_Pictographic}/gu
const emojiWord = /[\u{f0000}-\u{ffffd}]/gu

/**
 * Letters without what is beside the point in a search: compatibility forms, case and accents. The two marks that stay
 * make other letters in Japanese: か and が. FTS5 is not asked to do this, since it knows the Unicode of 2012.
 */
export function foldLetters(text: string): string {
  const bare = text.normalize('NFKD').replaceAll(besideThePoint, '')
  return bare
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(specialLetter, (letter) => plainSpelling[letter] ?? letter)
    .replaceAll(/[\u3099\u309a]/gu, '')
    .replaceAll(emoji, emojiLetter)
}

/**
 * To FTS5 an emoji separates words, and a character of private use is a letter. So each stands in the index as one of
 * plane 15: a picture by the last 16 bits of its number, a flag by its two letters, where no picture is.
 */
function emojiLetter(sign: string): string {
  const [first = 0, second] = [...sign].map((character) => character.codePointAt(0) ?? 0)
  if (second === undefined) return String.fromCodePoint(0xf0000 + (first & 0xffff))
  return String.fromCodePoint(0xfe000 + (first - 0x1f1e6) * 26 + (second - 0x1f1e6))
}

/** Folded words with a space between, for texts and questions alike. */
export function foldWords(text: string): string {
  return withJoinedWords(foldLetters(text))
    .replaceAll(emojiWord, ' $& ')
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Co}]+/gu, ' ')
}

const withApostrophes = /(?<![\p{L}\p{N}\p{Co}])[\p{L}\p{N}\p{Co}]+(?:['’][\p{L}\p{N}\p{Co}]+)+/gu
const englishEndings = new Set(['s', 't', 'd', 'm', 're', 've', 'll'])

/** Names such as o'brien with obrien before them, so that they are found however they are spelled. */
export function withJoinedWords(text: string): string {
  if (!/['’]/.test(text)) return text
  return text.replaceAll(withApostrophes, (word) => {
    const parts = apostropheParts(word)
    return parts.length > 1 ? `${parts.join('')} ${word}` : word
  })
}

/** What stands between the apostrophes of a word, without an ending as in it's and don't. */
export function apostropheParts(word: string): string[] {
  const parts = word.split(/['’]/)
  return englishEndings.has(parts.at(-1)?.toLowerCase() ?? '') ? parts.slice(0, -1) : parts
}

const stems = new Map<string, string>()

/** A word as the index folds it, without its English ending (Porter 1980), and apart from very common words. */
export function stemOf(word: string): string {
  let stem = stems.get(word)
  if (stem === undefined) {
    const folded = foldLetters(word)
    stem = stemApart(folded) ?? stemmer(folded)
    if (stems.size >= 200_000) stems.clear()
    stems.set(word, stem)
  }
  return stem
}

const mayBeApart = beginningsOf(apartStems)

/** Folded words as the index is given them, which takes off endings by itself. */
export function asIndexed(text: string): string {
  let indexed = ''
  let done = 0
  for (let start = 0; start < text.length; ) {
    const space = text.indexOf(' ', start)
    const end = space === -1 ? text.length : space
    if (end > start + 1 && mayBeApart(text.charCodeAt(start), text.charCodeAt(start + 1))) {
      const stem = stemOf(text.slice(start, end))
      // A stem apart ends with it; what else does is what the index makes of the word, too.
      if (stem.endsWith('0')) {
        indexed += text.slice(done, start) + stem
        done = end
      }
    }
    start = end + 1
  }
  return done === 0 ? text : indexed + text.slice(done)
}
