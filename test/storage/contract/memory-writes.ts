import { describe, expect, it } from 'vitest'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  aMemory,
  author,
  footprint,
  found,
  now,
  operations,
  type Subject,
  tone,
  toValue,
  trail,
} from './subject.js'

export function describeMemoryWrites(subject: Subject): void {
  describe('add', () => describeAdd(subject))
  describe('update', () => describeUpdate(subject))
  describe('delete', () => describeDelete(subject))
  describe('restore', () => describeRestore(subject))
  describe('rollback', () => describeRollback(subject))
}

function describeAdd(subject: Subject): void {
  it('makes version 1 from what it is given', async () => {
    const entry = aMemory({ metadata: '{"source":"chat"}', validFrom: 5, validTo: 9, expiresAt: now + 1 })
    const [stamp] = await subject.storage.memories.add({ entries: [entry], author: author() })
    const recorded = { version: 1, recordedAt: now, createdAt: now, createdBy: 'user:alice' }
    expect(stamp).toEqual({ ...entry, ...recorded })
    expect(await subject.storage.memories.get({ ...tone, version: 1, now })).toMatchObject({
      ...{ ...entry, ...recorded },
      ...{ updatedBy: 'user:alice', supersededAt: null, deleted: 0 },
    })
  })

  it('keeps JSON text, Unicode and empty values as they are', async () => {
    const values = ['null', '""', '[]', '{"b":1,"a":[1.5,true,{"ü":"🜨"}]}', '"\\u0000"', '0']
    const entries = values.map((value, index) => aMemory({ key: `ключ-${index}-鍵-🗝`, chain: `c${index}`, value }))
    await subject.storage.memories.add({ entries, author: author() })
    for (const { namespace, key, value } of entries)
      expect((await subject.storage.memories.get({ namespace, key, now }))?.value).toBe(value)
  })

  it('adds a batch in order, each with its audit line', async () => {
    const entries = ['a', 'b', 'c'].map((key) => aMemory({ key, chain: key }))
    const stamps = await subject.storage.memories.add({ entries, author: author() })
    expect(stamps.map(({ key, version, chain }) => [key, version, chain])).toEqual([
      ['a', 1, 'a'],
      ['b', 1, 'b'],
      ['c', 1, 'c'],
    ])
    expect(await operations(subject.storage)).toEqual(['memory create', 'memory create', 'memory create'])
  })

  it('refuses keys that are alive, names each of them, and adds none', async () => {
    const { storage } = subject
    await add(storage, { key: 'a' })
    await add(storage, { key: 'b' })
    const before = await footprint(storage)
    const entries = ['new', 'b', 'a'].map((key) => aMemory({ key, chain: `x${key}` }))
    const { details } = await refusal(storage.memories.add({ entries, author: author() }), 'already_exists')
    expect(details).toEqual({
      taken: [
        { namespace: 'user:alice', key: 'b' },
        { namespace: 'user:alice', key: 'a' },
      ],
    })
    expect(await footprint(storage)).toEqual(before)
    expect(await storage.memories.get({ namespace: 'user:alice', key: 'new', now })).toBeUndefined()
  })

  it('refuses a batch that has a key twice, and adds none', async () => {
    const { storage } = subject
    const entries = [aMemory({ key: 'a' }), aMemory({ key: 'b' }), aMemory({ key: 'a', value: '2' })]
    const { details } = await refusal(storage.memories.add({ entries, author: author() }), 'already_exists')
    expect(details).toEqual({ taken: [{ namespace: 'user:alice', key: 'a' }] })
    expect((await storage.info()).rows).toMatchObject({ memories: 0, audit: 0 })
  })

  it('tells pairs of namespace and key apart, however they are cut', async () => {
    const entries = [aMemory({ namespace: 'user:a', key: 'b c' }), aMemory({ namespace: 'user:a b', key: 'c' })]
    expect(await subject.storage.memories.add({ entries, author: author() })).toHaveLength(2)
  })

  it('goes on with the numbers and the chain of a deleted key, and is made by whoever adds it', async () => {
    const { storage } = subject
    await add(storage, {}, { now: 10, actor: 'user:alice' })
    await storage.memories.delete({ ...tone, author: author({ now: 20 }) })
    const stamp = await add(storage, { chain: 'other', value: '"again"', type: 'procedural' }, { now: 30, actor: 'x' })
    expect(stamp).toMatchObject({ version: 3, chain: 'chain-1', type: 'procedural', recordedAt: 30 })
    expect(stamp).toMatchObject({ createdAt: 30, createdBy: 'x' })
    expect(await storage.memories.get({ ...tone, now })).toMatchObject({
      createdAt: 30,
      createdBy: 'x',
      updatedBy: 'x',
    })
    expect(await storage.memories.get({ ...tone, version: 1, now })).toMatchObject({
      ...{ createdAt: 10, createdBy: 'user:alice' },
    })
  })

  it('lets one of two who add the same key at once win', async () => {
    const other = await subject.another()
    const outcomes = await Promise.allSettled([add(subject.storage), add(other), add(subject.storage), add(other)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'already_exists' })
    expect(await subject.storage.memories.history({ ...tone, before: 99, limit: 99, now })).toHaveLength(1)
  })
}

function describeUpdate(subject: Subject): void {
  it('appends a version and leaves the old row as it was', async () => {
    const { storage } = subject
    const first = await add(storage, { metadata: '{"a":1}', expiresAt: now + 100 }, { now: 10 })
    const stamp = await storage.memories.update({ ...tone, ...toValue('"warm"', { now: 20, actor: 'user:bob' }) })
    expect(stamp).toEqual({ ...first, version: 2, value: '"warm"', recordedAt: 20 })
    const [second, old] = await storage.memories.history({ ...tone, before: 99, limit: 99, now })
    expect(second).toMatchObject({ ...stamp, updatedBy: 'user:bob', createdBy: 'user:alice', supersededAt: null })
    expect(old).toMatchObject({ ...first, updatedBy: 'user:alice', supersededAt: 20 })
  })

  it('replaces metadata, window and expiry when they are given', async () => {
    const { storage } = subject
    await add(storage, { metadata: '{"a":1}', validFrom: 1, validTo: 2, expiresAt: now + 100 })
    const update = { ...tone, ...toValue('2'), metadata: '{"b":2}', validFrom: 3, validTo: 4, expiresAt: now + 200 }
    expect(await storage.memories.update(update)).toMatchObject({
      ...{ metadata: '{"b":2}', validFrom: 3, validTo: 4, expiresAt: now + 200 },
    })
    expect(await storage.memories.update({ ...tone, ...toValue('3'), expiresAt: null })).toMatchObject({
      ...{ metadata: '{"b":2}', validFrom: null, validTo: null, expiresAt: null },
    })
  })

  it('refuses what never was, what is deleted, and what has expired', async () => {
    const { storage } = subject
    await add(storage, { key: 'deleted' })
    await storage.memories.delete({ namespace: 'user:alice', key: 'deleted', author: author() })
    await add(storage, { key: 'expired', expiresAt: now })
    const before = await footprint(storage)
    for (const key of ['never', 'deleted', 'expired'])
      await refusal(storage.memories.update({ namespace: 'user:alice', key, ...toValue('1') }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
  })

  it('compares and swaps: a stale version is a conflict that names the latest, and writes nothing', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.update({ ...tone, ...toValue('2'), ifVersion: 1 })
    const before = await footprint(storage)
    const { details } = await refusal(storage.memories.update({ ...tone, ...toValue('3'), ifVersion: 1 }), 'conflict')
    expect(details).toEqual({ version: 2, expected: 1 })
    await refusal(storage.memories.update({ ...tone, ...toValue('3'), ifVersion: 3 }), 'conflict')
    expect(await footprint(storage)).toEqual(before)
  })

  it('compares the life of the key as well when it is named', async () => {
    const { storage } = subject
    await add(storage, { chain: 'this-life' })
    const update = { ...tone, ...toValue('2'), ifVersion: 1 }
    const { details, message } = await refusal(storage.memories.update({ ...update, ifChain: 'earlier' }), 'conflict')
    expect(details).toEqual({ version: 1, expected: 1 })
    expect(message).toContain('another life')
    expect(await storage.memories.update({ ...update, ifChain: 'this-life' })).toMatchObject({ version: 2 })
  })

  it('refuses to change what happened', async () => {
    const { storage } = subject
    await add(storage, { type: 'episodic' })
    await refusal(storage.memories.update({ ...tone, ...toValue('2') }), 'immutable')
    await refusal(storage.memories.update({ ...tone, ...toValue('2'), ifVersion: 9 }), 'immutable')
    expect(await operations(storage)).toEqual(['memory create'])
  })

  it('gives four who update at once the versions 2 to 5, none lost, one audit line each', async () => {
    const { storage } = subject
    const other = await subject.another()
    await add(storage)
    const updates = [storage, other, storage, other].map((handle, index) =>
      handle.memories.update({ ...tone, ...toValue(`${index}`) }),
    )
    const versions = (await Promise.all(updates)).map(({ version }) => version)
    expect(versions.sort()).toEqual([2, 3, 4, 5])
    const history = await storage.memories.history({ ...tone, before: 99, limit: 99, now })
    expect(history.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1])
    expect(history.map(({ value }) => value).sort()).toEqual(['"concise"', '0', '1', '2', '3'])
    expect(await operations(storage)).toEqual(['memory create', ...Array(4).fill('memory update')])
  })

  it('lets one of two who swap the same version win', async () => {
    const { storage } = subject
    await add(storage)
    const outcomes = await Promise.allSettled(
      ['2', '3'].map((value) => storage.memories.update({ ...tone, ...toValue(value), ifVersion: 1 })),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('never goes back in time when the clock does', async () => {
    const { storage } = subject
    await add(storage, {}, { now: 1_000 })
    const times = [900, 1_100, 500, 1_100, 1_200]
    for (const [index, time] of times.entries())
      await storage.memories.update({ ...tone, ...toValue(`${index}`, { now: time }) })
    await storage.memories.delete({ ...tone, author: author({ now: 7 }) })
    const history = await storage.memories.history({ ...tone, before: 99, limit: 99, now })
    expect(history.map(({ recordedAt }) => recordedAt)).toEqual([1_200, 1_200, 1_100, 1_100, 1_100, 1_000, 1_000])
    expect(history.map(({ supersededAt }) => supersededAt)).toEqual([null, 1_200, 1_200, 1_100, 1_100, 1_100, 1_000])
  })
}

function describeDelete(subject: Subject): void {
  it('appends a tombstone that keeps everything but the value', async () => {
    const { storage } = subject
    await add(storage, { metadata: '{"a":1}', type: 'procedural', validFrom: 5, validTo: 9 }, { now: 10 })
    const stamp = await storage.memories.delete({ ...tone, author: author({ now: 20, actor: 'user:bob' }) })
    expect(stamp).toMatchObject({
      version: 2,
      chain: 'chain-1',
      type: 'procedural',
      metadata: '{"a":1}',
      value: 'null',
    })
    expect(stamp).toMatchObject({ validFrom: null, validTo: null, recordedAt: 20, createdAt: 10 })
    expect(await storage.memories.get({ ...tone, now })).toBeUndefined()
    expect(await storage.memories.get({ ...tone, version: 2, now })).toMatchObject({
      deleted: 1,
      updatedBy: 'user:bob',
    })
    expect(await storage.memories.get({ ...tone, version: 1, now })).toMatchObject({ deleted: 0, value: '"concise"' })
  })

  it('answers undefined, and writes nothing, when nothing is alive', async () => {
    const { storage } = subject
    await add(storage, { key: 'deleted' })
    await storage.memories.delete({ namespace: 'user:alice', key: 'deleted', author: author() })
    await add(storage, { key: 'expired', expiresAt: now })
    const before = await footprint(storage)
    for (const key of ['never', 'deleted', 'expired'])
      expect(await storage.memories.delete({ namespace: 'user:alice', key, author: author() })).toBeUndefined()
    expect(await footprint(storage)).toEqual(before)
  })

  it('compares and swaps', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.update({ ...tone, ...toValue('2') })
    const { details } = await refusal(storage.memories.delete({ ...tone, ifVersion: 1, author: author() }), 'conflict')
    expect(details).toEqual({ version: 2, expected: 1 })
    await refusal(storage.memories.delete({ ...tone, ifVersion: 2, ifChain: 'x', author: author() }), 'conflict')
    expect(await storage.memories.delete({ ...tone, ifVersion: 2, author: author() })).toMatchObject({ version: 3 })
  })

  it('deletes what happened, too', async () => {
    await add(subject.storage, { type: 'episodic' })
    expect(await subject.storage.memories.delete({ ...tone, author: author() })).toMatchObject({ type: 'episodic' })
  })
}

function describeRestore(subject: Subject): void {
  it('brings back all that was in sight, in order, each within its interval, and answers with the last', async () => {
    const { storage } = subject
    await add(storage, { metadata: '{"a":1}', expiresAt: now + 50, type: 'procedural' }, { now: 10 })
    const changed = { ...tone, ...toValue('"warm"', { now: 20 }), validFrom: now + 5 }
    await storage.memories.update({ ...changed, value: '"covered"', validTo: now + 9 })
    await storage.memories.update(changed)
    await storage.memories.delete({ ...tone, author: author({ now: 30 }) })
    const stamp = await storage.memories.restore({ ...tone, author: author({ now: 40, actor: 'user:bob' }) })
    expect(stamp).toMatchObject({ version: 6, value: '"warm"', metadata: '{"a":1}', type: 'procedural', createdAt: 10 })
    expect(stamp).toMatchObject({
      validFrom: now + 5,
      validTo: null,
      expiresAt: null,
      chain: 'chain-1',
      recordedAt: 40,
    })
    const at = (validAt: number) => storage.memories.get({ ...tone, moment: { validAt }, now })
    expect(await at(now)).toMatchObject({ version: 5, value: '"concise"', expiresAt: null, updatedBy: 'user:bob' })
    expect(await at(now + 6)).toMatchObject({ version: 6 })
    expect((await trail(storage)).slice(0, 2).map(({ version, detail }) => [version, detail])).toEqual([
      [6, '{"toVersion":3}'],
      [5, '{"toVersion":1}'],
    ])
    expect(await found(storage, 'concise')).toEqual(['user:alice tone 5'])
    expect(await found(storage, 'warm', { moment: { validAt: now + 6 } })).toEqual(['user:alice tone 6'])
  })

  it('brings back nothing of a life before the last', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.delete({ ...tone, author: author() })
    await add(storage, { value: '"again"', validFrom: now + 5 })
    await storage.memories.delete({ ...tone, author: author() })
    expect(await storage.memories.restore({ ...tone, author: author() })).toMatchObject({
      version: 5,
      validFrom: now + 5,
    })
    expect(await storage.memories.get({ ...tone, now })).toBeUndefined()
  })

  it('keeps the expiry of what had expired before the memory was deleted', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: now })
    await add(storage, { value: '"later"', validFrom: now + 5 })
    await storage.memories.delete({ ...tone, author: author() })
    await refusal(storage.memories.restore({ ...tone, version: 1, author: author() }), 'not_found')
    expect(await storage.memories.restore({ ...tone, author: author() })).toMatchObject({
      version: 5,
      value: '"later"',
    })
    const history = await storage.memories.history({ ...tone, before: 99, limit: 99, now })
    expect(history.map(({ version }) => version)).toEqual([5, 3, 2])
    expect(await storage.memories.get({ ...tone, now })).toBeUndefined()
  })

  it('of one version takes the bounds that are given, and refuses an interval that ends before it begins', async () => {
    const { storage } = subject
    await add(storage, { validFrom: 5, validTo: 9 })
    await storage.memories.delete({ ...tone, author: author() })
    const before = await footprint(storage)
    const restore = { ...tone, version: 1, author: author() }
    await refusal(storage.memories.restore({ ...restore, validFrom: 9 }), 'invalid_input')
    expect(await footprint(storage)).toEqual(before)
    expect(await storage.memories.restore({ ...restore, validTo: null })).toMatchObject({ validFrom: 5, validTo: null })
  })

  it('takes the value of a version when asked, and an expiry when given', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.update({ ...tone, ...toValue('"warm"') })
    await storage.memories.delete({ ...tone, author: author() })
    const stamp = await storage.memories.restore({ ...tone, version: 1, expiresAt: now + 9, author: author() })
    expect(stamp).toMatchObject({ version: 4, value: '"concise"', expiresAt: now + 9 })
  })

  it('skips tombstones on the way to the last value', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.delete({ ...tone, author: author() })
    await storage.memories.restore({ ...tone, author: author() })
    await storage.memories.delete({ ...tone, author: author() })
    expect(await storage.memories.restore({ ...tone, author: author() })).toMatchObject({
      version: 5,
      value: '"concise"',
    })
  })

  it('brings back what has expired, before its tombstone and after', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: now })
    expect(await storage.memories.restore({ ...tone, author: author() })).toMatchObject({ version: 2, expiresAt: null })
    await add(storage, { key: 'other', expiresAt: now })
    await storage.memories.expire({ episodicBefore: null, limit: 9, author: author() })
    const other = { namespace: 'user:alice', key: 'other' }
    expect(await storage.memories.restore({ ...other, author: author() })).toMatchObject({
      version: 3,
      expiresAt: null,
    })
  })

  it('brings back what happened, although it is never changed', async () => {
    const { storage } = subject
    await add(storage, { type: 'episodic' })
    await storage.memories.delete({ ...tone, author: author() })
    expect(await storage.memories.restore({ ...tone, author: author() })).toMatchObject({ type: 'episodic' })
  })

  it('refuses what is alive, what never was, and versions without a value', async () => {
    const { storage } = subject
    await add(storage)
    await refusal(storage.memories.restore({ ...tone, author: author() }), 'already_exists')
    await refusal(storage.memories.restore({ namespace: 'user:alice', key: 'no', author: author() }), 'not_found')
    await storage.memories.delete({ ...tone, author: author() })
    const before = await footprint(storage)
    await refusal(storage.memories.restore({ ...tone, version: 2, author: author() }), 'not_found')
    await refusal(storage.memories.restore({ ...tone, version: 3, author: author() }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeRollback(subject: Subject): void {
  it('appends an earlier version with its interval, and keeps the expiry of now', async () => {
    const { storage } = subject
    await add(storage, { metadata: '{"a":1}', validFrom: 5, validTo: 9 })
    const second = { ...tone, ...toValue('"warm"'), metadata: '{"b":2}', expiresAt: now + 100 }
    await storage.memories.update(second)
    const rollback = { ...tone, toVersion: 1, author: author({ actor: 'user:bob' }) }
    const stamp = await storage.memories.rollback(rollback)
    expect(stamp).toMatchObject({ version: 3, value: '"concise"', metadata: '{"a":1}', expiresAt: now + 100 })
    expect(stamp).toMatchObject({ validFrom: 5, validTo: 9, chain: 'chain-1' })
    expect((await trail(storage))[0]).toMatchObject({ operation: 'rollback', version: 3, detail: '{"toVersion":1}' })
    expect(await storage.memories.rollback({ ...rollback, validFrom: null })).toMatchObject({
      validFrom: null,
      validTo: 9,
    })
    const before = await footprint(storage)
    await refusal(storage.memories.rollback({ ...rollback, validTo: 5 }), 'invalid_input')
    expect(await footprint(storage)).toEqual(before)
  })

  it('refuses a version that has expired, which no read returns either', async () => {
    const { storage } = subject
    await add(storage, { expiresAt: now })
    await add(storage, { value: '"later"' })
    await refusal(storage.memories.rollback({ ...tone, toVersion: 1, author: author() }), 'not_found')
    const earlier = author({ now: now - 1 })
    expect(await storage.memories.rollback({ ...tone, toVersion: 1, author: earlier })).toMatchObject({ version: 3 })
  })

  it('refuses what is not alive, and versions that have no value', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.delete({ ...tone, author: author() })
    await refusal(storage.memories.rollback({ ...tone, toVersion: 1, author: author() }), 'not_found')
    await storage.memories.restore({ ...tone, author: author() })
    const before = await footprint(storage)
    await refusal(storage.memories.rollback({ ...tone, toVersion: 2, author: author() }), 'not_found')
    await refusal(storage.memories.rollback({ ...tone, toVersion: 4, author: author() }), 'not_found')
    const never = { namespace: 'user:alice', key: 'never' }
    await refusal(storage.memories.rollback({ ...never, toVersion: 1, author: author() }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
  })

  it('compares and swaps', async () => {
    const { storage } = subject
    await add(storage)
    await storage.memories.update({ ...tone, ...toValue('2') })
    const rollback = { ...tone, toVersion: 1, author: author() }
    const { details } = await refusal(storage.memories.rollback({ ...rollback, ifVersion: 1 }), 'conflict')
    expect(details).toEqual({ version: 2, expected: 1 })
    expect(await storage.memories.rollback({ ...rollback, ifVersion: 2 })).toMatchObject({ version: 3 })
  })

  it('refuses to change what happened', async () => {
    const { storage } = subject
    await add(storage, { type: 'episodic' })
    await refusal(storage.memories.rollback({ ...tone, toVersion: 1, author: author() }), 'immutable')
  })
}
