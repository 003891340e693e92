import { describe, expect, it } from 'vitest'
import { normalize } from '../../src/search/index-text.js'
import { parseQuery } from '../../src/search/query.js'
import { inverseDocumentFrequency, scoreTexts } from '../../src/search/rank.js'

/** Scores of texts for a question whose terms all weigh the same. */
function scores(question: string, ...texts: [title: string, body: string][]): number[] {
  const terms = parseQuery(question).map((term) => ({ ...term, weight: 1 }))
  return scoreTexts(
    texts.map(([title, body]) => ({ title: normalize(title), body: normalize(body) })),
    terms,
  )
}

describe('a score', () => {
  it('is nothing without a term, and grows with each occurrence, ever less', () => {
    const [none, one, two, three] = scores(
      'harbour',
      ['', 'x y z'],
      ['', 'harbour y z'],
      ['', 'harbour harbour z'],
      ['', 'harbours harbour harbour'],
    )
    expect(none).toBe(0)
    const gains = [(one ?? 0) - 0, (two ?? 0) - (one ?? 0), (three ?? 0) - (two ?? 0)]
    expect(gains.every((gain) => gain > 0)).toBe(true)
    expect(gains).toEqual([...gains].sort((a, b) => b - a))
  })

  it('is higher for a title than for a word in passing, and for a short text than for a long one', () => {
    const [title = 0, body = 0, long = 0] = scores(
      'harbour',
      ['harbour', 'one two'],
      ['', 'harbour one two'],
      ['', `harbour ${'one '.repeat(50)}`],
    )
    expect(title).toBeGreaterThan(body)
    expect(body).toBeGreaterThan(long)
  })

  it('is higher for more different terms than for one again and again', () => {
    const [many = 0, one = 0] = scores('ship harbour noon', ['', 'ship harbour noon'], ['', 'ship ship ship'])
    expect(many).toBeGreaterThan(one)
  })

  it('counts the start of a pair for a question of one character', () => {
    const [found = 0, other] = scores('山', ['', '山高水长'], ['', '川'])
    expect(found).toBeGreaterThan(0)
    expect(other).toBe(0)
  })

  it('of no texts or no terms is none', () => {
    expect(scores('harbour')).toEqual([])
    expect(scores('', ['a', 'b'])).toEqual([0])
    expect(scores('harbour', ['', ''])).toEqual([0])
  })
})

describe('the weight of a word', () => {
  it('falls with the number of items that hold it, and is never negative', () => {
    const weights = [0, 1, 10, 50, 100, 200].map((count) => inverseDocumentFrequency(100, count))
    expect(weights).toEqual([...weights].sort((a, b) => b - a))
    expect(Math.min(...weights)).toBeGreaterThan(0)
    expect(inverseDocumentFrequency(0, 0)).toBeGreaterThan(0)
  })
})
