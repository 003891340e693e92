import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHistogram, addValue, emptyHistogram, type Histogram, quantileOf } from '../../src/observe/histogram.js'
import { summarize } from '../../src/observe/summary.js'

function histogramOf(values: number[]): Histogram {
  const histogram = emptyHistogram()
  for (const value of values) addValue(histogram, value)
  return histogram
}

const millis = fc.double({ min: 1e-4, max: 1e6, noNaN: true })
const someMillis = fc.array(millis, { minLength: 1, maxLength: 200 })

describe('a histogram', () => {
  it('knows every quantile within 5 %, and count, sum, least and greatest exactly', () => {
    fc.assert(
      fc.property(someMillis, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = [...values].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1] ?? 0
        const histogram = histogramOf(values)
        expect(Math.abs(quantileOf(histogram, q) - exact) / exact).toBeLessThanOrEqual(0.05 + 1e-9)
        expect(histogram).toMatchObject({ count: values.length, min: sorted[0], max: sorted.at(-1) })
        expect(histogram.sum).toBeCloseTo(
          values.reduce((a, b) => a + b, 0),
          3,
        )
      }),
    )
  })

  it('added to another is what one of all values would be', () => {
    fc.assert(
      fc.property(someMillis, someMillis, (some, others) => {
        const both = histogramOf(some)
        addHistogram(both, histogramOf(others))
        const all = histogramOf([...some, ...others])
        expect(new Map([...both.buckets].sort())).toEqual(new Map([...all.buckets].sort()))
        expect([both.count, both.min, both.max]).toEqual([all.count, all.min, all.max])
      }),
    )
  })

  it('counts what is too small to tell apart as one size, and nothing as nothing', () => {
    expect(histogramOf([0, 1e-9, 1e-4]).buckets.size).toBe(1)
    expect(quantileOf(histogramOf([0]), 0.99)).toBe(0)
    expect(quantileOf(emptyHistogram(), 0.5)).toBe(0)
    expect(histogramOf(Array.from({ length: 1_000 }, (_, n) => 1e-4 * 1.05 ** n)).buckets.size).toBeLessThan(600)
  })
})

describe('a summary', () => {
  it('has the values at the ranks', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(summarize(values)).toEqual({ count: 100, sum: 5_050, min: 1, max: 100, p50: 50, p95: 95, p99: 99 })
    expect(summarize([7])).toEqual({ count: 1, sum: 7, min: 7, max: 7, p50: 7, p95: 7, p99: 7 })
    expect(summarize([3, 1, 2])).toMatchObject({ p50: 2, p95: 3 })
  })
})
