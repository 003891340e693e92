import { ExtData, encode } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { cleanJson } from '../../../src/ops/importers/clean-json.js'
import { decodeMetadata, decodeTyped } from '../../../src/ops/importers/langgraph-serde.js'

function packed(value: unknown): unknown {
  return cleanJson(decodeTyped('msgpack', encode(value, { useBigInt64: true })).value)
}

function extension(code: number, ...parts: unknown[]): ExtData {
  return new ExtData(code, encode(parts))
}

describe('what Python packs', () => {
  it.each<[what: string, extension: ExtData, value: unknown]>([
    [
      'a UUID',
      extension(0, 'uuid', 'UUID', '0123456789abcdef0123456789abcdef'),
      '01234567-89ab-cdef-0123-456789abcdef',
    ],
    ['a decimal', extension(0, 'decimal', 'Decimal', '1.50'), '1.50'],
    ['an enumeration', extension(0, 'my.app', 'Colour', 'red'), 'red'],
    ['a class of one object', extension(0, 'my.app', 'Box', { a: 1 }), { '@type': 'my.app.Box', a: 1 }],
    ['a date', extension(1, 'datetime', 'date', [2026, 1, 2]), '2026-01-02'],
    ['a duration', extension(1, 'datetime', 'timedelta', [1, 30, 0]), { '@type': 'timedelta', days: 1, seconds: 30 }],
    ['a path', extension(1, 'pathlib', 'PosixPath', ['/', 'tmp', 'x']), '/tmp/x'],
    ['a pattern', extension(1, 're', 'compile', ['a+', 0]), 'a+'],
    [
      'a send',
      extension(1, 'langgraph.types', 'Send', ['node', { x: 1 }]),
      { '@type': 'Send', node: 'node', arg: { x: 1 } },
    ],
    ['another class', extension(1, 'my.app', 'Pair', [1, 2]), { '@type': 'my.app.Pair', args: [1, 2] }],
    ['a dataclass', extension(2, 'my.app', 'Point', { x: 1 }), { '@type': 'my.app.Point', x: 1 }],
    ['an old model', extension(4, 'my.app', 'Old', { x: 1 }), { '@type': 'my.app.Old', x: 1 }],
    ['a model of no fields', extension(5, 'my.app', 'Odd', 7, 'x'), 7],
    [
      'an array',
      extension(6, '<f8', [1], 'C', new Uint8Array([1])),
      { '@type': 'numpy.ndarray', dtype: '<f8', shape: [1], order: 'C', bytes: { base64: 'AQ==' } },
    ],
  ])('%s becomes JSON', (_what, value, expected) => {
    expect(packed({ value })).toEqual({ value: expected })
  })

  it('may have large numbers and keys that are no text', () => {
    expect(packed({ n: 2n ** 60n, m: 5n })).toEqual({ n: '1152921504606846976', m: 5 })
    expect(cleanJson(decodeTyped('msgpack', Uint8Array.from([0x81, 0x05, 0xa1, 0x61])).value)).toEqual({ 5: 'a' })
    expect(cleanJson(decodeTyped('msgpack', Uint8Array.from([0x81, 0xc0, 0xa1, 0x61])).value)).toEqual({ null: 'a' })
  })
})

describe('other types', () => {
  it('are null, bytes and JSON; what is pickled stays bytes', () => {
    expect(decodeTyped('null', new Uint8Array())).toEqual({ value: null, failed: false })
    expect(decodeTyped('bytes', Uint8Array.from([1]))).toEqual({ value: Uint8Array.from([1]), failed: false })
    expect(decodeTyped('json', '{"a":[1]}')).toEqual({ value: { a: [1] }, failed: false })
    expect(decodeTyped('pickle', Uint8Array.from([1])).failed).toBe(true)
    expect(decodeTyped('json', '{').failed).toBe(true)
  })

  it('of JSON may be instances', () => {
    const instance = (id: string[], more: object): string => JSON.stringify({ lc: 2, type: 'constructor', id, ...more })
    expect(decodeTyped('json', instance(['datetime', 'date'], { args: [2026, 1, 2] })).value).toBe('2026-01-02')
    expect(decodeTyped('json', instance(['RegExp'], { args: ['a', 'g'] })).value).toBe('a')
    expect(decodeTyped('json', instance(['my', 'Point'], { kwargs: { x: 1 } })).value).toEqual({
      '@type': 'my.Point',
      x: 1,
    })
    expect(decodeTyped('json', JSON.stringify({ lc: 1, type: 'secret', id: ['KEY'] })).value).toEqual({
      lc: 1,
      type: 'secret',
      id: ['KEY'],
    })
  })

  it('of metadata are JSON or msgpack', () => {
    expect(decodeMetadata('{"step":1}').value).toEqual({ step: 1 })
    expect(decodeMetadata(encode({ step: 2 })).value).toEqual({ step: 2 })
    expect(decodeMetadata(null).value).toBe(null)
  })
})
