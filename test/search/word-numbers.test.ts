import { expect, test } from 'vitest'
import {
  forgetWords,
  knownWords,
  numberOf,
  numberWords,
  stemAt,
  stemsOf,
  writtenWord,
} from '../../src/search/word-numbers.js'

const wordsOf = (words: Int32Array): string[] => Array.from(words, writtenWord)

test('words keep their numbers while tens of thousands of others are learned', () => {
  const many = Array.from({ length: 30_000 }, (_, index) => `w${index.toString(36)}`)
  const first = numberWords('a title', 'and some words').words
  expect(wordsOf(numberWords('', many.join(' ')).words)).toEqual(many)
  expect(wordsOf(first)).toEqual(['a', 'title', 'and', 'some', 'words'])
  expect(numberWords('a title', 'and some words').words).toEqual(first)
})

test('words of the same letters in another order, and words that begin another, are told apart', () => {
  const words = ['ab', 'ba', 'abc', 'bca', 'a', 'aa', 'aaa', 'é', '東京', '京東', '\u{f0001}', 'éa', 'aé']
  words.push('abcdefgh', 'abcdefghi', 'bcdefghi', '1bcdefghi', '2bcdefghi', 'abcdefgé', 'a'.repeat(8), 'a'.repeat(9))
  const { words: numbers } = numberWords('', words.join(' '))
  expect(new Set(numbers).size).toBe(words.length)
  expect(wordsOf(numbers)).toEqual(words)
})

test('a title ends where its last word does, whatever spaces there are', () => {
  expect(numberWords(' two words ', '  three more words')).toMatchObject({ titleEnd: 2 })
  expect(wordsOf(numberWords('', '   ').words)).toEqual([])
})

test('a word of a text as it was written has the stem of the folded one', () => {
  const words = ['Walking', 'WALKS', 'walked', 'Walk', 'Internationally', 'INTERNATIONALLY']
  const stems = words.map((word) => stemAt(`to ${word}!`, 3, 3 + word.length))
  const [walk, international] = [numberOf('walk'), numberOf('internation')]
  expect(stems).toEqual([walk, walk, walk, walk, international, international])
  const { words: folded } = numberWords('', words.join(' ').toLowerCase())
  expect([...stemsOf(folded, 0, folded.length)]).toEqual(stems)
})

test('words of one stem have one number for it', () => {
  const { words } = numberWords('', 'walks walking talks')
  const stems = stemsOf(words, 0, words.length)
  expect(stems).toEqual(Int32Array.of(numberOf('walk'), numberOf('walk'), numberOf('talk')))
  expect(stemsOf(words, 1, 2)).toEqual(stems.slice(1, 2))
})

test('long and short texts do not share their places', () => {
  const texts = Array.from({ length: 400 }, (_, index) => `t${index} `.repeat(1 + ((index * 37) % 1_500)).trim())
  const read = texts.map((text) => numberWords('', text).words)
  expect(read.map((words) => wordsOf(words).join(' '))).toEqual(texts)
})

test('after all is forgotten numbers are given anew', () => {
  numberWords('', 'old words')
  forgetWords()
  expect(knownWords()).toBe(0)
  const { words } = numberWords('', 'new words')
  expect([...words]).toEqual([0, 1])
  expect(wordsOf(words)).toEqual(['new', 'words'])
})
