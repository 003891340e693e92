import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { matchFinder } from '../../src/search/matches.js'

const pages = ['README.md', 'CHANGELOG.md', 'docs/search.md'].map((page) => readFileSync(page, 'utf8'))
const short =
  'a I ay ays say says eye eyed eyes oye dye dyed dying tie ties tied ied is as us use used I18n x2 2nd 10ths'
const words = [...new Set(`${pages.join(' ')} ${short}`.match(/[a-z0-9]+/gi))]

test('a word is found however it is written', () => {
  expect(words.length).toBeGreaterThan(1_000)
  const forms = words.flatMap((word) => [word, word.toLowerCase(), word.toUpperCase()])
  const missed = forms.filter((form) => {
    const [match] = matchFinder([{ text: form.toLowerCase() }])(`(${form})`)
    return match?.start !== 1 || match.end !== form.length + 1
  })
  expect(missed).toEqual([])
})
