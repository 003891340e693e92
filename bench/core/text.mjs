// Texts for benchmarks: a seeded generator of words that are distributed as words are (Zipf), so that posting lists
// have the lengths that real ones have. The same seed gives the same texts everywhere.

const syllables =
  'ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti to tu'.split(
    ' ',
  )

/** `count` words; the rank decides how often each is drawn. */
export function vocabulary(count, random) {
  const words = new Set()
  while (words.size < count) {
    let word = ''
    for (let n = 2 + Math.floor(random() * 3); n > 0; n--) word += syllables[Math.floor(random() * syllables.length)]
    words.add(word)
  }
  return [...words]
}

/** Draws words by Zipf's law with exponent 1. */
export function zipf(words, random) {
  const total = Math.log(words.length + 1)
  return () => words[Math.min(words.length - 1, Math.floor(Math.exp(random() * total)) - 1)]
}

export function sentence(draw, length) {
  return Array.from({ length }, draw).join(' ')
}
