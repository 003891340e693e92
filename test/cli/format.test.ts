import { describe, expect, it } from 'vitest'
import {
  count,
  eventText,
  formatBytes,
  formatMinute,
  formatTime,
  formatValidity,
  preview,
} from '../../src/cli/format.js'
import type { SessionEvent } from '../../src/index.js'

describe('formatting', () => {
  it('writes times as the options take them', () => {
    expect(formatTime('2026-03-01T12:34:56.789Z')).toBe('2026-03-01 12:34:56Z')
    expect(formatMinute('2026-03-01T12:34:56.789Z')).toBe('2026-03-01 12:34Z')
    expect(formatTime('+012026-03-01T12:34:56.789Z')).toBe('+012026-03-01 12:34:56Z')
  })

  it('writes sizes', () => {
    expect([0, 999, 1000, 274_432, 5e9, 3e16].map(formatBytes)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.0 KB',
      '274.4 KB',
      '5.0 GB',
      '30000.0 TB',
    ])
    expect([count(1, 'hit'), count(2, 'hit'), count(1234, 'entry', 'entries')]).toEqual([
      '1 hit',
      '2 hits',
      '1,234 entries',
    ])
  })

  it('writes values on one line', () => {
    expect(preview('a\nb')).toBe('a b')
    expect(preview({ a: [1, 'x'] })).toBe('{"a":[1,"x"]}')
    expect(preview('x'.repeat(5000))).toHaveLength(1000)
  })

  it('writes what an event says', () => {
    const say = (content: SessionEvent['content'], stateDelta?: SessionEvent['content']): string =>
      eventText({ content, ...(stateDelta && { stateDelta }) } as SessionEvent)
    expect(say({ text: 'hi' })).toBe('hi')
    expect(say({ text: 'hi', tone: 'calm' })).toBe('hi {"tone":"calm"}')
    expect(say({ text: 7 })).toBe('{"text":7}')
    expect(say({}, { a: 1 })).toBe('state: {"a":1}')
    expect(say({})).toBe('(no content)')
  })

  it('writes when something is true', () => {
    const from = '2026-01-01T00:00:00.000Z'
    const to = '2026-02-01T00:00:00.000Z'
    expect(formatValidity({ validFrom: null, validTo: null })).toBe('')
    expect(formatValidity({ validFrom: from, validTo: to })).toBe(
      'from 2026-01-01 00:00:00Z until 2026-02-01 00:00:00Z',
    )
    expect(formatValidity({ validFrom: null, validTo: to })).toBe('until 2026-02-01 00:00:00Z')
  })
})
