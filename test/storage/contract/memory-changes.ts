import { describe, expect, it } from 'vitest'
import { everything, spansOf } from '../../../src/access/namespace.js'
import { encodeOrigin, type NewOrigin, sourceRange } from '../../../src/memories/origin.js'
import type { ComparedMoments, UndoBatch, UndoStep } from '../../../src/storage/memory-change-store.js'
import type { Storage } from '../../../src/storage/storage.js'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  aMemory,
  anEvent,
  append,
  author,
  createSession,
  day,
  footprint,
  now,
  operations,
  type Subject,
  tone,
  toValue,
  trail,
} from './subject.js'

export function describeMemoryChanges(subject: Subject): void {
  describe('compare', () => describeCompare(subject))
  describe('undo', () => describeUndo(subject))
  describe('publish', () => describePublish(subject))
  describe('origins', () => describeOrigins(subject))
  describe('seed', () => describeSeed(subject))
}

const at = (millis: number) => ({ now: now + millis })

function describeCompare(subject: Subject): void {
  const compare = (query: Partial<ComparedMoments> = {}) =>
    subject.storage.memories.compare({
      ...{ spans: [everything], from: { knownAt: now + 10 }, to: {}, now: now + day, limit: 100 },
      ...query,
    })

  it('pairs what was visible at both moments, in key order, where its content differs', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c', 'd']) await add(storage, { key, value: '{"x":1,"y":2}' })
    await storage.memories.update({ namespace: 'user:alice', key: 'a', ...toValue('2', at(20)) })
    await storage.memories.update({ namespace: 'user:alice', key: 'b', ...toValue('{"y":2,"x":1}', at(20)) })
    await storage.memories.delete({ namespace: 'user:alice', key: 'd', author: author(at(20)) })
    await add(storage, { key: 'e' }, at(20))
    await add(storage, { key: 'a', namespace: 'user:bob' }, at(20))
    const pairs = await compare()
    expect(pairs.map(({ before, after }) => [before?.key, before?.version, after?.key, after?.version])).toEqual([
      ['a', 1, 'a', 2],
      ['d', 1, undefined, undefined],
      [undefined, undefined, 'e', 1],
      [undefined, undefined, 'a', 1],
    ])
    expect(await compare({ limit: 2 })).toEqual(pairs.slice(0, 2))
    expect(await compare({ after: ['user:alice', 'd'] })).toEqual(pairs.slice(2))
    expect(await compare({ spans: spansOf('user:bob') })).toEqual(pairs.slice(3))
    expect(await compare({ to: { knownAt: now + 10 } })).toEqual([])
  })

  it('knows new metadata and a new type, and nothing that has expired', async () => {
    const { storage } = subject
    await add(storage, { key: 'metadata' })
    await add(storage, { key: 'type' })
    await add(storage, { key: 'expired', expiresAt: now + 50 })
    const same = { ...toValue('"concise"', at(20)), metadata: '{"a":1}' }
    await storage.memories.update({ namespace: 'user:alice', key: 'metadata', ...same })
    await storage.memories.delete({ namespace: 'user:alice', key: 'type', author: author(at(20)) })
    await add(storage, { key: 'type', type: 'procedural' }, at(21))
    expect((await compare()).map(({ after }) => after?.key)).toEqual(['metadata', 'type'])
  })
}

function describeUndo(subject: Subject): void {
  const w1 = 'agent:w1'
  const batch = (changes: Partial<UndoBatch> = {}): UndoBatch => ({
    ...{ by: w1, since: now + 10, now: now + 100, limit: 100, ...changes },
  })
  const undo = (changes: Partial<UndoBatch> = {}, by = {}): Promise<UndoStep> =>
    subject.storage.memories.undo({ ...batch(changes), author: author({ ...at(100), ...by }) })
  const theirs = (millis: number) => ({ ...at(millis), actor: w1 })

  async function populate(storage: Storage): Promise<void> {
    for (const key of ['a', 'b', 'c']) await add(storage, { key })
    await storage.memories.update({ ...tone, key: 'a', ...toValue('"new"', theirs(10)) })
    await storage.memories.delete({ ...tone, key: 'b', author: author(theirs(20)) })
    await storage.memories.update({ ...tone, key: 'c', ...toValue('"new"', theirs(30)) })
    await storage.memories.update({ ...tone, key: 'c', ...toValue('"newer"', at(40)) })
    await add(storage, { key: 'd' }, theirs(50))
  }
  const done = {
    undone: [
      { namespace: 'user:alice', key: 'a', action: 'rollback', from: 2, to: 1 },
      { namespace: 'user:alice', key: 'b', action: 'restore', from: 2, to: 1 },
      { namespace: 'user:alice', key: 'd', action: 'delete', from: 1, to: null },
    ],
    skipped: [{ namespace: 'user:alice', key: 'c', version: 3, by: 'user:alice', why: 'changed since' }],
  }

  it('puts back what was there, after saying what it would do', async () => {
    const { storage } = subject
    await populate(storage)
    const before = await footprint(storage)
    expect(await storage.memories.undoPreview(batch())).toEqual({ ...done, next: null })
    expect(await footprint(storage)).toEqual(before)
    expect(await undo()).toEqual({ ...done, next: null })
    const read = async (key: string) => (await storage.memories.get({ ...tone, key, now: now + 200 }))?.value
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(read))).toEqual(['"concise"', '"concise"', '"newer"', undefined])
    const lines = (await trail(storage)).slice(0, 3)
    expect(lines.map(({ operation }) => operation).sort()).toEqual(['delete', 'restore', 'rollback'])
    for (const { detail } of lines) expect(detail).toBe('{"undo":{"by":"agent:w1","since":"2026-01-01T00:00:00.010Z"}}')
  })

  it('goes through all that was there at its start in batches, and not through what it writes', async () => {
    const { storage } = subject
    await populate(storage)
    const steps: UndoStep[] = [await undo({ limit: 1 }, { actor: w1 })]
    for (let last = steps[0]; last?.next; last = steps.at(-1)) {
      steps.push(await undo({ limit: 1, next: last.next }, { actor: w1 }))
    }
    expect(steps.flatMap(({ undone }) => undone)).toEqual(done.undone)
    expect(steps.flatMap(({ skipped }) => skipped)).toEqual(done.skipped)
    expect(steps.length).toBeLessThan(7)
  })

  it('keeps to its namespaces and its moment', async () => {
    const { storage } = subject
    await populate(storage)
    expect(await undo({ namespaces: ['user:alic', 'user:bob'] })).toEqual({ undone: [], skipped: [], next: null })
    expect((await undo({ since: now + 45, namespaces: ['user:alice'] })).undone).toEqual(done.undone.slice(2))
    expect((await undo({ since: now + 21 })).skipped).toEqual(done.skipped)
  })
}

function describePublish(subject: Subject): void {
  const to = { namespace: 'project:apollo', key: 'tone' }
  const publish = (more: object = {}) =>
    subject.storage.memories.publish({ from: tone, to, chain: 'new-chain', author: author(at(9)), ...more })

  it('appends what is visible, as the first version or the next', async () => {
    const { storage } = subject
    await add(storage, { metadata: '{"a":1}', expiresAt: now + day })
    expect(await publish()).toMatchObject({
      ...to,
      ...{ version: 1, chain: 'new-chain', type: 'semantic', value: '"concise"', metadata: '{"a":1}' },
      ...{ expiresAt: now + day, createdBy: 'user:alice' },
    })
    expect(await publish({ chain: 'other', ifVersion: 1 })).toMatchObject({ version: 2, chain: 'new-chain' })
    const found = await storage.memories.origins({ ...to, now: now + 10 })
    const source = '{"key":"tone","namespace":"user:alice","version":1}'
    expect(found).toMatchObject({
      version: 2,
      origins: [{ kind: 'memory', source, createdBy: 'user:alice', owner: null }],
    })
    expect(await operations(storage, { entry: to })).toEqual(['memory publish', 'memory publish'])
  })

  it('refuses what is not there, stale versions and episodes, and changes nothing', async () => {
    const { storage } = subject
    await refusal(publish(), 'not_found')
    await add(storage)
    await add(storage, { ...to, type: 'episodic' })
    const before = await footprint(storage)
    await refusal(publish(), 'immutable')
    await refusal(publish({ to: { ...to, key: 'none' }, ifVersion: 1 }), 'conflict')
    await refusal(publish({ from: to, to: tone, ifVersion: 2 }), 'conflict')
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeOrigins(subject: Subject): void {
  const event = encodeOrigin({ event: { session: 's1', eventId: 'e1' } })
  const page = encodeOrigin({ document: { path: 'notes.md' } })

  it('stand with the version that they were named for', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent()])
    await add(storage, { origins: [event] }, at(1))
    await storage.memories.update({ ...tone, ...toValue('"warm"', at(2)), origins: [page] })
    const origins = (version?: number) =>
      storage.memories.origins({ ...tone, now: now + 3, ...(version !== undefined && { version }) })
    const by = { createdBy: 'user:alice' }
    expect(await origins()).toEqual({ version: 2, origins: [{ ...page, ...by, createdAt: now + 2, owner: null }] })
    const owner = { app: 'support', user: 'alice' }
    expect(await origins(1)).toEqual({ version: 1, origins: [{ ...event, ...by, createdAt: now + 1, owner }] })
    await storage.sessions.delete({ id: 's1', owner: undefined, author: author() })
    expect((await origins(1))?.origins).toMatchObject([{ ...event, owner: null }])
    expect(await origins(3)).toBeUndefined()
    expect(await storage.memories.origins({ ...tone, key: 'none', now })).toBeUndefined()
  })

  it('are refused when they are not there, or not for whoever names them, with nothing written', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent()])
    await add(storage)
    const link = (origin: NewOrigin, more: object = {}) =>
      storage.memories.link({ ...tone, origin, author: author(), ...more })
    const none = encodeOrigin({ event: { session: 's1', eventId: 'none' } })
    const noMemory = encodeOrigin({ memory: { namespace: 'user:alice', key: 'none' } })
    const noVersion = encodeOrigin({ memory: { ...tone, version: 2 } })
    const before = await footprint(storage)
    for (const origin of [none, noMemory, noVersion]) {
      await refusal(link(origin), 'not_found')
      await refusal(add(storage, { key: 'new', origins: [page, origin] }), 'not_found')
      await refusal(storage.memories.update({ ...tone, ...toValue('2', at(2)), origins: [origin] }), 'not_found')
    }
    await refusal(link(event, { sessionsOf: { app: 'support', user: 'bob' } }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
    expect((await link(event, { sessionsOf: { app: 'support', user: 'alice' } })).origins).toHaveLength(1)
  })

  it('mean the version of a memory that is there when they are named', async () => {
    const { storage } = subject
    await add(storage)
    await add(storage, { key: 'copy', origins: [encodeOrigin({ memory: tone })] }, at(1))
    const found = await storage.memories.origins({ ...tone, key: 'copy', now: now + 2 })
    expect(found?.origins).toMatchObject([encodeOrigin({ memory: { ...tone, version: 1 } })])
  })

  it('say nothing of a session that has taken the id of a deleted one since', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent()])
    await add(storage, { origins: [event] }, at(1))
    await storage.sessions.delete({ id: 's1', owner: undefined, author: author() })
    await createSession(storage, { user: 'bob' }, { now: now + 2 })
    expect((await storage.memories.origins({ ...tone, now: now + 3 }))?.origins).toMatchObject([{ owner: null }])
  })

  it('are linked once, and audited once', async () => {
    const { storage } = subject
    await add(storage)
    const link = (more: object = {}) => storage.memories.link({ ...tone, origin: page, author: author(), ...more })
    const linked = { version: 1, origins: [{ ...page, createdBy: 'user:alice', createdAt: now, owner: null }] }
    expect(await link()).toEqual(linked)
    const before = await footprint(storage)
    expect(await link({ version: 1 })).toEqual(linked)
    await refusal(link({ version: 2 }), 'not_found')
    await refusal(link({ key: 'none' }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
    expect(await operations(storage)).toEqual(['memory create', 'memory update'])
  })

  it('lead to versions within spans, in pages', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent()])
    for (const key of ['a', 'b', 'c']) await add(storage, { key, origins: [page, event] })
    await add(storage, { namespace: 'user:bob', origins: [page] })
    const range = sourceRange({ document: { path: 'notes.md' } })
    const query = { ...range, spans: spansOf('user:alice'), now, limit: 2 }
    const first = await storage.memories.fromOrigin(query)
    expect(first.map(({ key }) => key)).toEqual(['a', 'b'])
    const last = first.at(-1)
    const after: [string, number] = [last?.source ?? '', last?.place ?? 0]
    expect((await storage.memories.fromOrigin({ ...query, after })).map(({ key }) => key)).toEqual(['c'])
    expect(await storage.memories.fromOrigin({ ...query, kind: 'event' })).toEqual([])
  })
}

function describeSeed(subject: Subject): void {
  it('adds what never was there, and answers with the latest version of the rest, as it stays', async () => {
    const { storage } = subject
    await add(storage, { key: 'edited' })
    await storage.memories.update({ ...tone, key: 'edited', ...toValue('2', at(1)) })
    await add(storage, { key: 'deleted' })
    await storage.memories.delete({ ...tone, key: 'deleted', author: author() })
    const before = await trail(storage)
    const entries = ['edited', 'deleted', 'new'].map((key) => aMemory({ key, value: '"seed"' }))
    const there = [{ version: 2, value: '2' }, { version: 2, deleted: 1 }, null]
    expect(await storage.memories.seed({ entries, author: author(at(5)) })).toMatchObject(there)
    expect(await storage.memories.seed({ entries, author: author(at(6)) })).toMatchObject([
      ...there.slice(0, 2),
      { version: 1, value: '"seed"', recordedAt: now + 5 },
    ])
    expect((await trail(storage)).length).toBe(before.length + 1)
  })
}
