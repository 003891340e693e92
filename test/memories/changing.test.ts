import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { MemoryType } from '../../src/memories/memory.js'
import { refusal } from '../helpers/refusal.js'
import { openStore, withStore } from '../store.js'

const place = ['user:alice', 'city'] as const
const day = 86_400_000

function add(cairn: Cairn, value: unknown, rest: object = {}) {
  return cairn.memories.add({ namespace: place[0], key: place[1], value, type: 'semantic', ...rest })
}

async function versions(cairn: Cairn): Promise<number> {
  return (await cairn.memories.history(...place)).items.length
}

describe('updating a memory', () => {
  it('appends a version that carries everything forward but the value and its interval', async () => {
    const { cairn, clock } = await openStore()
    const expiresAt = clock() + day
    const first = await add(cairn, 'Berlin', {
      metadata: { source: 'chat' },
      type: 'procedural',
      expiresAt,
      validTo: 9e12,
    })
    const second = await cairn.as({ user: 'alice' }).memories.update(...place, 'Paris')
    expect(second).toEqual({
      ...first,
      version: 2,
      value: 'Paris',
      validTo: null,
      recordedAt: expect.any(String),
      updatedBy: 'user:alice',
    })
    expect(second.recordedAt > first.recordedAt).toBe(true)
    expect(await cairn.memories.get(...place)).toEqual(second)
    expect(await cairn.memories.get(...place, { version: 1 })).toEqual({ ...first, supersededAt: second.recordedAt })
  })

  it('takes metadata, an interval and an expiry, and takes an expiry away', async () => {
    const { cairn, clock } = await openStore()
    await add(cairn, 1, { metadata: { a: 1, b: 2 }, expiresAt: clock() + day })
    const changed = await cairn.memories.update(...place, 2, { metadata: { c: 3 }, validFrom: 5, expiresAt: null })
    expect(changed).toMatchObject({ metadata: { c: 3 }, validFrom: '1970-01-01T00:00:00.005Z', expiresAt: null })
    expect((await cairn.memories.update(...place, 3, { metadata: {} })).metadata).toEqual({})
  })

  it('takes no expiry that has passed', async () => {
    const { cairn, clock } = await openStore()
    await add(cairn, 1)
    for (const expiresAt of [clock() - 1, new Date(0), '1999-12-31'])
      expect((await refusal(cairn.memories.update(...place, 2, { expiresAt }), 'invalid_input')).hint).toContain(
        'later',
      )
    await cairn.memories.delete(...place)
    await refusal(cairn.memories.restore(...place, { expiresAt: clock() - 1 }), 'invalid_input')
    expect(await versions(cairn)).toBe(2)
  })

  it('needs a live memory', async () => {
    const { cairn, clock } = await openStore()
    expect((await refusal(cairn.memories.update(...place, 1), 'not_found')).hint).toContain('add')
    await add(cairn, 1)
    await cairn.memories.delete(...place)
    await refusal(cairn.memories.update(...place, 1), 'not_found')
    await cairn.memories.restore(...place, { expiresAt: clock() + day })
    clock.advance(day)
    await refusal(cairn.memories.update(...place, 1), 'not_found')
  })

  it('never changes what happened', async () => {
    const { cairn } = await openStore()
    await add(cairn, 'it rained', { type: 'episodic' })
    await refusal(cairn.memories.update(...place, 'the sun shone'), 'immutable')
    await refusal(cairn.memories.rollback(...place, 1), 'immutable')
    expect(await versions(cairn)).toBe(1)
    expect(await cairn.memories.delete(...place)).toBe(true)
    expect((await cairn.memories.restore(...place)).value).toBe('it rained')
  })

  it('has a time that never goes back, even when the clock does', async () => {
    const { cairn, clock } = await openStore()
    clock.set(5_000)
    await add(cairn, 1)
    clock.set(1_000)
    expect((await cairn.memories.update(...place, 2)).recordedAt).toBe('1970-01-01T00:00:05.000Z')
    expect((await cairn.memories.get(...place))?.value).toBe(2)
  })
})

describe('compare-and-swap', () => {
  it('takes the number of the version that was read', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    expect((await cairn.memories.update(...place, 2, { ifVersion: 1 })).version).toBe(2)
    const error = await refusal(cairn.memories.update(...place, 3, { ifVersion: 1 }), 'conflict')
    expect(error).toMatchObject({
      message: 'user:alice city is at version 2, not at 1.',
      details: { version: 2, expected: 1 },
    })
    await refusal(cairn.memories.delete(...place, { ifVersion: 1 }), 'conflict')
    await refusal(cairn.memories.rollback(...place, 1, { ifVersion: 1 }), 'conflict')
    expect(await versions(cairn)).toBe(2)
    expect((await cairn.memories.rollback(...place, 1, { ifVersion: 2 })).version).toBe(3)
    expect(await cairn.memories.delete(...place, { ifVersion: 3 })).toBe(true)
  })

  it('takes the memory that was read, and tells another life of the key apart', async () => {
    const { cairn } = await openStore()
    const read = await add(cairn, 1)
    const updated = await cairn.memories.update(...place, 2, { ifVersion: read })
    expect(updated.version).toBe(2)
    await refusal(cairn.memories.update(...place, 3, { ifVersion: read }), 'conflict')
    const otherLife = { ...updated, chain: 'another life' }
    const error = await refusal(cairn.memories.update(...place, 3, { ifVersion: otherLife }), 'conflict')
    expect(error.message).toContain('another life of this key')
    expect(await cairn.memories.delete(...place, { ifVersion: updated })).toBe(true)
  })

  it.each([0, -1, 1.5, '1', null, {}])('refuses %j as a version', async (ifVersion) => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    await refusal(cairn.memories.update(...place, 2, { ifVersion } as never), 'invalid_input')
    await refusal(cairn.memories.delete(...place, { ifVersion } as never), 'invalid_input')
  })
})

describe('deleting a memory', () => {
  it('appends a tombstone and says whether there was anything', async () => {
    const { cairn, clock } = await openStore()
    expect(await cairn.memories.delete(...place)).toBe(false)
    await add(cairn, 1, { expiresAt: clock() + day })
    expect(await cairn.memories.delete(...place)).toBe(true)
    expect(await cairn.memories.delete(...place)).toBe(false)
    expect((await cairn.memories.history(...place)).items.map(({ deleted }) => deleted)).toEqual([true, false])
    await cairn.memories.restore(...place, { expiresAt: clock() + day })
    clock.advance(day)
    expect(await cairn.memories.delete(...place)).toBe(false)
  })

  it('covers all valid time', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    await cairn.memories.update(...place, 2, { validFrom: '2030-01-01' })
    await cairn.memories.delete(...place)
    expect(await cairn.memories.get(...place, { validAt: '2020-01-01' })).toBeNull()
    expect(await cairn.memories.get(...place, { validAt: '2031-01-01' })).toBeNull()
  })

  it('names in the trail who did it and which version', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    await cairn.as({ user: 'alice', agent: 'cleaner' }).memories.delete(...place)
    const { items } = await cairn.audit.list({
      namespace: place[0],
      key: place[1],
      operation: 'delete',
      subject: 'memory',
    })
    expect(items).toMatchObject([{ actor: 'agent:cleaner', agent: 'cleaner', version: 2, namespace: 'user:alice' }])
  })
})

describe('restoring a memory', () => {
  it('brings back what was true when, and answers with the last of it', async () => {
    const { cairn } = await openStore()
    await add(cairn, 'Porto', { metadata: { a: 1 } })
    await cairn.memories.update(...place, 'Lisbon', { validFrom: '2035-06-01' })
    await cairn.memories.delete(...place)
    expect(await cairn.memories.restore(...place)).toMatchObject({
      ...{ version: 5, value: 'Lisbon', metadata: { a: 1 }, validFrom: '2035-06-01T00:00:00.000Z', validTo: null },
    })
    expect((await cairn.memories.get(...place))?.value).toBe('Porto')
    expect((await cairn.memories.get(...place, { validAt: '2036-01-01' }))?.value).toBe('Lisbon')
    expect((await cairn.search('porto')).hits.map(({ ref }) => ref)).toMatchObject([{ version: 4 }])
    const { items } = await cairn.audit.list({ operation: 'restore' })
    expect(items.map(({ version, detail }) => [version, detail])).toEqual([
      [5, { toVersion: 2 }],
      [4, { toVersion: 1 }],
    ])
  })

  it('gives every moment the answer that it had before the deletion', async () => {
    const year = (count: number) => Date.UTC(2020 + count, 0, 1)
    const bound = fc.option(fc.integer({ min: 0, max: 9 }))
    const interval = fc.tuple(bound, bound).filter(([from, to]) => from === null || to === null || from < to)
    const life = fc.array(interval, { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) =>
        withStore(async ({ cairn }) => {
          const answers = async () => {
            const moments = Array.from({ length: 12 }, (_, index) => year(index - 1))
            const found = moments.map((validAt) => cairn.memories.get(...place, { validAt }))
            return (await Promise.all(found)).map((memory) => memory?.value ?? null)
          }
          for (const [index, intervals] of lives.entries()) {
            if (index > 0) await cairn.memories.delete(...place)
            for (const [step, [from, to]] of intervals.entries()) {
              const rest = { validFrom: from === null ? null : year(from), validTo: to === null ? null : year(to) }
              if (step === 0) await add(cairn, `${index}.${step}`, rest)
              else await cairn.memories.update(...place, `${index}.${step}`, rest)
            }
          }
          const before = await answers()
          const latest = (await cairn.memories.history(...place, { limit: 1 })).items[0]
          await cairn.memories.delete(...place)
          expect(new Set(await answers())).toEqual(new Set([null]))
          const restored = await cairn.memories.restore(...place)
          expect(await answers()).toEqual(before)
          const last = { value: latest?.value, validFrom: latest?.validFrom, validTo: latest?.validTo }
          expect(restored).toMatchObject({ ...last, supersededAt: null })
        }),
      ),
      { numRuns: 60, interruptAfterTimeLimit: 8_000 },
    )
  }, 20_000)

  it('leaves hidden what had expired while the rest was there', async () => {
    const { cairn, clock } = await openStore()
    const expiresAt = clock() + day
    await add(cairn, 'Porto')
    await cairn.memories.update(...place, 'secret', { validFrom: '2030-01-01', validTo: '2040-01-01', expiresAt })
    await cairn.memories.update(...place, 'Lisbon', { validFrom: '2035-01-01', expiresAt: null })
    clock.advance(day)
    await cairn.memories.delete(...place)
    await refusal(cairn.memories.restore(...place, { version: 2 }), 'not_found')
    await cairn.memories.restore(...place)
    const at = async (validAt: string) => (await cairn.memories.get(...place, { validAt }))?.value
    expect([await at('2029-01-01'), await at('2031-01-01'), await at('2036-01-01')]).toEqual([
      ...['Porto', undefined, 'Lisbon'],
    ])
    expect((await cairn.search('secret', { validAt: '2031-01-01' })).hits).toEqual([])
  })

  it('of one version has the interval of that one, or the one that is given', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1, { validFrom: '2020-01-01', validTo: '2022-01-01' })
    const again = async (options: object) => {
      await cairn.memories.delete(...place)
      const { value, validFrom, validTo } = await cairn.memories.restore(...place, { version: 1, ...options })
      return [value, validFrom?.slice(0, 4), validTo?.slice(0, 4)]
    }
    expect(await again({})).toEqual([1, '2020', '2022'])
    expect(await again({ validFrom: null })).toEqual([1, undefined, '2022'])
    expect(await again({ validFrom: '2021-01-01', validTo: null })).toEqual([1, '2021', undefined])
    await refusal(again({ validFrom: '2023-01-01' }), 'invalid_input')
    await refusal(cairn.memories.restore(...place, { validFrom: '2023-01-01' }), 'invalid_input')
  })

  it('brings a version back by number, but no tombstone', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    await cairn.memories.update(...place, 2)
    await cairn.memories.delete(...place)
    await refusal(cairn.memories.restore(...place, { version: 3 }), 'not_found')
    await refusal(cairn.memories.restore(...place, { version: 9 }), 'not_found')
    expect(await cairn.memories.restore(...place, { version: 1 })).toMatchObject({ version: 4, value: 1 })
  })

  it('brings back what has expired, with a new expiry or none', async () => {
    const { cairn, clock } = await openStore()
    await add(cairn, 1, { expiresAt: clock() + day })
    clock.advance(day)
    await refusal(cairn.memories.rollback(...place, 1), 'not_found')
    const restored = await cairn.memories.restore(...place, { expiresAt: clock() + day })
    expect(restored).toMatchObject({ version: 2, value: 1, expiresAt: expect.any(String) })
    clock.advance(day)
    expect(await cairn.memories.restore(...place)).toMatchObject({ version: 3, value: 1, expiresAt: null })
  })

  it('refuses what is alive and what never was', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.memories.restore(...place), 'not_found')
    await add(cairn, 1)
    expect((await refusal(cairn.memories.restore(...place), 'already_exists')).hint).toContain('rollback')
  })
})

describe('rolling back a memory', () => {
  it('appends an earlier value again and keeps what came between', async () => {
    const { cairn } = await openStore()
    await add(cairn, 'Berlin', { metadata: { a: 1 } })
    await cairn.memories.update(...place, 'Paris', { metadata: { a: 2 } })
    const back = await cairn.memories.rollback(...place, 1)
    expect(back).toMatchObject({ version: 3, value: 'Berlin', metadata: { a: 1 }, validFrom: null })
    expect((await cairn.memories.history(...place)).items.map(({ value }) => value)).toEqual([
      'Berlin',
      'Paris',
      'Berlin',
    ])
    const { items } = await cairn.audit.list({ subject: 'memory', operation: 'rollback' })
    expect(items).toMatchObject([{ version: 3, detail: { toVersion: 1 } }])
  })

  it('is true when that version was, unless told otherwise', async () => {
    const { cairn } = await openStore()
    const window = { validFrom: '2020-01-01', validTo: '2022-01-01' }
    await add(cairn, 'X', window)
    await cairn.memories.update(...place, 'Y', window)
    const back = await cairn.memories.rollback(...place, 1)
    expect(back).toMatchObject({
      value: 'X',
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: '2022-01-01T00:00:00.000Z',
    })
    expect(await cairn.memories.get(...place)).toBeNull()
    expect((await cairn.memories.get(...place, { validAt: '2021-01-01' }))?.value).toBe('X')
    const longer = await cairn.memories.rollback(...place, 1, { validTo: '2030-01-01' })
    expect(longer).toMatchObject({ validFrom: back.validFrom, validTo: '2030-01-01T00:00:00.000Z' })
    expect(await cairn.memories.rollback(...place, 1, { validFrom: null, validTo: null })).toMatchObject({
      ...{ validFrom: null, validTo: null },
    })
    await refusal(cairn.memories.rollback(...place, 1, { validFrom: '2022-01-01' }), 'invalid_input')
    await refusal(cairn.memories.rollback(...place, 1, { validFrom: '20220101' }), 'invalid_input')
    expect(await versions(cairn)).toBe(5)
  })

  it('does not bring back a version that has expired', async () => {
    const { cairn, clock } = await openStore()
    await add(cairn, 'secret', { expiresAt: clock() + day })
    await cairn.memories.update(...place, 'open', { expiresAt: null })
    expect((await cairn.memories.rollback(...place, 1)).value).toBe('secret')
    clock.advance(day)
    expect(await cairn.memories.get(...place, { version: 1 })).toBeNull()
    await refusal(cairn.memories.rollback(...place, 1), 'not_found')
  })

  it('needs a version that has a value', async () => {
    const { cairn } = await openStore()
    await add(cairn, 1)
    await cairn.memories.delete(...place)
    await cairn.memories.restore(...place)
    await refusal(cairn.memories.rollback(...place, 2), 'not_found')
    await refusal(cairn.memories.rollback(...place, 7), 'not_found')
    await refusal(cairn.memories.rollback(...place, 0), 'invalid_input')
    await refusal(cairn.memories.rollback(...place, undefined as never), 'invalid_input')
    expect(await versions(cairn)).toBe(3)
  })
})

describe('the right to write alone', () => {
  it('gives no look at what is there: what carries something of it forward is refused', async () => {
    const { cairn } = await openStore()
    await add(cairn, 'secret')
    const writer = cairn.as({ grants: [{ namespace: 'user:alice', rights: ['write'] }] })
    await refusal(writer.memories.update(...place, 'overwritten'), 'forbidden')
    await refusal(writer.memories.get(...place), 'forbidden')
    await refusal(writer.memories.rollback(...place, 1), 'forbidden')
    await writer.memories.delete(...place)
    await refusal(writer.memories.restore(...place, { version: 1 }), 'forbidden')
    expect(await versions(cairn)).toBe(2)
  })
})

describe('cleaning up', () => {
  it('puts a tombstone on what is past its expiry, and only on that', async () => {
    const { cairn, clock } = await openStore()
    const now = clock()
    await add(cairn, 1, { key: 'a', expiresAt: now + day })
    await add(cairn, 2, { key: 'b', expiresAt: now + 2 * day })
    await add(cairn, 3, { key: 'c' })
    expect(await cairn.memories.cleanupExpired()).toBe(0)
    clock.set(now + day)
    expect(await cairn.memories.cleanupExpired()).toBe(1)
    expect(await cairn.memories.cleanupExpired()).toBe(0)
    const { items } = await cairn.audit.list({ subject: 'memory', operation: 'expire' })
    expect(items).toMatchObject([{ key: 'a', version: 2, actor: 'root' }])
  })

  it('with a number of days ends episodic memories recorded that long ago', async () => {
    const { cairn, clock } = await openStore()
    const start = clock()
    for (const type of ['episodic', 'semantic', 'procedural'] satisfies MemoryType[])
      await add(cairn, 1, { key: type, type })
    clock.set(start + 10 * day)
    await add(cairn, 1, { key: 'young', type: 'episodic' })
    expect(await cairn.memories.cleanupExpired({ ttlDays: 10.5 })).toBe(0)
    expect(await cairn.memories.cleanupExpired({ ttlDays: 9.5 })).toBe(1)
    expect((await cairn.memories.list()).items.map(({ key }) => key)).toEqual(['procedural', 'semantic', 'young'])
    expect(await cairn.memories.cleanupExpired({ ttlDays: 0 })).toBe(1)
  })

  it('takes more than one batch', async () => {
    const { cairn, clock } = await openStore()
    const entry = { namespace: 'user:alice', value: 1, type: 'episodic' as const, expiresAt: clock() + day }
    await cairn.memories.addMany(Array.from({ length: 600 }, () => entry))
    await cairn.memories.addMany(Array.from({ length: 500 }, () => ({ ...entry, expiresAt: null })))
    clock.advance(2 * day)
    expect(await cairn.memories.cleanupExpired({ ttlDays: 1 })).toBe(1100)
    expect((await cairn.info()).rows.memories).toBe(0)
  })

  it.each([{ ttlDays: -1 }, { ttlDays: Number.NaN }, { ttlDays: '90' }, { ttldays: 90 }])(
    'refuses %j',
    async (options) => {
      const { cairn } = await openStore()
      await refusal(cairn.memories.cleanupExpired(options as never), 'invalid_input')
    },
  )
})
