import type { ReadText } from './read-text.js'
import type { TermTable } from './term-table.js'
import { writtenWord } from './word-numbers.js'

/** The words of a text that stand for each term, as they are written there but for case and accents; none where it lacks it. */
export function heldWords({ title, body, written }: ReadText, { words, rows }: TermTable, terms: number): string[][] {
  const held = Array.from({ length: terms }, () => new Set<string>())
  for (const [from, stems] of [[0, title] as const, [title.length, body] as const]) {
    const textOf = (first: number, last: number): string =>
      Array.from(written.subarray(from + first, from + last + 1), writtenWord).join(' ')
    for (const [place, stem] of stems.entries()) {
      const { term, also } = words.get(stem) ?? {}
      for (const each of [term, also]) if (each !== undefined) held[each]?.add(textOf(place, place))
      for (const { term, numbers } of rows.get(stem) ?? []) {
        const first = place - numbers.length + 1
        if (numbers.every((number, index) => stems[first + index] === number)) held[term]?.add(textOf(first, place))
      }
    }
  }
  return held.map((found) => [...found])
}
