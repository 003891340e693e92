import { expect, it } from 'vitest'
import { formatExplanation } from '../../src/cli/search-explanation.js'

const near = { name: 'near', points: 0.07, weight: 0.01 } as const
const vehicle = { text: 'vehicle', weight: 6, by: [] }
const car = { text: 'car', weight: 2, by: ['car'] }

const told = (match: number, words: { text: string; weight: number; by: string[] }[]) =>
  formatExplanation({ match, words, evidence: [near], retrievers: [{ name: 'vector', score: 0.07 }] }).at(-2)

it('a hit that holds no word of the question is not said to hold any', () => {
  expect(told(0.01, [vehicle])).toBe('1 % certain by its meaning; lacks vehicle 6.00')
  expect(told(0.01, [car, vehicle])).toBe('1 % certain by its meaning; holds car 2.00; lacks vehicle 6.00')
  expect(told(0.25, [car, vehicle])).toBe('holds 25 % of the question: car 2.00; lacks vehicle 6.00')
})
