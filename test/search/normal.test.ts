import { expect, it } from 'vitest'
import { expectedAt, shareAbove, valueWithAbove } from '../../src/search/normal.js'

it('shares of the normal distribution are those of the tables', () => {
  expect(shareAbove(0)).toBeCloseTo(0.5, 6)
  expect(shareAbove(1.96)).toBeCloseTo(0.0249979, 6)
  expect(shareAbove(-1)).toBeCloseTo(0.8413447, 6)
  expect(shareAbove(4) / 3.16712e-5).toBeCloseTo(1, 2)
  expect(shareAbove(6) / 9.86588e-10).toBeCloseTo(1, 2)
})

it('a value with a share above it is the one that has it', () => {
  for (const share of [0.9, 0.5, 0.1, 0.01, 1e-4, 1e-6]) {
    expect(shareAbove(valueWithAbove(share)) / share).toBeCloseTo(1, 3)
  }
})

it('the nearest by chance is further out the more there are', () => {
  expect(expectedAt(1, 1_000)).toBeCloseTo(3.24, 1)
  expect(expectedAt(20, 1_000)).toBeCloseTo(2.06, 1)
  expect(expectedAt(1, 1_000_000)).toBeGreaterThan(expectedAt(1, 1_000))
})
