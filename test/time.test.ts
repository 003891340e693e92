import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toIso, toIsoOrNull, toMillis } from '../src/time.js'
import { thrown } from './helpers/refusal.js'

describe('a time', () => {
  it.each<[string | number | Date, string]>([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01 12:30:15', '2026-03-01T12:30:15.000Z'],
    ['2026-03-01T12:30:15.123456789Z', '2026-03-01T12:30:15.123Z'],
    ['2026-03-01T12:30:15.5', '2026-03-01T12:30:15.500Z'],
    ['2026-03-01T12:30:00+02:00', '2026-03-01T10:30:00.000Z'],
    ['2026-03-01T12:30:00-0530', '2026-03-01T18:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0000-02-29', '0000-02-29T00:00:00.000Z'],
    ['+012026-03-01', '+012026-03-01T00:00:00.000Z'],
    ['+002026-03-01', '2026-03-01T00:00:00.000Z'],
    ['+275760-09-13T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'],
    ['-000001-01-01T01:00+02:00', '-000002-12-31T23:00:00.000Z'],
    ['-271821-04-20 00:00:00Z', '-271821-04-20T00:00:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.999Z'],
    [1.9, '1970-01-01T00:00:00.001Z'],
    [new Date('2026-03-01'), '2026-03-01T00:00:00.000Z'],
  ])('%s is %s, on every machine', (input, iso) => {
    expect(toIso(toMillis(input, 'validAt'))).toBe(iso)
  })

  it.each([
    '',
    'now',
    'tomorrow',
    '2026',
    '2026-03',
    '2026-3-1',
    '01.03.2026',
    '03/01/2026',
    '2026-02-29',
    '2026-02-30',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-03-00',
    '2026-03-01T25:00',
    '2026-03-01T12:60',
    '2026-03-01T12',
    '2026-03-01T12:00+5',
    ' 2026-03-01',
    '2026-03-01Z',
    '1740787200000',
    '+12026-03-01',
    '12026-03-01',
    '-000000-01-01',
    '+012026-02-29',
    '-000001-02-30',
    '+275760-09-13T00:00:00.001Z',
    '-271821-04-19',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    8.64e15 + 1,
    new Date(Number.NaN),
  ])('is not %j', (input) => {
    const error = thrown(() => toMillis(input, 'validAt'), 'invalid_input')
    expect(error.message).toMatch(/^validAt is not a time: /)
    expect(error.hint).toContain('ISO 8601')
  })

  it('that was written is read as the same', () => {
    const millis = fc.integer({ min: -8.64e15, max: 8.64e15 })
    fc.assert(
      fc.property(millis, (time) => {
        expect(toMillis(toIso(time), 'time')).toBe(time)
        expect(toMillis(new Date(time), 'time')).toBe(time)
      }),
    )
  })

  it('may be none', () => {
    expect(toIsoOrNull(null)).toBeNull()
    expect(toIsoOrNull(0)).toBe('1970-01-01T00:00:00.000Z')
  })
})
