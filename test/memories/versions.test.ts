import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, coversAllTime, isExpired, visibleVersion } from '../../src/memories/versions.js'
import { tableAnswers, tableMoments, tableVersions } from '../helpers/two-clock-table.js'

interface Version {
  version: number
  deleted: 0 | 1
  validFrom: number | null
  validTo: number | null
  recordedAt: number
  expiresAt: number | null
}

const chain = tableVersions.map((row) => ({ ...row, deleted: row.city === undefined ? (1 as const) : (0 as const) }))
const newestFirst = chain.map((row) => ({ ...row, expiresAt: null })).reverse()

describe('the two-clock rule', () => {
  it.each(tableAnswers)('at %i knows the cities of the table', (knownAt, ...cities) => {
    const found = tableMoments.map((validAt) => visibleVersion(newestFirst, { validAt, knownAt })?.city)
    expect(found).toEqual(cities)
  })

  it('keeps the past that a predicate over the latest rows would lose', () => {
    const versions: Version[] = [
      { version: 2, deleted: 0, validFrom: 100, validTo: null, recordedAt: 20, expiresAt: null },
      { version: 1, deleted: 0, validFrom: 0, validTo: null, recordedAt: 10, expiresAt: null },
    ]
    expect(visibleVersion(versions, { validAt: 50, knownAt: 1000 })?.version).toBe(1)
    expect(visibleVersion(versions, { validAt: 100, knownAt: 1000 })?.version).toBe(2)
    expect(visibleVersion(versions, { validAt: -1, knownAt: 1000 })).toBeUndefined()
    expect(visibleVersion(versions, { validAt: 100, knownAt: 19 })?.version).toBe(1)
    expect(visibleVersion(versions, { validAt: 100, knownAt: 9 })).toBeUndefined()
  })

  it('is: the highest version recorded by then that covers the moment, and nothing if that is a tombstone', () => {
    const moment = fc.integer({ min: 0, max: 6 })
    const bound = fc.option(moment)
    const versions = fc.array(
      fc.record({ validFrom: bound, validTo: bound, step: fc.nat(2), deleted: fc.constantFrom<(0 | 1)[]>(0, 0, 1) }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(versions, moment, moment, (plans, validAt, knownAt) => {
        let recordedAt = 0
        const rows = plans.map((plan, index) => {
          recordedAt += plan.step
          return { ...plan, version: index + 1, recordedAt, expiresAt: null }
        })
        const candidates = rows.filter(
          (row) =>
            row.recordedAt <= knownAt &&
            (row.deleted === 1 ||
              ((row.validFrom === null || row.validFrom <= validAt) &&
                (row.validTo === null || validAt < row.validTo))),
        )
        const highest = candidates.at(-1)
        const expected = highest?.deleted === 1 ? undefined : highest
        expect(visibleVersion([...rows].reverse(), { validAt, knownAt })).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a version', () => {
  it('covers its half-open interval', () => {
    const version = { deleted: 0, validFrom: 10, validTo: 20 } as const
    expect([9, 10, 19, 20].map((at) => covers(version, at))).toEqual([false, true, true, false])
  })

  it('without bounds covers all time, and so does a tombstone', () => {
    expect(coversAllTime({ deleted: 0, validFrom: null, validTo: null })).toBe(true)
    expect(coversAllTime({ deleted: 0, validFrom: 1, validTo: null })).toBe(false)
    expect(coversAllTime({ deleted: 0, validFrom: null, validTo: 1 })).toBe(false)
    expect(coversAllTime({ deleted: 1, validFrom: 1, validTo: 2 })).toBe(true)
    expect(covers({ deleted: 1, validFrom: 1, validTo: 2 }, 5)).toBe(true)
  })

  it('is gone from its expiry on', () => {
    expect([9, 10, 11].map((now) => isExpired({ expiresAt: 10 }, now))).toEqual([false, true, true])
    expect(isExpired({ expiresAt: null }, Number.MAX_SAFE_INTEGER)).toBe(false)
  })
})
