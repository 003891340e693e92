import { stemmer } from 'stemmer'

/**
 * Letters without what is beside the point in a search: compatibility forms, case and accents. The two marks that stay
 * make other letters in Japanese: か and が. FTS5 is not asked to do this, since it knows the Unicode of 2012.
 */
export function foldLetters(text: string): string {
  const bare = text.normalize('NFKD').replaceAll(/(?![\u3099\u309a])\p{M}/gu, '')
  return bare
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll(/[\u3099\u309a]/gu, '')
}

const stems = new Map<string, string>()

/** A word as the index folds it, without its English ending (Porter 1980). */
export function stemOf(word: string): string {
  let stem = stems.get(word)
  if (stem === undefined) {
    stem = stemmer(foldLetters(word))
    if (stems.size >= 50_000) stems.clear()
    stems.set(word, stem)
  }
  return stem
}
