import { unmarked } from './common-words.js'

/** The bit that tells small ASCII letters from large ones; digits have it. */
const small = 32

function pair(first: number, second: number): number {
  return ((first | small) << 7) | (second | small)
}

/**
 * Whether any of some stems may be that of a word with these two first letters, by their ASCII codes: a word has them in common
 * with its stem, but for a y that may have become an i. Most words are seen without stemming not to be among those looked for.
 */
export function beginningsOf(stems: Iterable<string>): (first: number, second: number) => boolean {
  const starts = new Uint8Array(128 * 128)
  for (const marked of stems) {
    const stem = unmarked(marked)
    const [first, second] = [stem.charCodeAt(0), stem.charCodeAt(1)]
    if (stem.length === 1) starts.fill(1, pair(first, 0) & ~127, (pair(first, 0) | 127) + 1)
    if (!(first < 128 && second < 128)) continue
    starts[pair(first, second)] = 1
    if (stem[1] === 'i') starts[pair(first, 'y'.charCodeAt(0))] = 1
  }
  // A word of one letter that ends a text has no second: NaN is not below 128.
  return (first, second) => !(first >= 128 || second >= 128) && starts[pair(first, second)] === 1
}
