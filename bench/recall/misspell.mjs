// Questions as people type them in a hurry: in one word of each, of five letters or more, one letter is left out, put in,
// changed, or swapped with the next. The first letter stays.
import { seededRandom } from '../seeded.mjs'

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** The same mistakes in every run. */
export function misspell(queries) {
  const random = seededRandom(5)
  return queries.map((query) => ({ ...query, text: misspellOne(query.text, (count) => Math.floor(random() * count)) }))
}

function misspellOne(text, below) {
  const words = [...text.matchAll(/[a-z]{5,}/gi)]
  if (words.length === 0) return text
  const { 0: word, index } = words[below(words.length)]
  const at = 1 + below(word.length - 2)
  const [before, letter, after] = [word.slice(0, at), letters[below(letters.length)], word.slice(at + 1)]
  const made = [
    before + after,
    before + letter + word.slice(at),
    before + letter + after,
    before + after[0] + word[at] + after.slice(1),
  ]
  return text.slice(0, index) + made[below(made.length)] + text.slice(index + word.length)
}
