import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/json.js'
import { difference } from '../../src/memories/difference.js'

const nothing = { added: [], removed: [], changed: [] }

describe('the difference of two values', () => {
  it('names each place that was added, removed or changed', () => {
    const before = { style: 'concise', tags: ['a', 'b'], deep: { kept: 1, gone: null }, kind: [1] }
    const after = { style: 'warm', tags: ['a'], deep: { kept: 1, new: { x: 1 } }, kind: { 0: 1 } }
    expect(difference(before, after)).toEqual({
      added: [{ path: '/deep/new', after: { x: 1 } }],
      removed: [
        { path: '/tags/1', before: 'b' },
        { path: '/deep/gone', before: null },
      ],
      changed: [
        { path: '/style', before: 'concise', after: 'warm' },
        { path: '/kind', before: [1], after: { 0: 1 } },
      ],
    })
  })

  it('is of the whole value where there is no inside', () => {
    expect(difference('a', 'b')).toEqual({ ...nothing, changed: [{ path: '', before: 'a', after: 'b' }] })
    expect(difference(undefined, null)).toEqual({ ...nothing, added: [{ path: '', after: null }] })
    expect(difference({ a: 1 }, undefined)).toEqual({ ...nothing, removed: [{ path: '', before: { a: 1 } }] })
    expect(difference(undefined, undefined)).toEqual(nothing)
  })

  it('escapes names as JSON Pointers do, and takes any name', () => {
    const named = (name: string): Json => JSON.parse(`{${JSON.stringify(name)}:1}`)
    for (const [name, path] of [
      ['a/b', '/a~1b'],
      ['~', '/~0'],
      ['~1', '/~01'],
      ['', '/'],
      ['__proto__', '/__proto__'],
      ['length', '/length'],
    ] as const) {
      expect(difference({}, named(name)).added, name).toEqual([{ path, after: 1 }])
    }
    expect(difference([], {})).toEqual({ ...nothing, changed: [{ path: '', before: [], after: {} }] })
    expect(difference([1], [1, 2]).added).toEqual([{ path: '/1', after: 2 }])
  })

  it('is nothing exactly when the values are equal, and turns round when they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [left, right] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))]
        expect(difference(left, structuredClone(left))).toEqual(nothing)
        const [there, back] = [difference(left, right), difference(right, left)]
        const paths = (list: { path: string }[]) => list.map(({ path }) => path).sort()
        expect(paths(there.added)).toEqual(paths(back.removed))
        expect(paths(there.removed)).toEqual(paths(back.added))
        expect(paths(there.changed)).toEqual(paths(back.changed))
      }),
      { numRuns: 200 },
    )
  })
})
