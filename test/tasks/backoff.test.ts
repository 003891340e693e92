import { expect, it } from 'vitest'
import { backoffMillis } from '../../src/tasks/backoff.js'

it('doubles from 10 s up to 300 s, less up to a fifth', () => {
  for (const [index, seconds] of [10, 20, 40, 80, 160, 300, 300].entries()) {
    for (let attempt = 1; attempt < 50; attempt++) {
      const pause = backoffMillis(index + 1, { id: 't', attempt })
      expect(pause).toBeGreaterThanOrEqual(seconds * 800)
      expect(pause).toBeLessThanOrEqual(seconds * 1000)
    }
  }
  expect(backoffMillis(1000, { id: 't', attempt: 1000 })).toBeLessThanOrEqual(300_000)
})

it('is the same whenever it is asked, and spread over tasks and tries', () => {
  const pauses = Array.from({ length: 1000 }, (_, index) => backoffMillis(1, { id: `task-${index}`, attempt: 1 }))
  expect(pauses).toEqual(
    Array.from({ length: 1000 }, (_, index) => backoffMillis(1, { id: `task-${index}`, attempt: 1 })),
  )
  const tenths = new Array(10).fill(0)
  for (const pause of pauses) tenths[Math.min(9, Math.floor((pause - 8_000) / 200))]++
  expect(Math.min(...tenths)).toBeGreaterThan(50)
  expect(Math.max(...tenths)).toBeLessThan(200)
  const tries = new Set(Array.from({ length: 100 }, (_, attempt) => backoffMillis(1, { id: 't', attempt })))
  expect(tries.size).toBeGreaterThan(90)
})
