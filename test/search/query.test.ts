import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasUnspaced, leafText, memoryIndexText, normalize, splitUnspaced } from '../../src/search/index-text.js'
import { parseQuery } from '../../src/search/query.js'

const words = (text: string) => parseQuery(text).map(({ text: term, prefix }) => (prefix ? `${term}*` : term))

describe('a question', () => {
  it.each([
    ['Ship it on FRIDAY!', ['ship', 'friday']],
    ['favorite_color', ['favorite', 'color']],
    ['e-mail, twice: e-mail', ['e', 'mail', 'twice']],
    ['the the the', ['the']],
    ['what is that', ['what', 'is', 'that']],
    ['C++ && (NOT "x" OR y*) NEAR/2', ['c', 'x', 'y', 'near', '2']],
    ['cafe\u0301 naïve Ǡb', ['cafe', 'naive', 'ab']],
    ['ΣΟΦΟΣ σοφός', ['σοφοσ']],
    ['がき か\u3099き \u3099', ['がき']],
    ['new\u{1e000}er marks\u1af0', ['newer', 'marks']],
    ['ﬁle １２', ['file', '12']],
    ['Привет, мир', ['привет', 'мир']],
    ['', []],
    ['?!… --', []],
    ['😀🚀', ['\u{ff600}', '\u{ff680}']],
    ['I ❤️ pizza🍕!', ['\u{f2764}', 'pizza', '\u{ff355}']],
    ['👍🏽 👨\u200d👩', ['\u{ff44d}', '\u{ff468}', '\u{ff469}']],
    ['🇩🇪🇫🇷', ['\u{fe052}', '\u{fe093}']],
    ["o'brien", ['obrien', 'o', 'brien']],
    ['O’Neill’s', ['oneill', 'o', 'neill']],
    ["it's Maya's", ['maya']],
    ["why doesn't Ann’s 'best' boat sail?", ['ann', 'best', 'boat', 'sail']],
    ['co\u00adoperate na\u200bme', ['cooperate', 'name']],
    ['Đức Straße Łódź Ærø Œuvre Þór ığdır', ['duc', 'strasse', 'lodz', 'aero', 'oeuvre', 'thor', 'igdir']],
    ['ข้าวผัด', ['ขา', 'าว', 'วผ', 'ผด']],
    ['東京', ['東京']],
    ['東京都庁', ['東京', '京都', '都庁']],
    ['山', ['山*']],
    ['2024年の夏', ['2024', '年の', 'の夏']],
    ['iPhoneを買う', ['iphone', 'を買', '買う']],
    ['서울에서', ['서울', '울에', '에서']],
    ['𠮷野家', ['𠮷野', '野家']],
    ['ｶﾀｶﾅ', ['カタ', 'タカ', 'カナ']],
    ['lone \ud800 surrogate', ['lone', 'surrogate']],
  ])('%j asks for %j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it.each([
    ['birth weight', { birth: ['birthweight'], weight: ['birthweight'] }],
    ['e-mail lists', { e: ['email'], mail: ['email', 'maillists'], lists: ['maillists'] }],
    ['p 53, 3 5', { p: ['p53'], 53: ['p53'], 3: [], 5: [] }],
    ['rain in spring', { rain: [], spring: [] }],
    ['rain rain', { rain: [] }],
    ['東京 map', { 東京: [], map: [] }],
  ])('of %j has words that may be written as one: %j', (text, expected) => {
    const joined = parseQuery(text).map(({ text: term, alike = [] }) => [
      term,
      alike.flatMap((other) => (other.isJoined ? other.text : [])),
    ])
    expect(Object.fromEntries(joined)).toEqual(expected)
  })

  it('of any text gives at most 48 different terms, all of them words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const terms = parseQuery(text)
        expect(terms.length).toBeLessThanOrEqual(48)
        expect(new Set(terms.map(({ text: term }) => term)).size).toBe(terms.length)
        for (const { text: term } of terms) expect(term).toMatch(/^[\p{L}\p{N}\p{Co}]+$/u)
      }),
      { numRuns: 500 },
    )
  })

  it('of a megabyte is cut, not refused', () => {
    expect(parseQuery('word '.repeat(200_000))).toEqual([{ text: 'word' }])
    expect(parseQuery(`${'字'.repeat(1_000_000)} o'brien`).length).toBeLessThanOrEqual(48)
    expect(parseQuery(`o'brien ${'字'.repeat(19_000)}`)).toContainEqual(expect.objectContaining({ text: 'obrien' }))
    const many = Array.from({ length: 1000 }, (_, index) => `w${index}`).join(' ')
    expect(parseQuery(many)).toHaveLength(48)
  })
})

describe('the text of an item', () => {
  it('has the string leaves in their order, those named text first, and no keys', () => {
    const value = { role: 'user', list: ['a', 1, null, ['b']], text: 'first', deep: { text: 'third', x: 'fourth' } }
    expect(leafText(value)).toBe('first user a b third fourth')
    expect(leafText('plain')).toBe('plain')
    expect(leafText([1, true, null])).toBe('')
    expect(leafText(JSON.parse('{"__proto__":"kept"}'))).toBe('kept')
  })

  it('ends after 64 Ki characters, never inside a character', () => {
    const long = leafText(['x'.repeat(65_535), '😀 more'])
    expect(long.length).toBeLessThanOrEqual(65_540)
    expect(long.isWellFormed()).toBe(true)
    expect(leafText(Array(1000).fill('word'.repeat(1000))).length).toBeLessThan(70_000)
  })

  it('has Chinese, Japanese and Korean as overlapping pairs with the last character alone', () => {
    expect(normalize('東京都').trim()).toBe('東京 京都 都')
    expect(normalize('see 東京!').trim().split(/\s+/)).toEqual(['see', '東京', '京'])
    expect(normalize('plain')).toBe('plain')
    expect(splitUnspaced('a東京b')).toEqual([
      { unspaced: false, text: 'a' },
      { unspaced: true, text: '東京' },
      { unspaced: false, text: 'b' },
    ])
    expect(['東', 'ひ', 'カ', '한', 'ー', 'ข', 'a', 'é'].filter(hasUnspaced).join('')).toBe('東ひカ한ーข')
  })

  it('has pairs for every question that is a part of it', () => {
    const character = fc.constantFrom('東', '京', '都', 'の', 'ー', '々', '한', '국', '𠮷', 'カ')
    fc.assert(
      fc.property(fc.array(character, { minLength: 2, maxLength: 12 }), fc.nat(), fc.nat(), (run, a, b) => {
        const from = a % run.length
        const part = run.slice(from, from + 1 + (b % (run.length - from)))
        fc.pre(hasUnspaced(part.join('')))
        const indexed = normalize(run.join('')).trim().split(/\s+/)
        for (const { text, prefix } of parseQuery(part.join('')))
          expect(indexed.some((word) => (prefix ? word.startsWith(text) : word === text))).toBe(true)
      }),
    )
  })

  it('has the words of a key, and the key as it is', () => {
    const title = (key: string) => memoryIndexText({ namespace: 'user:a', key, type: 'semantic' }, '').title.split(' ')
    expect(title('favoriteColor')).toEqual(['favoritecolor', 'favorite', 'color'])
    expect(title('favorite_color')).toEqual(['favorite', 'color'])
  })
})
