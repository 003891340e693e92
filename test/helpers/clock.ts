/** A clock in the hands of a test: milliseconds since the epoch. */
export interface TestClock {
  (): number
  set(millis: number): void
  advance(millis: number): void
}

/** Stands still unless `step` is given: then each reading is that much after the one before. */
export function testClock(start = Date.UTC(2026, 0, 1), step = 0): TestClock {
  let next = start
  const read = (): number => {
    const now = next
    next += step
    return now
  }
  return Object.assign(read, {
    set: (millis: number): void => {
      next = millis
    },
    advance: (millis: number): void => {
      next += millis
    },
  })
}
