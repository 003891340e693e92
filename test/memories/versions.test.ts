import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, coversAllTime, isExpired, versionsInSight, visibleVersion } from '../../src/memories/versions.js'
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

describe('the versions in sight', () => {
  const version = (version: number, validFrom: number | null, validTo: number | null) => ({
    ...{ version, deleted: 0 as const, recordedAt: version, expiresAt: null, validFrom, validTo },
  })
  const numbers = (versions: Iterable<Version>) => versionsInSight(versions).map((found) => found.version)

  it('leave out what higher ones cover, alone or together', () => {
    expect(numbers([version(3, 5, 9), version(2, 5, 9), version(1, null, null)])).toEqual([3, 1])
    expect(numbers([version(4, 5, 9), version(3, 9, 12), version(2, 6, 11), version(1, 5, 13)])).toEqual([4, 3, 1])
    expect(numbers([version(3, null, 5), version(2, 5, null), version(1, null, null)])).toEqual([3, 2])
    expect(numbers([version(3, 0, 2), version(2, 4, 6), version(1, 1, 5)])).toEqual([3, 2, 1])
    expect(numbers([])).toEqual([])
  })

  it('are read no further than something can be seen', () => {
    let read = 0
    const versions = function* () {
      for (const one of [version(3, 5, null), version(2, null, null), version(1, 7, 8)]) {
        read++
        yield one
      }
    }
    expect(numbers(versions())).toEqual([3, 2])
    expect(read).toBe(2)
  })

  it('are those that are the answer for some moment', () => {
    const bound = fc.option(fc.integer({ min: 0, max: 9 }))
    const plan = fc.tuple(bound, bound).filter(([from, to]) => from === null || to === null || from < to)
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 8 }), (plans) => {
        const rows = plans.map(([from, to], index) => version(index + 1, from, to)).reverse()
        const moments = Array.from({ length: 12 }, (_, index) => index - 1)
        const answers = moments.flatMap((validAt) => visibleVersion(rows, { validAt, knownAt: 99 })?.version ?? [])
        expect(numbers(rows)).toEqual([...new Set(answers)].sort((a, b) => b - a))
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
