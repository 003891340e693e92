import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everything } from '../../../src/access/namespace.js'
import type { MemoryRow } from '../../../src/memories/memory.js'
import { isExpired, visibleVersion } from '../../../src/memories/versions.js'
import type { MomentInput } from '../../../src/storage/memory-store.js'
import type { Storage } from '../../../src/storage/storage.js'
import { tableAnswers, tableMoments, tableVersions } from '../../helpers/two-clock-table.js'
import { add, author, list, now, type Subject, search, tone, toValue } from './subject.js'

/** What one memory is at a moment, by every way of reading it. All must agree. */
async function everyReading(storage: Storage, namespace: string, word: string, moment: MomentInput, at = now) {
  const address = { namespace, key: 'tone' }
  const got = await storage.memories.get({ ...address, moment, now: at })
  const spans = [{ from: namespace, to: `${namespace}\u0001` }]
  const listed = await list(storage, { spans, moment, now: at })
  const newest = await list(storage, { spans, moment, now: at, order: 'newest' })
  const hits = await search(storage, word, { memories: { namespaces: [namespace] }, moment, now: at })
  const found = hits.flatMap((hit) => (hit.kind === 'memory' ? [hit.version] : []))
  return { get: got?.version, list: listed[0]?.version, newest: newest[0]?.version, search: found[0], more: found[1] }
}

const all = (version: number | undefined) => ({
  get: version,
  list: version,
  newest: version,
  search: version,
  more: undefined,
})

export function describeTwoClocks(subject: Subject): void {
  describe('in a table', () => {
    for (const [knownAt, ...cities] of tableAnswers) {
      for (const [index, validAt] of tableMoments.entries()) {
        const city = cities[index]
        it(`as known at ${knownAt}, ${city ?? 'nothing'} at ${validAt}`, async () => {
          await writeTable(subject.storage)
          const version = tableVersions.find((candidate) => candidate.city === city)?.version
          const expected = city === undefined ? undefined : version
          expect(await everyReading(subject.storage, 'user:alice', 'city', { validAt, knownAt })).toEqual(all(expected))
          const rows = await subject.storage.memories.history({ ...tone, before: 99, limit: 99, now })
          expect(visibleVersion(rows, { validAt, knownAt })?.version).toBe(expected)
        })
      }
    }
  })

  it('stand at now when nothing else is said', async () => {
    const { storage } = subject
    await add(storage, { value: '"city Berlin"' })
    await storage.memories.update({ ...tone, ...toValue('"city Paris"'), validFrom: now + 100 })
    expect(await everyReading(storage, 'user:alice', 'city', {}, now + 99)).toEqual(all(1))
    expect(await everyReading(storage, 'user:alice', 'city', {}, now + 100)).toEqual(all(2))
    expect(await everyReading(storage, 'user:alice', 'city', { validAt: now + 100 })).toEqual(all(2))
    expect(await everyReading(storage, 'user:alice', 'city', { knownAt: now + 100 })).toEqual(all(1))
  })

  it('do not lose the past to a newer version that speaks about later', async () => {
    const { storage } = subject
    await add(storage, { value: '"city Berlin"', validFrom: 0 })
    await storage.memories.update({ ...tone, ...toValue('"city Paris"'), validFrom: 100 })
    expect(await everyReading(storage, 'user:alice', 'city', { validAt: 50 })).toEqual(all(1))
    expect(await everyReading(storage, 'user:alice', 'city', { validAt: 100 })).toEqual(all(2))
  })

  it('agree on random chains: get, lists, search, counts and the pure rule', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.array(moment, { maxLength: 6 }),
        async (steps, asked) => {
          const namespace = `user:random-${count++}`
          const at = await grow(subject.storage, namespace, steps)
          const rows = await subject.storage.memories.history({ namespace, key: 'tone', before: 99, limit: 99, now: 0 })
          for (const moment of [...asked, {}])
            expect(await everyReading(subject.storage, namespace, 'city', moment, at)).toEqual(
              all(pure(rows, moment, at)),
            )
          const spans = [{ from: namespace, to: `${namespace}\u0001` }]
          const counts = await subject.storage.memories.namespaces({ spans, after: '', limit: 9, now: at })
          expect(counts).toEqual(pure(rows, {}, at) === undefined ? [] : [{ namespace, memories: 1 }])
        },
      ),
      { numRuns: 40 },
    )
    expect(await list(subject.storage, { spans: [everything], now: 0 })).not.toEqual([])
  })
}

async function writeTable(storage: Storage): Promise<void> {
  for (const { recordedAt, city, validFrom, validTo } of tableVersions) {
    const value = `"city ${city}"`
    const by = { now: recordedAt }
    if (city === undefined) await storage.memories.delete({ ...tone, author: author(by) })
    else if (recordedAt === tableVersions[0]?.recordedAt) await add(storage, { value }, by)
    else await storage.memories.update({ ...tone, ...toValue(value, by), validFrom, validTo })
  }
}

/** The rule and the two facts about expiry, on the rows: what has expired, or whose latest version has, is not there. */
function pure(rows: MemoryRow[], { validAt = Number.NaN, knownAt = Number.MAX_SAFE_INTEGER }: MomentInput, at: number) {
  const latest = rows[0]
  if (latest === undefined || isExpired(latest, at)) return undefined
  const found = visibleVersion(rows, { validAt: Number.isNaN(validAt) ? at : validAt, knownAt })
  return found === undefined || isExpired(found, at) ? undefined : found.version
}

const time = fc.integer({ min: 0, max: 60 })
const bound = fc.option(time)
const step = fc.record({
  act: fc.constantFrom('write', 'write', 'write', 'write', 'delete', 'restore' as const),
  /** The clock may go back. */
  wait: fc.integer({ min: -5, max: 10 }),
  validFrom: bound,
  validTo: bound,
  expiresAt: fc.option(fc.integer({ min: 20, max: 120 }), { freq: 4 }),
})
const moment = fc.record({ validAt: time, knownAt: time }, { requiredKeys: [] })

/** Writes a chain as the steps say, as far as each is legal; returns the time on the clock after them. */
async function grow(
  storage: Storage,
  namespace: string,
  steps: (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
) {
  const address = { namespace, key: 'tone' }
  let clock = 10
  for (const { act, wait, expiresAt, ...window } of steps) {
    clock = Math.max(0, clock + wait)
    const by = author({ now: clock })
    const alive =
      (await storage.memories.get({ ...address, version: await lastVersion(storage, address), now: clock }))
        ?.deleted === 0
    const { validFrom } = window
    const validTo = window.validTo !== null && validFrom !== null && window.validTo <= validFrom ? null : window.validTo
    if (act === 'delete') await storage.memories.delete({ ...address, author: by })
    else if (act === 'restore' && !alive)
      await storage.memories.restore({ ...address, author: by }).catch(() => undefined)
    else if (alive)
      await storage.memories.update({ ...address, value: '"city"', validFrom, validTo, expiresAt, author: by })
    else await add(storage, { ...address, value: '"city"', validFrom, validTo, expiresAt }, { now: clock })
  }
  return clock
}

async function lastVersion(storage: Storage, address: { namespace: string; key: string }): Promise<number> {
  return (await storage.memories.history({ ...address, before: 99, limit: 1, now: 0 }))[0]?.version ?? 1
}
