import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/json.js'
import { fitRecord } from '../../../src/ops/importers/fit.js'
import { ReportBuilder } from '../../../src/ops/importers/report.js'
import type { InterchangeRecord } from '../../../src/ops/interchange.js'

function state(value: Json): InterchangeRecord {
  const updatedAt = '2026-01-01T00:00:00.000Z'
  return { record: 'state', scope: 'user', owner: 'alice', key: 'k', value, session: null, updatedAt }
}

function fitted(value: Json, bytes: number): { value: unknown; left: string[] } {
  const report = new ReportBuilder('jsonl')
  const record = fitRecord(state(value), { valueBytes: bytes, checkpointBytes: bytes }, report)
  return {
    value: 'value' in record ? record.value : undefined,
    left: report.report().left.flatMap(({ examples }) => examples),
  }
}

describe('a value', () => {
  it('that a store takes stays as it is', () => {
    const value = { text: 'x'.repeat(2000), list: [1, null, true] }
    expect(fitted(value, 2100)).toEqual({ value, left: [] })
  })

  it('with a text that is too long has it cut, and nothing else', () => {
    const { value, left } = fitted({ text: '\u{1f600}'.repeat(2000), more: 'short', list: [{ deep: 'kept' }] }, 3000)
    expect(value).toMatchObject({ more: 'short', list: [{ deep: 'kept' }] })
    expect(JSON.stringify(value)).toContain('…')
    expect(left).toEqual(['state k value'])
  })

  it('of too many small things becomes the beginning of its JSON', () => {
    const { value } = fitted(
      Array.from({ length: 5000 }, (_, index) => index),
      2000,
    )
    expect(value).toEqual({ cut: expect.stringMatching(/^\[0,1,2,.*…$/) })
  })

  it('fits in the end, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 50, max: 2000 }), (value, bytes) => {
        const all = fitted([value, value] as Json, bytes)
        expect(Buffer.byteLength(JSON.stringify(all.value))).toBeLessThanOrEqual(bytes)
        expect(JSON.stringify(all.value).isWellFormed()).toBe(true)
      }),
    )
  })
})
