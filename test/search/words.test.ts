import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { asIndexed, foldLetters, foldWords, stemOf } from '../../src/search/words.js'

describe('a word', () => {
  it.each([
    ['Shipping', 'ship'],
    ['CAFÉ', 'cafe'],
    ['cafe\u0301', 'cafe'],
    ['ﬁles', 'file'],
    ['Ǡ', 'a'],
    ['İstanbul', 'istanbul'],
    ['σοφός', 'σοφοσ'],
    ['Ёлка', 'елка'],
    ['が', 'が'],
    ['한국', '한국'],
    ['Đặng', 'dang'],
    ['GROẞE', 'gross'],
    ['Smørrebrød', 'smorrebrod'],
    ['Łódź', 'lodz'],
    ['ısı', 'isi'],
    ['hawaiʻi', 'hawaii'],
    ['so\u00adft\u200b', 'soft'],
    ['🍕', '\u{ff355}'],
    ['', ''],
  ])('%s is folded to %s', (word, stem) => {
    expect(stemOf(word)).toBe(stem)
  })

  it('is folded once and for all', () => {
    for (const word of ['CAFÉ', 'ﬁle', 'Ǡ', 'ΣΟΦΟΣ', 'か\u3099', 'ﾃﾚﾋﾞ', '½', 'Đẞæ', '🍕', '🇩🇪', 'x\u00ady']) {
      const folded = foldLetters(word)
      expect(foldLetters(folded)).toBe(folded)
    }
  })

  it.each([
    ['ate', 'at'],
    ['one', 'on'],
    ['use', 'us'],
    ['hi', 'his'],
    ['ore', 'or'],
    ['news', 'new'],
    ['beings', 'being'],
  ])('that is no common one has no stem of one: %s and %s', (word, common) => {
    expect(stemOf(word)).not.toBe(stemOf(common))
    expect(asIndexed(`${common} ${word} x${word}`)).toBe(`${common} ${stemOf(word)} x${word}`)
    expect(stemOf(stemOf(word))).toBe(stemOf(word))
  })

  it.each([
    ['use', 'using'],
    ['one', 'ones'],
    ['own', 'owns'],
    ['be', 'being'],
  ])('has one stem in all of its forms: %s and %s', (word, form) => {
    expect(stemOf(word)).toBe(stemOf(form))
  })

  it('is for the ranking what it is for the index, ending and all', () => {
    const english = readFileSync('README.md', 'utf8') + readFileSync('CONTRIBUTING.md', 'utf8')
    const endings =
      'relational conditional rationally hopefulness generalizations oscillators skies dying agreed flying hoped hopping'
    const others =
      'Ångström naïve Über Привет Ёлка σοφός שלום مرحبا हिन्दी ไทย 東京 서울 １２３ ﬁle Ǡ x\u1af0y 𝔘𝔫𝔦 Łódź Đức 🍕❤️🇩🇪 ข้าว'
    const words = foldWords(`${english} ${endings} ${others}`).trim().split(' ')
    const db = new Database(':memory:')
    db.exec(
      `create virtual table found using fts5 (word, tokenize = 'porter unicode61 remove_diacritics 2');
       create virtual table stems using fts5vocab (found, 'row');`,
    )
    db.prepare('insert into found values (?)').run(asIndexed(words.join(' ')))
    const stems = db.prepare<[], { term: string }>('select term from stems').all()
    expect(new Set(stems.map(({ term }) => term))).toEqual(new Set(words.map(stemOf)))
    db.close()
  })
})
