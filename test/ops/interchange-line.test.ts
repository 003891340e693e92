import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/canonical-json.js'
import type { CairnError } from '../../src/errors.js'
import type { Json } from '../../src/json.js'
import { endLine, headerLine, lineOf, parseLine, toRow } from '../../src/ops/interchange-line.js'
import * as records from './records.js'

const samples = [
  ['session', records.aSession()],
  ['event', records.anEvent({ stateDelta: { a: null }, isFinalResponse: true })],
  ['operation', records.anOperation()],
  ['state', records.aState()],
  [
    'memory',
    records.aMemory({ origins: [{ kind: 'event', source: { seq: 1 }, createdAt: records.later, createdBy: 'root' }] }),
  ],
  ['task', records.aTask(records.waitsFor('t0'))],
  ['agent', records.anAgent()],
  ['checkpoint', records.aCheckpoint()],
  ['audit', records.anAuditLine()],
] as const

function refusalOf(text: string): CairnError {
  try {
    parseLine(text)
  } catch (error) {
    return error as CairnError
  }
  throw new Error(`this was taken: ${text}`)
}

describe('a line', () => {
  it.each(samples)('of a %s is read as a row and written as the same line', (kind, record) => {
    const line = canonicalJson(record as Json)
    expect(lineOf(kind, toRow(record) as never)).toBe(line)
    expect(parseLine(line)).toEqual(toRow(record))
  })

  it.each(samples)('of a %s has all its fields and no others', (kind, record) => {
    for (const field of Object.keys(record)) {
      if (field === 'record') continue
      const { [field]: _, ...rest } = record as Record<string, unknown>
      const { message } = refusalOf(JSON.stringify(rest))
      expect(message).toMatch(new RegExp(`^${kind}: ${field}: `))
    }
    expect(refusalOf(JSON.stringify({ ...record, surprise: 1 })).message).toContain('"surprise"')
  })

  it('may be written in another way than export writes it, as long as nothing is lost', () => {
    const text = JSON.stringify(
      records.aMemory({ value: { b: 1, a: [9007199254740992, 1.5, 'a "12345678901234567890": x'] } }),
      null,
      1,
    )
    expect(parseLine(text)).toMatchObject({
      value: '{"a":[9007199254740992,1.5,"a \\"12345678901234567890\\": x"],"b":1}',
    })
  })

  it('is refused where JSON would lose something', () => {
    const memory = JSON.stringify(records.aMemory())
    const cases = [
      [memory.replace('"warm"', '12345678901234567891'), 'holds 12345678901234567891'],
      [memory.replace('"warm"', '{"a":1,"a":2}'), 'has a name twice'],
      [memory.replace('"warm"', '1e400'), 'it is Infinity'],
      [memory.replace('"warm"', '"\\ud800"'), 'lone surrogate'],
      [memory.replace('"warm"', '['.repeat(200) + ']'.repeat(200)), 'nested'],
    ] as const
    for (const [text, reason] of cases) expect(refusalOf(text).message).toContain(reason)
    expect(parseLine(memory.replace('"warm"', '12345678901234567891'), true)).toBeDefined()
  })

  it.each([
    ['no JSON', '{"record":', 'is not JSON'],
    ['a list', '[]', 'it is an array'],
    ['another thing', '{"record":"metric"}', 'its record is "metric"'],
    ['a name of every object', '{"record":"constructor"}', 'its record is "constructor"'],
    ['a namespace without a segment', records.aMemory({ namespace: 'user' }), 'memory: namespace: '],
    ['a name that is not NFC', records.aMemory({ key: 'e\u0301' }), 'normal form NFC'],
    ['a control character', records.aMemory({ key: 'a\nb' }), 'control character'],
    ['a day that is none', records.aMemory({ createdAt: '2026-02-30T00:00:00.000Z' }), 'memory: createdAt: is no time'],
    ['a time without milliseconds', records.aMemory({ createdAt: '2026-01-01T00:00:00Z' }), 'is no time'],
    [
      'a window that ends before it begins',
      records.aMemory({ validFrom: records.later, validTo: '2025-01-01T00:00:00.000Z' }),
      'before validTo',
    ],
    ['metadata that is a list', records.aMemory({ metadata: [] }), 'expected an object, received an array'],
    [
      'an origin that is there twice',
      records.aMemory({
        origins: Array(2).fill({ kind: 'event', source: {}, createdAt: records.later, createdBy: 'x' }),
      }),
      'an origin is there twice',
    ],
    ['an actor of no kind', records.anEvent({ actor: 'alice' }), 'is not user, agent, system or tool'],
    ['an end that did not happen', records.aSession({ terminatedAt: records.later }), 'statuses terminated'],
    ['an archive that did not happen', records.aSession({ archivedAt: records.later }), 'status archived'],
    ['a fork from nowhere', records.aSession({ parent: 's0' }), 'needs forkedAtSeq'],
    ['a fork after the end', records.aSession({ parent: 's0', forkedAtSeq: 9 }), 'after lastSeq'],
    ['a task that waits for itself', records.aTask(records.waitsFor('t1')), 'depends on itself'],
    ['a dependency that is there twice', records.aTask(records.waitsFor('t2', 't2')), 'a dependency is there twice'],
    ['an agent that has half ended', records.anAgent({ state: 'terminated' }), 'state terminated'],
  ])('is refused for %s', (_, line, reason) => {
    expect(refusalOf(typeof line === 'string' ? line : JSON.stringify(line)).message).toContain(reason)
  })

  it('has times of any year that a Date can hold', () => {
    for (const time of ['+275760-09-13T00:00:00.000Z', '-271821-04-20T00:00:00.000Z', '9999-12-31T23:59:59.999Z']) {
      const line = canonicalJson(records.aMemory({ validFrom: time }) as Json)
      expect(lineOf('memory', toRow(JSON.parse(line)) as never)).toBe(line)
    }
    expect(refusalOf(JSON.stringify(records.aMemory({ validFrom: '+002026-01-01T00:00:00.000Z' }))).message).toContain(
      'no time',
    )
  })
})

describe('the first and the last line', () => {
  it('say what the file is and where it ends', () => {
    expect(headerLine({ session: 's1' })).toBe(
      '{"format":"cairn","record":"header","scope":{"session":"s1"},"version":1}',
    )
    expect(parseLine(headerLine({ namespace: 'user:alice' }))).toMatchObject({
      record: 'header',
      scope: { namespace: 'user:alice' },
    })
    expect(parseLine(endLine(7))).toEqual({ record: 'end', lines: 7 })
  })

  it('of a newer version say to update', () => {
    const error = refusalOf('{"format":"cairn","record":"header","scope":{},"version":2,"new":1}')
    expect(error).toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('Update'),
      details: { found: 2, known: 1 },
    })
  })
})
