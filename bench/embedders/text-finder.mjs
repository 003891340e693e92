// Which item of a set a text is of, whatever a store has put before or after it, or cut it into.

const together = 5

/** Returns a function from a text to `{ id, whole }`: the item, and whether the text is nearly all of it. */
export function makeFinder(corpus) {
  const items = corpus.map((item) => ({ id: item.id, words: wordsOf(textOf(item)) }))
  const runs = new Map()
  for (const item of items) for (const run of runsOf(item.words)) runs.set(run, runs.has(run) ? undefined : item)
  const texts = new Map()
  for (const item of items) if (!texts.has(item.words.join(' '))) texts.set(item.words.join(' '), item)
  return (text) => {
    const words = wordsOf(text)
    const item = mostOf(runsOf(words), runs) ?? withoutBeginning(words, texts)
    return item && { id: item.id, whole: words.length >= 0.8 * item.words.length }
  }
}

const textOf = ({ title = '', text, image_caption: caption = '' }) => `${title} ${text} ${caption}`

const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

function runsOf(words) {
  return words.slice(together - 1).map((_, at) => words.slice(at, at + together).join(' '))
}

/** The item with most runs of words that no other has. */
function mostOf(found, runs) {
  const votes = new Map()
  for (const run of found) {
    const item = runs.get(run)
    if (item) votes.set(item, (votes.get(item) ?? 0) + 1)
  }
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** Of a few words, perhaps with a name or a key before them. */
function withoutBeginning(words, texts) {
  for (let from = 0; from < Math.min(4, words.length); from++) {
    const item = texts.get(words.slice(from).join(' '))
    if (item) return item
  }
}
