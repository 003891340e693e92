import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displayWidth, oneLine, printable, shellQuote, truncate, wrap, wrapped } from '../../src/cli/text.js'
import { shellWords } from './run-cli.js'

describe('the width of a text', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['日本語', 6],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['한글', 4],
    ['é', 1],
    ['\u200b', 0],
  ])('of %j is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})

describe('stored text for a terminal', () => {
  it('loses escape sequences, bells and bidirectional overrides', () => {
    expect(oneLine('a\u001b[31mb\u0007c\u009b2J\u202ed')).toBe('a[31mbc2Jd')
    expect(printable('a\u001b]0;x\u0007b')).toBe('a]0;xb')
  })

  it('keeps line breaks and tabs only where they are shown', () => {
    expect(oneLine('a\n\tb \r\n c ')).toBe('a b c')
    expect(printable('a\r\n\tb\rc')).toBe('a\n\tb\nc')
  })
})

describe('truncate', () => {
  it('marks what is missing', () => {
    expect(truncate('concise', 7)).toBe('concise')
    expect(truncate('concise', 6)).toBe('conci…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('a bcd', 3)).toBe('a…')
  })

  it('never takes more than its width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('wrap', () => {
  const lines = (text: string, width: number): string[] =>
    wrap(text, width).map(({ start, end }) => text.slice(start, end))

  it('breaks at spaces', () => {
    expect(lines('one two three', 7)).toEqual(['one two', 'three'])
    expect(lines('one two three', 8)).toEqual(['one two', 'three'])
    expect(lines('one two three', 6)).toEqual(['one', 'two', 'three'])
  })

  it('breaks words that are longer than a line', () => {
    expect(lines('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij'])
    expect(lines('日本語', 4)).toEqual(['日本', '語'])
  })

  it('loses nothing but spaces and keeps to the width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map(oneLine)),
        fc.integer({ min: 2, max: 30 }),
        (words, width) => {
          const text = oneLine(words.join(' '))
          const found = lines(text, width)
          expect(found.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
          for (const line of found) expect(displayWidth(line.trimEnd())).toBeLessThanOrEqual(width)
        },
      ),
    )
  })

  it('says that there was more', () => {
    expect(wrapped('one two three four five six', { width: 12, indent: 2, most: 2 })).toEqual([
      '  one two',
      '  three fo…',
    ])
    expect(wrapped('one two', { width: 12, indent: 2, most: 2 })).toEqual(['  one two'])
  })
})

describe('shellQuote', () => {
  it('leaves plain names alone and quotes the rest', () => {
    expect(shellQuote('user:alice')).toBe('user:alice')
    expect(shellQuote('a b')).toBe("'a b'")
    expect(shellQuote("it's")).toBe("'it'\\''s'")
    expect(shellWords(`cairn get ${shellQuote('a b')} "c d"`)).toEqual(['cairn', 'get', 'a b', 'c d'])
  })
})
