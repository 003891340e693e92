import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance } from '../../src/search/edit-distance.js'
import { corrected, correctionsIn, maybeMisspelt, spellingsNear } from '../../src/search/misspelt.js'
import { parseQuery } from '../../src/search/query.js'
import { readPlain } from '../../src/search/read-text.js'

const texts = (...bodies: string[]) => bodies.map((body) => readPlain('', body))
const meant = (word: string, ...bodies: string[]) => correctionsIn(texts(...bodies))(word)

describe('the distance of two words', () => {
  it.each([
    ['harbour', 'harbour', 0],
    ['harbor', 'harbour', 1],
    ['harrbour', 'harbour', 1],
    ['harbaur', 'harbour', 1],
    ['habrour', 'harbour', 1],
    ['hrabuor', 'harbour', 2],
    ['ship', 'harbour', 3],
    ['', 'ab', 2],
    ['', '', 0],
  ])('of %j and %j is %j, or one more than the most that is asked about', (from, to, distance) => {
    expect(editDistance(from, to, 2)).toBe(distance)
    expect(editDistance(to, from, 2)).toBe(distance)
  })

  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 })

  it('is nothing only for the same word, the same both ways, and 1 after any one change', () => {
    fc.assert(
      fc.property(word, word, fc.nat(6), fc.constantFrom('a', 'd'), (from, to, place, letter) => {
        expect(editDistance(from, to, 3) === 0).toBe(from === to)
        expect(editDistance(from, to, 3)).toBe(editDistance(to, from, 3))
        const at = Math.min(place, from.length)
        expect(editDistance(from, from.slice(0, at) + letter + from.slice(at), 3)).toBe(1)
        expect(editDistance(from, from.slice(0, at) + from.slice(at + 1), 3)).toBeLessThanOrEqual(1)
        const [one = '', two = ''] = from.slice(at)
        const swapped = from.slice(0, at) + two + one + from.slice(at + 2)
        expect(editDistance(from, swapped, 3)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('a word that nothing holds', () => {
  it('was meant to be one that is a letter away, or two if it is long', () => {
    expect(meant('habour', 'the harbour opens')).toEqual(['harbour'])
    expect(meant('hbour', 'the harbour opens')).toBeUndefined()
    expect(meant('hrbuormastr', 'the harbourmaster')).toBeUndefined()
    expect(meant('harbuormaster', 'the harbourmaster')).toEqual(['harbourmaster'])
    expect(meant('osteoparthitis', 'osteoarthritis')).toEqual(['osteoarthritis'])
  })

  it('begins as it should', () => {
    expect(meant('parbour', 'the harbour')).toBeUndefined()
  })

  it('is one letter away from what is looked for instead, and begins like it', () => {
    const near = spellingsNear('saling', 4)
    expect(near).toEqual(expect.arrayContaining(['sailing', 'sling', 'slaing', 'saing', 'siling']))
    expect(near.filter((text) => editDistance('saling', text, 1) > 1 || !text.startsWith('s'))).toEqual([])
    expect(near).not.toContain('saling')
    expect(near.length).toBeLessThan(160)
    expect(spellingsNear('слоон', 4)).toEqual(expect.arrayContaining(['слон', 'солон']))
  })

  it('stands for the nearest alone, those of most texts first, and for two at most', () => {
    expect(meant('formatoin', 'formation', 'format formatted')).toEqual(['formation'])
    expect(meant('paty', 'path', 'party path', 'pity', 'party path')).toEqual(['path', 'party'])
  })

  it('is not misspelt when a text holds a form of it', () => {
    expect(meant('sailing', 'sails', 'railing sailing', 'mailing')).toBeUndefined()
    expect(meant('jumps', 'jumping', 'jump', 'bumps')).toBeUndefined()
  })

  it('is looked into when it is a word of four letters or more, of the first four such', () => {
    expect(maybeMisspelt(parseQuery('Aplle 2019 il6 cat 東京都 東 x86abc'))).toEqual(['aplle'])
    expect(maybeMisspelt(parseQuery('wort eins zwei drei vier fuenf'))).toHaveLength(4)
    expect(maybeMisspelt(parseQuery('a'.repeat(41)))).toEqual([])
  })

  it('keeps its other forms and weighs more itself than what it may have meant', () => {
    const [term, other] = corrected(
      [{ text: 'habour', alike: [{ text: 'port', weight: 0.4 }] }, { text: 'opens' }],
      new Map([['habour', ['harbour']]]),
    )
    expect(term?.alike).toEqual([
      { text: 'port', weight: 0.4 },
      { text: 'harbour', weight: expect.any(Number), isCorrection: true },
    ])
    expect(term?.alike?.[1]?.weight).toBeLessThan(1)
    expect(other).toEqual({ text: 'opens' })
  })

  it('is only ever corrected to words of the texts, whatever stands in others that were read', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 })
    const body = fc.array(letters, { maxLength: 6 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(letters, fc.array(body, { maxLength: 4 }), fc.array(body, { maxLength: 4 }), (word, own, others) => {
        texts(...others)
        const words = new Set(own.flatMap((text) => text.split(' ')))
        const found = correctionsIn(texts(...own))(word)
        expect(found?.filter((text) => !words.has(text) || text === word) ?? []).toEqual([])
      }),
    )
  })

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (question, text) => {
        for (const word of maybeMisspelt(parseQuery(question))) expect(() => meant(word, text)).not.toThrow()
      }),
    )
  })
})
