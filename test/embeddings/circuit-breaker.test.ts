import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from '../../src/embeddings/circuit-breaker.js'
import { testClock } from '../helpers/clock.js'
import { thrown } from '../helpers/refusal.js'

function newBreaker() {
  const clock = testClock()
  const breaker = new CircuitBreaker({ failures: 3, openMs: 1_000, mostOpenMs: 4_000, now: clock })
  const fail = (times = 1, retryAfterMs?: number): void => {
    for (let time = 0; time < times; time++) breaker.enter()('down', 'It is gone.', retryAfterMs)
  }
  const left = (): unknown => thrown(() => breaker.enter(), 'embedding_unavailable').details?.retryAfterMs
  return { breaker, clock, fail, left }
}

describe('a circuit breaker', () => {
  it('opens after some failures in a row, and says why and for how long', () => {
    const { breaker, fail } = newBreaker()
    fail(3)
    const error = thrown(() => breaker.enter(), 'embedding_unavailable')
    expect(error.message).toBe('The model did not answer 3 times in a row. It is tried again in 1 s. It is gone.')
    expect(error.details).toEqual({ fault: 'server', retryable: true, retryAfterMs: 1_000, paused: true })
  })

  it('counts from the beginning after a success, and does not count what says nothing', () => {
    const { breaker, fail } = newBreaker()
    fail(2)
    breaker.enter()('up')
    fail(2)
    breaker.enter()('unknown')
    expect(() => breaker.enter()('up')).not.toThrow()
    fail(2)
    breaker.enter()('unknown')
    fail()
    expect(() => breaker.enter()).toThrow()
  })

  it('lets one request through to try, and closes when that succeeds', () => {
    const { breaker, clock, fail, left } = newBreaker()
    fail(3)
    clock.advance(999)
    expect(left()).toBe(1)
    clock.advance(1)
    const settle = breaker.enter()
    expect(thrown(() => breaker.enter(), 'embedding_unavailable').message).toMatch('A request tries it now.')
    settle('up')
    fail(2)
    expect(() => breaker.enter()).not.toThrow()
  })

  it('stays open twice as long after each trial that fails, up to a limit', () => {
    const { breaker, clock, fail, left } = newBreaker()
    fail(3)
    for (const expected of [2_000, 4_000, 4_000]) {
      clock.advance(4_000)
      fail()
      expect(left()).toBe(expected)
    }
    clock.advance(4_000)
    breaker.enter()('up')
    fail(3)
    expect(left()).toBe(1_000)
  })

  it('lets the next one try when a trial says nothing', () => {
    const { breaker, clock, fail } = newBreaker()
    fail(3)
    clock.advance(1_000)
    breaker.enter()('unknown')
    breaker.enter()('up')
    expect(() => breaker.enter()).not.toThrow()
  })

  it('is not opened for longer by requests that were on their way when it opened, but closed by them', () => {
    const { breaker, clock, fail, left } = newBreaker()
    const [late, good] = [breaker.enter(), breaker.enter()]
    fail(3)
    clock.advance(500)
    late('down', 'It is gone.', 60_000)
    expect(left()).toBe(500)
    good('up')
    expect(() => breaker.enter()).not.toThrow()
  })

  it.each([
    [3_000, 3_000],
    [30_000, 4_000],
    [1e15, 4_000],
  ])('stays open as long as the server asks for, up to its own limit: %i, %i', (asked, expected) => {
    const { fail, left } = newBreaker()
    fail(3, asked)
    expect(left()).toBe(expected)
  })
})
