import { expect, it } from 'vitest'
import { inCircles } from '../../src/ops/circles.js'

const found = (after: Record<string, string[]>) => [...inCircles(new Map(Object.entries(after)))].sort()

it('nothing is in a circle where all come after others that can come first', () => {
  expect(found({ a: ['b', 'c'], b: ['c'], c: ['elsewhere'], d: [] })).toEqual([])
})

it('what is in a circle is found, with what comes after it', () => {
  expect(found({ a: ['b'], b: ['c'], c: ['b'], d: ['e'], e: [], f: ['f'] })).toEqual(['a', 'b', 'c', 'f'])
})

it('a chain of a hundred thousand is no trouble', () => {
  const chain = new Map(
    Array.from({ length: 100_000 }, (_, i) => [`${i}`, [`${i + 1}`]] as const).map(([a, b]) => [a, [...b]]),
  )
  expect(inCircles(chain).size).toBe(0)
  chain.set('99999', ['0'])
  expect(inCircles(chain).size).toBe(100_000)
})
