import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeJson,
  decodeJsonObject,
  encodeJson,
  encodeJsonObject,
  isPlainObject,
  describe as say,
} from '../src/json.js'
import { thrown } from './helpers/refusal.js'

const megabyte = 1_048_576

describe('JSON', () => {
  it('that is taken comes back as it was', () => {
    const members = fc.jsonValue({ depthSize: 'large', stringUnit: 'grapheme' })
    fc.assert(
      fc.property(members, (value) => {
        const kept = decodeJson(encodeJson(value, 'value', megabyte))
        // JSON has one zero only.
        expect(JSON.stringify(kept)).toBe(JSON.stringify(value))
      }),
      { numRuns: 300 },
    )
  })

  it('is taken or refused, and never changed, whatever is given', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withMap: true, withBigInt: true, withSparseArray: true }), (value) => {
        let text: string
        try {
          text = encodeJson(value, 'value', megabyte)
        } catch (error) {
          expect(error).toMatchObject({ name: 'CairnError', code: 'invalid_input' })
          return
        }
        expect(isDeepPlain(decodeJson(text), value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('names the place of what is at fault', () => {
    expect(thrown(() => encodeJson({ a: [{ b: undefined }] }, 'content', megabyte), 'invalid_input').message).toBe(
      'content.a[0].b is undefined, which JSON cannot hold.',
    )
  })

  it('is measured in bytes of UTF-8', () => {
    expect(encodeJson('é'.repeat(49), 'v', 100)).toHaveLength(51)
    const error = thrown(() => encodeJson('é'.repeat(50), 'v', 100), 'too_large')
    expect(error).toMatchObject({
      details: { bytes: 102, limit: 100 },
      message: 'v is 102 bytes of JSON; the limit is 100.',
    })
    expect(encodeJson('😀'.repeat(24), 'v', 98)).toBe(JSON.stringify('😀'.repeat(24)))
    thrown(() => encodeJson('😀'.repeat(24), 'v', 97), 'too_large')
    expect(encodeJson('x'.repeat(98), 'v', 100)).toHaveLength(100)
    thrown(() => encodeJson('x'.repeat(99), 'v', 100), 'too_large')
  })

  it('may be asked to be an object', () => {
    expect(encodeJsonObject({ a: 1 }, 'metadata', 100)).toBe('{"a":1}')
    expect(encodeJsonObject(Object.assign(Object.create(null), { a: 1 }), 'metadata', 100)).toBe('{"a":1}')
    for (const value of [null, [], 'x', 1, undefined])
      expect(thrown(() => encodeJsonObject(value, 'metadata', 100), 'invalid_input').message).toContain(
        'metadata must be a JSON object',
      )
    thrown(() => encodeJsonObject(new Map(), 'metadata', 100), 'invalid_input')
    expect([decodeJsonObject('{}'), decodeJsonObject('{"a":1}')]).toEqual([{}, { a: 1 }])
  })

  it('has words for every kind of thing', () => {
    const things = [null, [], {}, 'x', 1, true, undefined, 1n, Symbol('s'), () => 1, new Date(0), new Map(), /x/]
    expect(things.map(say)).toEqual([
      'null',
      'an array',
      'an object',
      'a string',
      'a number',
      'a boolean',
      'undefined',
      'a bigint',
      'a symbol',
      'a function',
      'a Date',
      'a Map',
      'a RegExp',
    ])
    expect(say(Object.create(null))).toBe('an object')
    expect(say({ constructor: 'x' })).toBe('an object')
  })

  it('knows plain objects from all others', () => {
    class Thing {}
    expect([{}, Object.create(null), JSON.parse('{"__proto__":1}')].map(isPlainObject)).toEqual([true, true, true])
    const others = [null, [], new Thing(), new Date(), Object.create({}), 'x', undefined, () => 1]
    expect(others.map(isPlainObject)).toEqual(others.map(() => false))
  })
})

/** Equal, but for the sign of zero, symbols as keys and prototypes, which JSON does not have. */
function isDeepPlain(kept: unknown, given: unknown): boolean {
  if (typeof given === 'number') return kept === given
  if (given === null || typeof given !== 'object') return Object.is(kept, given)
  if (kept === null || typeof kept !== 'object' || Array.isArray(kept) !== Array.isArray(given)) return false
  const [names, others] = [Object.keys(kept), Object.keys(given)]
  if (Array.isArray(given) && given.length !== (kept as unknown[]).length) return false
  return (
    names.length === others.length &&
    others.every((name) => isDeepPlain(Reflect.get(kept, name), Reflect.get(given, name)))
  )
}
