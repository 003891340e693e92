import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseId, parseName, parseSegment } from '../../../src/access/namespace.js'
import { cleanJson, cleanObject } from '../../../src/ops/importers/clean-json.js'
import { readTime } from '../../../src/ops/importers/foreign-time.js'
import { stableId, toId, toKey, toSegment } from '../../../src/ops/importers/names.js'
import { checkable } from './checkable.js'

// Any UTF-16, lone surrogates and control characters included.
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 700 }),
  fc.string({ maxLength: 700 }),
  fc.stringMatching(/^[a-c:\n]{0,6}$/),
)

describe('names of other tools', () => {
  it('become valid, whatever they are', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        expect(parseName(toKey(name), 'x')).toBe(toKey(name))
        expect(parseSegment(toSegment(name), 'x')).toBe(toSegment(name))
        expect(parseId(toId(name), 'x')).toBe(toId(name))
      }),
    )
  })

  it('stay two when they were two, and one when they were one', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        for (const make of [toKey, toSegment, toId]) {
          expect(make(a)).toBe(make(a))
          if (a.toWellFormed().normalize() !== b.toWellFormed().normalize()) expect(make(a)).not.toBe(make(b))
        }
      }),
    )
  })

  it('stay as they are when they are valid', () => {
    expect([toKey('a:b'), toSegment('Ünï'), toId('x y')]).toEqual(['a:b', 'Ünï', 'x y'])
    expect(toSegment('a:b')).toMatch(/^a-b~[0-9a-f]{8}$/)
    expect(toKey('')).toMatch(/^~[0-9a-f]{8}$/)
  })

  it('that are missing are made of what there is', () => {
    expect(stableId('a', 'b')).toMatch(/^[0-9a-f]{32}$/)
    expect(stableId('a', 'b')).not.toBe(stableId('ab', ''))
  })
})

describe('times of other tools', () => {
  const noon = Date.UTC(2026, 2, 1, 12)
  it.each<[value: unknown, millis: number | undefined]>([
    ['2026-03-01T12:00:00Z', noon],
    ['2026-03-01 12:00:00', noon],
    ['2026-03-01T12:00', noon],
    ['2026-03-01T12:00:00.123456+00:00', noon + 123],
    ['2026-03-01T04:00:00-08:00', noon],
    ['2026-03-01T17:30:00+0530', noon],
    ['2026-03-01 12:00:00 UTC', noon],
    ['2026-03-01', noon - 43_200_000],
    [noon / 1000, noon],
    [noon / 1000 + 0.25, noon + 250],
    [noon, noon],
    [noon * 1000, noon],
    [BigInt(noon) * 1_000_000n, noon],
    [String(noon / 1000), noon],
    ['2026-02-30', undefined],
    ['2026-03-01T25:00:00Z', undefined],
    ['yesterday', undefined],
    ['', undefined],
    [0, undefined],
    [-5, undefined],
    [Number.NaN, undefined],
    [1e30, undefined],
    [null, undefined],
    [{}, undefined],
  ])('%s is %s', (value, millis) => {
    expect(readTime(value)).toBe(millis)
  })
})

describe('values of other tools', () => {
  it('become JSON that can be stored, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withMap: true, withSparseArray: true }),
        (value) => {
          expect(() => checkable(cleanJson(value))).not.toThrow()
          expect(cleanObject(value)).toBeTypeOf('object')
        },
      ),
    )
  })

  it('keep what JSON has no word for as text or bytes', () => {
    expect(cleanJson([Number.NaN, 5n, 2n ** 70n, Uint8Array.from([1]), new Date(0), undefined])).toEqual([
      ...['NaN', 5, '1180591620717411303424', { base64: 'AQ==' }, '1970-01-01T00:00:00.000Z', null],
    ])
    expect(cleanJson(new Map([[1, 'a']]))).toEqual({ 1: 'a' })
    expect(cleanObject([1])).toEqual({ value: [1] })
    const odd = cleanJson(JSON.parse('{"__proto__":{"a":1},"\\ud800":"\\ud800"}'))
    expect(JSON.stringify(odd)).toBe('{"__proto__":{"a":1},"\ufffd":"\ufffd"}')
  })

  it('nested too deep become text where that begins', () => {
    let deep: unknown = { end: 1n }
    for (let level = 0; level < 200; level++) deep = [deep]
    expect(() => checkable(cleanJson(deep))).not.toThrow()
    expect(JSON.stringify(cleanJson(deep))).toContain('end')
    const circle: unknown[] = []
    circle.push(circle)
    expect(JSON.stringify(cleanJson(circle))).toContain('without end')
  })
})
