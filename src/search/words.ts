import { stemmer } from 'stemmer'

const stems = new Map<string, string>()

/** A word as the index folds it: compatibility forms, case, accents, English endings (Porter 1980). */
export function stemOf(word: string): string {
  let stem = stems.get(word)
  if (stem === undefined) {
    stem = stemmer(word.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase())
    if (stems.size >= 50_000) stems.clear()
    stems.set(word, stem)
  }
  return stem
}
