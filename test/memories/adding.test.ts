import { describe, expect, it } from 'vitest'
import type { NewMemoryInput } from '../../src/memories/memory-inputs.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const tone = {
  namespace: 'user:alice:preferences',
  key: 'tone',
  value: { style: 'concise' },
  type: 'semantic',
} as const

describe('adding a memory', () => {
  it('answers with version 1, who wrote it and when', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ app: 'shop', user: 'alice' })
    const memory = await alice.memories.add({ ...tone, metadata: { source: 'chat' }, validFrom: '2025-06-01' })
    expect(memory).toEqual({
      ...tone,
      version: 1,
      chain: expect.any(String),
      metadata: { source: 'chat' },
      validFrom: '2025-06-01T00:00:00.000Z',
      validTo: null,
      expiresAt: null,
      recordedAt: expect.stringMatching(/^2026-01-01T00:00:00\.\d{3}Z$/),
      supersededAt: null,
      createdAt: memory.recordedAt,
      createdBy: 'user:alice',
      updatedBy: 'user:alice',
      deleted: false,
    })
    expect(await alice.memories.get(tone.namespace, tone.key)).toEqual(memory)
  })

  it('refuses a key that is alive, and changes nothing', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add(tone)
    const error = await refusal(cairn.memories.add({ ...tone, value: 'other' }), 'already_exists')
    expect(error.message).toBe('Already there: user:alice:preferences tone.')
    expect(error.details).toEqual({ taken: [{ namespace: tone.namespace, key: tone.key }] })
    expect((await cairn.memories.history(tone.namespace, tone.key)).items).toHaveLength(1)
  })

  it('goes on with the numbers of a deleted or expired key', async () => {
    const { cairn, clock } = await openStore()
    const first = await cairn.memories.add({ ...tone, expiresAt: clock() + 60_000 })
    clock.advance(60_000)
    const second = await cairn.memories.add({ ...tone, value: 'again' })
    await cairn.memories.delete(tone.namespace, tone.key)
    const fourth = await cairn.memories.add({ ...tone, value: 'once more', type: 'procedural' })
    expect([second.version, fourth.version]).toEqual([2, 4])
    expect([second.chain, fourth.chain]).toEqual([first.chain, first.chain])
    expect(fourth).toMatchObject({ type: 'procedural', expiresAt: null })
  })

  it('over a deleted one is made by whoever adds it, then; the earlier versions keep theirs', async () => {
    const { cairn } = await openStore()
    const first = await cairn.as({ user: 'alice' }).memories.add(tone)
    await cairn.memories.delete(tone.namespace, tone.key)
    const writer = cairn.as({ agent: 'w', grants: [{ namespace: 'user:alice', rights: ['write'] }] })
    const third = await writer.memories.add({ ...tone, value: 'anew' })
    expect(third).toMatchObject({ version: 3, createdBy: 'agent:w', createdAt: third.recordedAt })
    const updated = await cairn.memories.update(tone.namespace, tone.key, 'changed')
    expect(updated).toMatchObject({ createdBy: 'agent:w', createdAt: third.recordedAt })
    expect((await cairn.memories.history(tone.namespace, tone.key)).items.map(({ createdBy }) => createdBy)).toEqual([
      ...['agent:w', 'agent:w'],
      ...['user:alice', 'user:alice'],
    ])
    expect(await cairn.memories.get(tone.namespace, tone.key, { version: 1 })).toMatchObject({
      createdAt: first.createdAt,
    })
    expect((await cairn.memories.list({ createdBy: 'agent:w' })).items).toHaveLength(1)
  })

  it('refuses one that has expired already, since nobody could ever read it', async () => {
    const { cairn, clock } = await openStore()
    clock.set(Date.UTC(2026, 0, 1))
    const error = await refusal(cairn.memories.add({ ...tone, expiresAt: '2020-01-01' }), 'invalid_input')
    expect(error.message).toContain('expiresAt is not a time to come: 2020-01-01T00:00:00.000Z')
    expect(error.hint).toContain('delete')
    clock.set(5_000)
    await refusal(cairn.memories.add({ ...tone, expiresAt: 5_000 }), 'invalid_input')
    clock.set(5_000)
    const batch = [tone, { ...tone, key: 'late', expiresAt: 4_000 }]
    const { details } = await refusal(cairn.memories.addMany(batch), 'invalid_input')
    expect(details).toEqual({ problems: [expect.stringMatching(/^\[1\] expiresAt is not a time to come/)] })
    expect((await cairn.info()).rows).toMatchObject({ memoryVersions: 0 })
    clock.set(5_000)
    expect(await cairn.memories.add({ ...tone, expiresAt: 5_001 })).toMatchObject({ version: 1 })
  })

  it('gives an episodic memory a key of its own, and only an episodic one', async () => {
    const { cairn } = await openStore()
    const { key: _, ...keyless } = tone
    const one = await cairn.memories.add({ ...keyless, type: 'episodic' })
    const two = await cairn.memories.add({ ...keyless, type: 'episodic' })
    expect(one.key).not.toBe(two.key)
    const error = await refusal(cairn.memories.add(keyless), 'invalid_input')
    expect(error.message).toBe('A semantic memory needs a key.')
  })

  it('takes times as Date, ISO 8601 text or milliseconds', async () => {
    const { cairn } = await openStore()
    const memory = await cairn.memories.add({
      ...tone,
      validFrom: new Date('2020-01-01'),
      validTo: Date.UTC(2030, 0, 1),
      expiresAt: '2040-01-01T12:00:00+02:00',
    })
    expect(memory).toMatchObject({
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: '2030-01-01T00:00:00.000Z',
      expiresAt: '2040-01-01T10:00:00.000Z',
    })
  })

  it('takes the times that it gives back, however far', async () => {
    const { cairn } = await openStore()
    const far = { validFrom: new Date(-8.64e15), validTo: new Date(8.64e15) }
    const { validFrom, validTo } = await cairn.memories.add({ ...tone, ...far })
    expect([validFrom, validTo]).toEqual(['-271821-04-20T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'])
    const again = await cairn.memories.update(tone.namespace, tone.key, 'again', { validFrom, validTo })
    expect(again).toMatchObject({ validFrom, validTo })
    expect((await cairn.memories.list({ validAt: validFrom ?? '' })).items).toHaveLength(1)
  })

  it.each<[string, object, string]>([
    ['an unknown type', { type: 'fact' }, 'type'],
    ['a namespace without a segment', { namespace: 'user' }, 'it has no segment'],
    ['a namespace with an unknown prefix', { namespace: 'team:a' }, "unknown prefix 'team'"],
    ['an empty key', { key: '' }, 'The key is empty'],
    ['a key with a line break', { key: 'a\nb' }, 'control character'],
    ['a key over 512 bytes', { key: 'é'.repeat(257) }, 'over 512 bytes'],
    ['metadata that is no object', { metadata: ['x'] }, 'metadata: expected an object, received an array'],
    ['an interval that ends before it begins', { validFrom: '2026-02-01', validTo: '2026-01-01' }, 'before validTo'],
    ['an empty interval', { validFrom: 5, validTo: 5 }, 'before validTo'],
    ['a day that is in no calendar', { validFrom: '2026-02-30' }, 'validFrom is not a time'],
    ['an unknown field', { ttl: 5 }, 'ttl'],
  ])('refuses %s', async (_what, change, why) => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.memories.add({ ...tone, ...change } as NewMemoryInput), 'invalid_input')
    expect(error.message).toContain(why)
    expect((await cairn.info()).rows).toMatchObject({ memoryVersions: 0, audit: 0 })
  })

  it('says what a mistyped field might have been', async () => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.memories.add({ ...tone, validfrom: 1 } as NewMemoryInput), 'invalid_input')
    expect(error.hint).toBe('Did you mean validFrom?')
  })

  it('brings names into composed form and keeps odd ones as they are', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ ...tone, namespace: 'user:re\u0301mi', key: 'cafe\u0301' })
    expect(await cairn.memories.get('user:rémi', 'café')).toMatchObject({ namespace: 'user:rémi', key: 'café' })
    expect(await cairn.memories.get('user:re\u0301mi', 'cafe\u0301')).not.toBeNull()
    for (const key of ['日本語', 'a%_*[x]', '😀', "it's", ' ', 'Key', 'key', '__proto__', 'constructor', 'a:b']) {
      await cairn.memories.add({ ...tone, key, value: key })
      expect((await cairn.memories.get(tone.namespace, key))?.value).toBe(key)
    }
  })
})

describe('a value', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['zero', 0],
    ['a number with a fraction', -1.5e-7],
    ['an empty text', ''],
    ['text of every kind', 'tab\t nul\0 quote" backslash\\ 東京 😀 e\u0301 \u2028'],
    ['an empty list', []],
    ['a list in a list', [[1], [2, [3]]]],
    ['an object with odd keys', { '': 1, 'a b': 2, '😀': 3, 'a.b': 4, ' \0': 5 }],
    ['100 levels of nesting', nested(100)],
  ])('can be %s', async (_what, value) => {
    const { cairn } = await openStore()
    const added = await cairn.memories.add({ ...tone, value })
    expect(added.value).toEqual(value)
    expect((await cairn.memories.get(tone.namespace, tone.key))?.value).toEqual(value)
  })

  it('keeps a key named __proto__ wherever JSON goes', async () => {
    const { cairn } = await openStore()
    const odd = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const memory = await cairn.memories.add({ ...tone, value: odd, metadata: odd })
    for (const kept of [memory.value, memory.metadata]) {
      expect(JSON.stringify(kept)).toBe('{"__proto__":{"polluted":true},"constructor":1}')
    }
    const read = await cairn.memories.get(tone.namespace, tone.key)
    expect(JSON.stringify(read?.value)).toBe(JSON.stringify(odd))
    expect(JSON.stringify(read?.metadata)).toBe(JSON.stringify(odd))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'value is undefined'],
    ['undefined inside', { a: [1, undefined] }, 'value.a[1] is undefined'],
    ['a hole in a list', new Array(2), 'value[0] is undefined'],
    ['not a number', { n: Number.NaN }, 'value.n is NaN'],
    ['infinity', -Infinity, 'value is -Infinity'],
    ['a big integer', 10n, 'value is a bigint'],
    ['a function', { f: () => 1 }, 'value.f is a function'],
    ['a symbol', Symbol('s'), 'value is a symbol'],
    ['a Date', { at: new Date(0) }, 'value.at is a Date'],
    ['a Map', new Map(), 'value is a Map'],
    ['bytes', new Uint8Array(1), 'value is a Uint8Array'],
    ['a lone surrogate', { s: 'a\ud83d' }, 'value.s has a lone surrogate'],
    ['a lone surrogate in a key', { '\udc00': 1 }, 'a key with a lone surrogate'],
    ['a cycle', cycle(), 'over 100 levels deep, or has a cycle'],
    ['101 levels of nesting', nested(101), 'over 100 levels deep'],
  ])('cannot be %s', async (_what, value, why) => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.memories.add({ ...tone, value }), 'invalid_input')
    expect(error.message).toContain(why)
  })

  it('says how to keep a Date', async () => {
    const { cairn } = await openStore()
    expect((await refusal(cairn.memories.add({ ...tone, value: new Date(0) }), 'invalid_input')).hint).toBe(
      'Store date.toISOString().',
    )
  })

  it('is at most 1 MiB of JSON in UTF-8, unless the configuration says otherwise', async () => {
    const { cairn } = await openStore()
    const longest = 'é'.repeat((1_048_576 - 2) / 2)
    expect((await cairn.memories.add({ ...tone, value: longest })).version).toBe(1)
    const error = await refusal(cairn.memories.update(tone.namespace, tone.key, `${longest}x`), 'too_large')
    expect(error.details).toEqual({ bytes: 1_048_577, limit: 1_048_576 })
    await refusal(cairn.memories.add({ ...tone, key: 'k', value: 1, metadata: { x: `${longest}` } }), 'too_large')

    const small = await openStore({ limits: { valueBytes: 1024 } })
    await refusal(small.cairn.memories.add({ ...tone, value: 'x'.repeat(1023) }), 'too_large')
    expect((await small.cairn.memories.add({ ...tone, value: 'x'.repeat(1022) })).version).toBe(1)
  })
})

describe('adding many', () => {
  const entries = (count: number): NewMemoryInput[] =>
    Array.from({ length: count }, (_, index) => ({ ...tone, key: `k${index}`, value: index }))

  it('answers in the order given, and writes a line of the trail for each', async () => {
    const { cairn } = await openStore()
    const added = await cairn.memories.addMany(entries(100))
    expect(added.map(({ key, value }) => [key, value])).toEqual(entries(100).map(({ key, value }) => [key, value]))
    expect((await cairn.audit.list({ subject: 'memory', operation: 'create', limit: 1000 })).items).toHaveLength(100)
  })

  it('names every bad entry and adds none', async () => {
    const { cairn } = await openStore()
    const batch = [
      tone,
      { ...tone, namespace: 'x' },
      { ...tone, key: 'n', value: Number.NaN },
      { ...tone, type: 'fact' },
    ]
    const error = await refusal(cairn.memories.addMany(batch as NewMemoryInput[]), 'invalid_input')
    expect(error.message).toMatch(/^None was added\. \[1\] .*\[2\] value is NaN.*\[3\] /)
    expect(error.details?.problems).toHaveLength(3)
    expect((await cairn.memories.list()).items).toEqual([])
  })

  it('adds none when a key is taken, or twice in the batch, and names them', async () => {
    const { cairn } = await openStore()
    await cairn.memories.add({ ...tone, key: 'k3' })
    const error = await refusal(cairn.memories.addMany([...entries(9), ...entries(1)]), 'already_exists')
    expect(error.details?.taken).toEqual([
      { namespace: tone.namespace, key: 'k3' },
      { namespace: tone.namespace, key: 'k0' },
    ])
    expect((await cairn.memories.list()).items).toHaveLength(1)
    expect((await refusal(cairn.memories.addMany([...entries(7), ...entries(7)]), 'already_exists')).message).toContain(
      'and 3 more',
    )
  })

  it('adds none when one is in a namespace that the caller may not write', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ user: 'alice' })
    await refusal(alice.memories.addMany([tone, { ...tone, namespace: 'user:bob' }]), 'forbidden')
    expect((await cairn.memories.list()).items).toEqual([])
  })

  it('takes none and at most 1,000', async () => {
    const { cairn } = await openStore()
    expect(await cairn.memories.addMany([])).toEqual([])
    expect(await cairn.memories.addMany(entries(1000))).toHaveLength(1000)
    await refusal(cairn.memories.addMany(entries(1001)), 'invalid_input')
    await refusal(cairn.memories.addMany('all' as never), 'invalid_input')
  })
})

function nested(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value }
  return value
}

function cycle(): unknown {
  const value: Record<string, unknown> = {}
  value.self = [value]
  return value
}
