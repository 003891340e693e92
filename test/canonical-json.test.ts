import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../src/canonical-json.js'
import type { Json } from '../src/json.js'

describe('canonical JSON', () => {
  it('sorts members by UTF-16 units, as the example of RFC 8785 does', () => {
    const value = {
      '€': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '😀': 'Smiley',
      '\u0080': 'Control',
      ö: 'o',
    }
    expect(Object.keys(JSON.parse(canonicalJson(value)))).toHaveLength(7)
    expect(canonicalJson(value)).toBe(
      '{"\\r":"CR","1":"One","\u0080":"Control","ö":"o","€":"Euro","😀":"Smiley","\ufb33":"Hebrew"}',
    )
  })

  it('writes numbers and texts as JSON.stringify does', () => {
    const value = [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0, '€$\u000f\nA\'B"\\\\"/']
    expect(canonicalJson(value)).toBe(JSON.stringify(value))
  })

  it('sorts names that are numbers as texts, where objects list them by value', () => {
    expect(canonicalJson({ 2: 0, 10: 0, a: 0, '-': 0 })).toBe('{"-":0,"10":0,"2":0,"a":0}')
  })

  it('keeps a member named __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1}}')
  })

  it('says the same whatever the order of the members, and loses nothing', () => {
    const shuffled = (value: Json): Json => {
      if (value === null || typeof value !== 'object') return value
      if (Array.isArray(value)) return value.map(shuffled)
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, shuffled(member)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        const value = JSON.parse(JSON.stringify(input)) as Json
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(value)
        expect(canonicalJson(shuffled(value))).toBe(text)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
  })
})
