import fc from 'fast-check'
import { stemmer } from 'stemmer'
import { describe, expect, it } from 'vitest'
import { hasUnspaced } from '../../src/search/index-text.js'
import { parseQuery, type SearchTerm } from '../../src/search/query.js'
import { type Snippet, snippetMaker } from '../../src/search/snippet.js'
import { foldLetters } from '../../src/search/words.js'

const snippet = (text: string, question: string) => snippetMaker(parseQuery(question))(text)
const marked = ({ text, marks }: Snippet) => marks.map(([start, end]) => text.slice(start, end))
const filler = (words: number) => Array.from({ length: words }, (_, index) => `filler${index}`).join(' ')

describe('marks', () => {
  it.each([
    ['We shipped it on Friday.', 'shipping fridays', ['shipped', 'Friday']],
    ['The Café is open, the cafe too', 'cafe', ['Café', 'cafe']],
    ['Running runs ran', 'run', ['Running', 'runs']],
    ['the ﬁle and FILE', 'file', ['ﬁle', 'FILE']],
    ['favorite_color is blue', 'favorite color', ['favorite', 'color']],
    ['concatenate the cat', 'cat', ['cat']],
    ['слон и он', 'он', ['он']],
    ['années né', 'né', ['né']],
    ['東京都に住む', '東京都', ['東京都']],
    ['京都と東京', '東京', ['東京']],
    ['山と川', '川', ['川']],
    ['iPhoneを買った', 'iPhone 買う 買', ['iPhone', '買']],
    ['İstanbul 東京', '東京', ['東京']],
    ['서울에서 부산까지', '서울', ['서울']],
    ['𠮷野家で食べる', '𠮷野家', ['𠮷野家']],
    ['I love 🍕 pizza', '🍕', ['🍕']],
    ['well done 👍🏽', '👍', ['👍']],
    ['to 🇩🇪🇫🇷', '🇫🇷', ['🇫🇷']],
    ["ask O'Brien's or brien", 'obrien', ["O'Brien"]],
    ["ask o’brien's or obrien", 'o’brien', ['o’brien', 'obrien']],
    ["that's o'clock, brien", 'brien', ['brien']],
    ["o'brien", 'brien', ['brien']],
    ['co\u00adoperate', 'cooperate', ['co\u00adoperate']],
    ['Đức Straße', 'duc strasse', ['Đức', 'Straße']],
    ['ﾊﾛｰ ワールド', 'ハロー', ['ﾊﾛｰ']],
    ['ﾃﾞｰﾀを見る', 'データ', ['ﾃﾞｰﾀ']],
    ['か\u3099き', 'がき', ['か\u3099き']],
    ['ฉันอยากกินข้าวผัดวันนี้', 'ข้าวผัด', ['ข้าวผัด']],
    ['\u1112\u1161\u11ab\u1100\u116e\u11a8 만세', '한국', ['\u1112\u1161\u11ab\u1100\u116e\u11a8']],
    ['Kubernetes at 9', 'kubernetes 9', ['Kubernetes', '9']],
    ['nothing here', 'other', []],
    ['', 'word', []],
  ])('in %j for %j are %j', (text, question, expected) => {
    expect(marked(snippet(text, question))).toEqual(expected)
  })

  const unit = fc.constantFrom(
    ...[
      'ship',
      'shipping',
      'Ships',
      'friday',
      'cat',
      'concatenate',
      'né',
      'années',
      '東',
      '東京',
      '京都',
      'の',
      '한국',
      'iPhone',
      "o'brien",
      'obrien',
      'ข้าว',
      'ﾃﾞｰﾀ',
      'デー',
    ],
    ...[
      '😀',
      '𠮷野',
      ' ',
      ' ',
      ' ',
      ' ',
      '\n',
      '_',
      '-',
      '.',
      '\u0301',
      'İ',
      '0',
      'x'.repeat(70),
      '😀'.repeat(60),
      '\ud800',
    ],
  )
  const text = fc.array(unit, { maxLength: 120 }).map((units) => units.join(''))
  const question = fc.array(unit, { minLength: 1, maxLength: 6 }).map((units) => units.join(' '))

  it('are in order, apart, inside the text, and each is a term', () => {
    fc.assert(
      fc.property(text, question, (passage, asked) => {
        const terms = parseQuery(asked)
        const found = snippetMaker(terms)(passage)
        let end = -1
        for (const mark of found.marks) {
          expect(mark[0]).toBeGreaterThan(end)
          expect(mark[1]).toBeGreaterThan(mark[0])
          end = mark[1]
        }
        expect(end).toBeLessThanOrEqual(found.text.length)
        for (const mark of marked(found)) expect(isTermOrRun(mark, terms), mark).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('are in a passage of at most 200 characters that is a part of the text and cuts no character', () => {
    fc.assert(
      fc.property(text, question, (passage, asked) => {
        const found = snippetMaker(parseQuery(asked))(passage)
        expect(found.text.isWellFormed()).toBe(true)
        const whole = passage.replaceAll(/\s+/g, ' ').trim().toWellFormed()
        const inner = found.text.replace(/^…/, '').replace(/…$/, '')
        expect(inner.length).toBeLessThanOrEqual(200)
        const at = whole.indexOf(inner)
        expect(at).toBeGreaterThanOrEqual(0)
        if (whole.length <= 200) expect(found.text).toBe(whole)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the passage', () => {
  it('is the whole of a short text, with its white space made even', () => {
    expect(snippet('  one\n\ttwo   three ', 'two')).toEqual({ text: 'one two three', marks: [[4, 7]] })
    expect(snippet('x'.repeat(200), 'y')).toEqual({ text: 'x'.repeat(200), marks: [] })
  })

  it('without a match is the beginning', () => {
    const { text, marks } = snippet(filler(100), 'missing')
    expect(text).toMatch(/^filler0 filler1 .*…$/)
    expect(marks).toEqual([])
  })

  it('is cut at words on both sides of a match in the middle', () => {
    const found = snippet(`${filler(50)} harbour ${filler(50)}`, 'harbour')
    expect(found.text).toMatch(/^…filler\d+ .*\bharbour\b.* filler\d+…$/)
    expect(marked(found)).toEqual(['harbour'])
  })

  it('reaches the beginning and the end for matches there', () => {
    const first = snippet(`harbour ${filler(60)}`, 'harbour')
    expect(first.text).toMatch(/^harbour filler0 .*…$/)
    const last = snippet(`${filler(60)} harbour`, 'harbour')
    expect(last.text).toMatch(/^…filler\d+ .* harbour$/)
    expect([marked(first), marked(last)]).toEqual([['harbour'], ['harbour']])
  })

  it('is where most of the terms are', () => {
    const found = snippet(`ship ${filler(50)} ship it on friday ${filler(50)}`, 'ship friday')
    expect(marked(found)).toEqual(['ship', 'friday'])
  })

  it('of text without spaces cuts between characters', () => {
    const astral = '😀'.repeat(300)
    for (const [before, after] of [
      ['', ''],
      ['-', ''],
      ['', '-'],
      ['-', '-'],
    ]) {
      const found = snippet(`${astral}${before}東京${after}${astral}`, '東京')
      expect(found.text.isWellFormed()).toBe(true)
      expect(found.text).not.toContain('\ufffd')
      expect(marked(found)).toEqual(['東京'])
    }
  })

  it('of a text of a megabyte is taken from its first 64 Ki characters', () => {
    expect(marked(snippet(`${'a '.repeat(30_000)}harbour`, 'harbour'))).toEqual(['harbour'])
    expect(marked(snippet(`${'a '.repeat(500_000)}harbour`, 'harbour'))).toEqual([])
  })
})

/** Whether a mark is a word with the stem of a term, or a run of a script without spaces that is made of terms only. */
function isTermOrRun(mark: string, terms: SearchTerm[]): boolean {
  const stems = new Set(terms.map(({ text }) => stemmer(text)))
  const whole = foldLetters(mark).replaceAll("'", '')
  if (stems.has(stemmer(whole))) return true
  const covered = Array(whole.length).fill(false)
  for (const part of terms.map(({ text }) => text).filter(hasUnspaced)) {
    for (let at = whole.indexOf(part); at !== -1; at = whole.indexOf(part, at + 1))
      covered.fill(true, at, at + part.length)
  }
  // A word or an emoji beside such a run or beside another touches it, and the marks are one.
  let at = 0
  const rest = [...whole].map((character) => {
    at += character.length
    return covered[at - 1] ? ' ' : character
  })
  const words = rest.join('').split(/ |(?=[\u{f0000}-\u{fffff}])|(?<=[\u{f0000}-\u{fffff}])/u)
  return words.every((word) => word === '' || stems.has(stemmer(word)))
}
