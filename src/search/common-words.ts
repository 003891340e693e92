import { stemmer } from 'stemmer'

/** Very common English words. A question goes by them only where it has no others. */
export const stopWords = new Set(
  `a about after again all also am an and any are as at be because been before being between both but by can could did do does doing
   don down during each few for from further had has have having he her here hers him his how i if in into is it its itself just me
   more most my myself no nor not now of off on once only or other our ours out over own same she should so some such than that the
   their theirs them then there these they this those through to too under until up very was we were what when where which while who
   whom why will with would you your yours
   aren couldn didn doesn hadn hasn haven isn shouldn wasn weren wouldn`.split(/\s+/),
)

/** With two that are as common, and without one that people also do: "who owns it?", "I own it". */
const apart = new Set([...stopWords, 'us', 'new'].filter((word) => word !== 'own'))
export const apartStems = new Set([...apart].map((word) => stemmer(word)))

/** Porter's rules make "at" of "ate", "on" of "one" and "us" of "use": such words have a stem beside that one. */
export function stemApart(word: string): string | undefined {
  if (apart.has(word)) return undefined
  const stem = stemmer(word)
  return apartStems.has(stem) ? `${stem}0` : undefined
}

/** A stem as the word begins, without the sign that keeps it apart; a number may lose a digit, too. */
export function unmarked(stem: string): string {
  return stem.replace(/(?<=.)0$/, '')
}
