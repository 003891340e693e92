import { describe, expect, it } from 'vitest'
import { wordsAlike } from '../../src/search/words-alike.js'

const alike = (word: string): string[] => wordsAlike(word).map(({ text }) => text)

describe('words alike', () => {
  it('stand for each other', () => {
    expect(alike('movie')).toEqual(['film'])
    expect(alike('films')).toEqual(['movie'])
    expect(alike('went')).toEqual(['go', 'goes', 'gone'])
    expect(alike('goes')).toEqual(['go', 'went', 'gone'])
    expect(alike('kids')).toEqual(['child', 'children'])
    expect(alike('children')).toEqual(['child', 'kid'])
    expect(alike('zebra')).toEqual([])
  })

  it('are a wide one and those that it is said of, but not these among each other', () => {
    expect(alike('pet')).toEqual(['dog', 'cat'])
    expect(alike('cat')).toEqual(['kitten', 'pet'])
    expect(alike('husband')).toEqual(['spouse'])
    expect(alike('mother')).toEqual(['mom', 'mum', 'parent'])
  })
})
