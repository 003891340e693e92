import { expect, it } from 'vitest'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  aMemory,
  anEvent,
  append,
  author,
  createSession,
  list,
  now,
  type Subject,
  s1,
  tone,
  toValue,
  trail,
} from './subject.js'
import { submit } from './work.js'

const t1 = { task: 't1', scope: undefined }
const nowhere = { session: null, sessionOwner: undefined }
const metric = { name: 'm', owner: undefined, labels: {}, since: 0 }

export function describeStore(subject: Subject): void {
  it('tells what it is and how much it holds', async () => {
    const { storage } = subject
    const empty = await storage.info()
    expect(empty).toMatchObject({
      engine: expect.any(String),
      engineVersion: expect.stringMatching(/\d/),
      schemaVersion: expect.any(Number),
    })
    expect(empty.schemaVersion).toBeGreaterThan(0)
    expect(empty.bytes).toBeGreaterThan(0)
    expect(empty.location).not.toBe('')
    await createSession(storage)
    await append(storage, [anEvent({ changes: [{ scope: 'user', owner: 'alice', key: 'k', value: '1' }] })])
    await add(storage)
    await storage.memories.update({ ...tone, ...toValue('2') })
    await submit(storage, [{}])
    await storage.checkpoints.put({ ...t1, iteration: 1, state: '1', ...nowhere, author: author() })
    const point = { ...{ name: 'm', value: 1 }, labels: '{}', timestamp: 0 }
    await storage.metrics.record({ points: [point, point], owner: null })
    expect((await storage.info()).rows).toEqual({
      sessions: 1,
      events: 1,
      state: 1,
      memories: 1,
      memoryVersions: 2,
      documents: 0,
      documentChunks: 0,
      vectors: 0,
      tasks: 1,
      agents: 0,
      checkpoints: 1,
      metrics: 2,
      audit: 6,
    })
  })

  it('keeps what was handed in before it was closed', async () => {
    const storage = await subject.another()
    const writes = [
      add(storage, { key: 'a', chain: 'a' }),
      add(storage, { key: 'b', chain: 'b' }),
      createSession(storage),
    ]
    const closing = storage.close()
    await Promise.all([...writes, closing])
    expect(await list(subject.storage)).toHaveLength(2)
    expect(await subject.storage.sessions.get(s1)).toBeDefined()
  })

  it('may be closed twice, and refuses everything after it', async () => {
    const storage = await subject.another()
    await Promise.all([storage.close(), storage.close()])
    await storage.close()
    const by = author()
    const calls = [
      storage.memories.add({ entries: [aMemory()], author: by }),
      storage.memories.update({ ...tone, ...toValue('1') }),
      storage.memories.delete({ ...tone, author: by }),
      storage.memories.restore({ ...tone, author: by }),
      storage.memories.rollback({ ...tone, toVersion: 1, author: by }),
      storage.memories.expire({ episodicBefore: null, limit: 1, author: by }),
      storage.memories.get({ ...tone, now }),
      storage.memories.list({ spans: [], order: 'key', now, limit: 1 }),
      storage.memories.history({ ...tone, before: 9, limit: 9, now }),
      storage.memories.namespaces({ spans: [], after: '', limit: 1, now }),
      createSession(storage),
      append(storage, [anEvent()]),
      storage.sessions.get(s1),
      storage.sessions.list({ limit: 1 }),
      storage.sessions.events({ ...s1, order: 'asc', after: 0, before: 9, limit: 9 }),
      storage.sessions.state({ ...s1, scopes: [] }),
      storage.sessions.setStatus({ ...s1, to: 'active', chain: 'c', author: by }),
      storage.sessions.delete({ ...s1, author: by }),
      storage.checkpoints.put({ ...t1, iteration: 1, state: '1', ...nowhere, author: by }),
      storage.checkpoints.get(t1),
      storage.checkpoints.list({ ...t1, before: 9, limit: 9 }),
      storage.checkpoints.countBesides({ ...t1, keep: 1 }),
      storage.checkpoints.prune({ ...t1, keep: 1, limit: 1, author: by }),
      storage.metrics.record({ points: [], owner: null }),
      storage.metrics.points({ ...metric, before: [1, 0], limit: 1 }),
      storage.metrics.buckets({ ...metric, millis: 1, before: 1, limit: 1 }),
      storage.metrics.names({ owner: undefined, after: '', limit: 1 }),
      storage.metrics.addHistograms({ minute: 0, histograms: [] }),
      storage.metrics.histograms({ since: 0 }),
      storage.metrics.prune({ before: 0, limit: 1 }),
      storage.leases.take({ name: 'n', holder: 'h', now: 0, until: 1 }),
      storage.leases.isHeld({ name: 'n', now: 0 }),
      storage.search.lexical({ terms: [{ text: 'a' }], memories: {}, now, limit: 1 }),
      storage.audit.record({ entry: { subject: 'store', operation: 'read', outcome: 'ok' }, author: by }),
      trail(storage),
      storage.info(),
    ]
    for (const call of calls) await refusal(call, 'closed')
    expect(await subject.storage.memories.get({ ...tone, now })).toBeUndefined()
  })

  it('lets go of the store for itself only', async () => {
    const storage = await subject.another()
    await add(storage)
    await storage.close()
    expect(await subject.storage.memories.get({ ...tone, now })).toMatchObject({ version: 1 })
    await subject.storage.memories.update({ ...tone, ...toValue('2') })
  })
}
