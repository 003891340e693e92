import { expect, it } from 'vitest'
import type { DueText, SpaceRow } from '../../../src/storage/embedding-store.js'
import { refusal } from '../../helpers/refusal.js'
import { answerAll, answers, aSpace, dueIn, openSpace, progressOf, space, vectorFor } from './embedding-subject.js'
import { add, anEvent, append, author, createSession, footprint, now, type Subject, tone, trail } from './subject.js'

const other = 'fake/other/2'
const full = { waiting: 0, failed: 0, failures: [], postponed: [], unqueued: 0 }

export function describeSpaces(subject: Subject): void {
  const states = async (): Promise<Record<string, SpaceRow['state']>> => {
    const spaces = await subject.storage.embeddings.spaces()
    return Object.fromEntries(spaces.map(({ name, state }) => [name, state]))
  }
  const remember = (key: string, value = `"${key}"`) => add(subject.storage, { key, chain: key, value })
  const forget = (key: string) =>
    subject.storage.memories.delete({ namespace: 'user:alice', key, author: author({ now: now + 1 }) })
  const activate = (name: string, by = {}) =>
    subject.storage.embeddings.activate({ space: name, attempts: 8, author: author({ now: now + 5, ...by }) })
  const rollback = (name: string) =>
    subject.storage.embeddings.rollback({ space: name, author: author({ now: now + 9 }) })
  const drop = (name: string, limit = 100) =>
    subject.storage.embeddings.drop({ space: name, limit, author: author({ now: now + 9 }) })
  /** A store with two memories and two spaces, of which the second is the active one. */
  const migrated = async (): Promise<void> => {
    await remember('a')
    await remember('b')
    await openSpace(subject.storage)
    await answerAll(subject.storage)
    await openSpace(subject.storage, other)
    await answerAll(subject.storage, other)
    expect(await activate(other)).toBe(true)
  }

  it('begin with one that is active, and go on with one that is being filled', async () => {
    const { storage } = subject
    expect(await storage.embeddings.spaces()).toEqual([])
    const untried = { found: null, triedWith: 0 }
    const row = { state: 'active', createdAt: now, activatedAt: now, ...untried }
    expect(await openSpace(storage)).toEqual({ ...aSpace(), ...row })
    const next = { ...aSpace({ name: other }), state: 'filling', createdAt: now, activatedAt: null, ...untried }
    expect(await openSpace(storage, other)).toEqual(next)
    expect(await storage.embeddings.spaces()).toEqual([next, { ...aSpace(), ...row }])
    const lines = (await trail(storage)).map(({ subject, operation, detail }) => [subject, operation, detail])
    expect(lines.reverse()).toEqual([
      ['store', 'create', JSON.stringify({ space, state: 'active' })],
      ['store', 'create', JSON.stringify({ space: other, state: 'filling' })],
    ])
  })

  it('are not dropped while they are active, if that is asked for', async () => {
    await migrated()
    const { storage } = subject
    const dropInactive = (name: string) =>
      storage.embeddings.drop({ space: name, limit: 100, unlessActive: true, author: author({ now: now + 9 }) })
    await refusal(dropInactive(other), 'illegal_transition')
    expect(await states()).toEqual({ [space]: 'kept', [other]: 'active' })
    expect(await dropInactive(space)).toBe(true)
    expect(await drop(other)).toBe(true)
  })

  it('are the same by the same name, and are not made again', async () => {
    const { storage } = subject
    const active = await openSpace(storage)
    const filling = await openSpace(storage, other)
    const before = await footprint(storage)
    expect(await openSpace(storage)).toEqual(active)
    expect(await openSpace(storage, other)).toEqual(filling)
    expect(await footprint(storage)).toEqual(before)
  })

  it('are filled one at a time', async () => {
    const { storage } = subject
    await openSpace(storage)
    await openSpace(storage, other)
    const before = await footprint(storage)
    const refused = await refusal(openSpace(storage, 'fake/third/2'), 'conflict')
    expect(refused.message).toContain(other)
    expect(await footprint(storage)).toEqual(before)
  })

  it('keep their dimensions and prefixes', async () => {
    const { storage } = subject
    await openSpace(storage)
    for (const changes of [{ dimensions: 3 }, { documentPrefix: '' }, { queryPrefix: 'other' }])
      await refusal(storage.embeddings.open({ ...aSpace(changes), author: author() }), 'conflict')
    expect(await storage.embeddings.spaces()).toMatchObject([aSpace()])
  })

  it('tell how far they are', async () => {
    const { storage } = subject
    expect(await progressOf(storage)).toBeNull()
    for (const key of ['a', 'b', 'c']) await remember(key)
    await openSpace(storage)
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 0, unqueued: 3 })
    await remember('d')
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 0, waiting: 1, unqueued: 3 })
    await storage.embeddings.queue({ space, limit: 2 })
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 0, waiting: 3, unqueued: 1 })
    await storage.embeddings.queue({ space, limit: 2 })
    const [due] = await dueIn(storage)
    await storage.embeddings.save(answers({ vectors: due ? [vectorFor(due)] : [] }))
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 1, waiting: 3 })
    await answerAll(storage)
    await remember('e')
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 4, waiting: 1 })
    expect((await storage.info()).rows).toMatchObject({ memories: 5, vectors: 4 })
  })

  it('count nothing as waiting after a rollback but what came since they were kept, or what they had not done', async () => {
    const { storage } = subject
    await migrated()
    await remember('c')
    await answerAll(storage, other)
    await rollback(space)
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 2, unqueued: 1 })
    await remember('d')
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 2, waiting: 1, unqueued: 1 })
    await answerAll(storage)
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 4 })
  })

  it('wait for nothing while they are kept, and for what they had not done when they are wanted again', async () => {
    const { storage } = subject
    await migrated()
    await remember('c')
    await remember('d')
    await rollback(space)
    const now = Number.MAX_SAFE_INTEGER
    const hasDue = () => storage.embeddings.hasDue({ space: other, now })
    expect([await progressOf(storage, other), await dueIn(storage, other), await hasDue()]).toEqual([
      { ...full, vectors: 2 },
      [],
      false,
    ])
    await rollback(other)
    expect(await progressOf(storage, other)).toMatchObject({ waiting: 2 })
    expect((await dueIn(storage, other)).map(({ text }) => text)).toEqual(['c: c', 'd: d'])
  })

  it('become active when all has a vector, and not before', async () => {
    const { storage } = subject
    await remember('a')
    await openSpace(storage)
    await openSpace(storage, other)
    expect(await activate(other)).toBe(false)
    await storage.embeddings.queue({ space: other, limit: 100 })
    expect(await activate(other)).toBe(false)
    await answerAll(storage, other)
    await remember('b')
    expect(await activate(other)).toBe(false)
    await answerAll(storage, other)
    expect(await activate(other)).toBe(true)
    expect(await states()).toEqual({ [space]: 'kept', [other]: 'active' })
    expect((await storage.embeddings.spaces())[0]).toMatchObject({ createdAt: now, activatedAt: now + 5 })
    expect((await trail(storage))[0]).toMatchObject({ operation: 'update', detail: expect.stringContaining(other) })
    expect(await activate(other)).toBe(false)
    expect(await activate(space)).toBe(false)
    expect(await activate('none')).toBe(false)
  })

  it('are full in spite of what cannot be embedded, but not of what is tried again', async () => {
    const { storage } = subject
    await remember('a')
    await remember('b')
    await openSpace(storage)
    await openSpace(storage, other)
    await storage.embeddings.queue({ space: other, limit: 100 })
    const [first, second] = await dueIn(storage, other)
    if (first === undefined || second === undefined) throw new Error('nothing is due')
    const failure = { item: second.item, hash: second.hash, error: 'busy', runAfter: now + 1 }
    await storage.embeddings.save(answers({ space: other, vectors: [vectorFor(first)], failures: [failure] }))
    expect(await activate(other)).toBe(false)
    await storage.embeddings.save(answers({ space: other, failures: [{ ...failure, runAfter: null }] }))
    expect(await activate(other)).toBe(true)
    expect(await progressOf(storage, other)).toMatchObject({ vectors: 1, waiting: 0, failed: 1 })
  })

  it('are full in spite of what is tried again after it has failed again and again, if that is less than has a vector', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c']) await remember(key)
    await openSpace(storage)
    await openSpace(storage, other)
    await storage.embeddings.queue({ space: other, limit: 100 })
    const [first, second, third] = await dueIn(storage, other)
    if (first === undefined || second === undefined || third === undefined) throw new Error('nothing is due')
    await storage.embeddings.save(answers({ space: other, vectors: [vectorFor(first)] }))
    const fails = ({ item, hash }: DueText) => ({ item, hash, error: 'it hung up', runAfter: now + 1 })
    for (let times = 1; times <= 8; times++) {
      expect(await activate(other)).toBe(false)
      await storage.embeddings.save(answers({ space: other, failures: [second, third].map(fails) }))
    }
    expect(await activate(other)).toBe(false)
    await storage.embeddings.save(answers({ space: other, vectors: [vectorFor(second)] }))
    expect(await activate(other)).toBe(true)
    expect(await progressOf(storage, other)).toMatchObject({ vectors: 2, waiting: 1, failed: 0 })
  })

  it('that were active are the way back, and get what came meanwhile', async () => {
    const { storage } = subject
    await migrated()
    await remember('c')
    await forget('a')
    await answerAll(storage, other)
    expect(await dueIn(storage)).toEqual([])
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 1 })
    expect(await rollback(space)).toMatchObject({ name: space, state: 'active', activatedAt: now + 9 })
    expect(await states()).toEqual({ [space]: 'active', [other]: 'kept' })
    expect((await trail(storage))[0]).toMatchObject({ operation: 'update', detail: expect.stringContaining(space) })
    while (!(await storage.embeddings.queue({ space, limit: 1 })));
    expect((await dueIn(storage)).map(({ text }) => text)).toEqual(['c: c'])
    await answerAll(storage)
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 2 })
  })

  it('go back to one that is active already, which changes nothing', async () => {
    const { storage } = subject
    await migrated()
    const before = await footprint(storage)
    expect(await rollback(other)).toMatchObject({ name: other, state: 'active', activatedAt: now + 5 })
    expect(await footprint(storage)).toEqual(before)
  })

  it('never go back to one that is not there, or never was active', async () => {
    const { storage } = subject
    await openSpace(storage)
    await openSpace(storage, other)
    await refusal(rollback('none'), 'not_found')
    await refusal(rollback(other), 'illegal_transition')
    expect(await states()).toEqual({ [space]: 'active', [other]: 'filling' })
  })

  it('that are kept are filled again when they are wanted again', async () => {
    const { storage } = subject
    await migrated()
    await remember('c')
    expect(await openSpace(storage)).toMatchObject({ state: 'filling', createdAt: now, activatedAt: now })
    expect(await activate(space)).toBe(false)
    expect(await answerAll(storage)).toBe(1)
    expect(await activate(space)).toBe(true)
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 3 })
  })

  it('are dropped step by step, and are of no use from the first', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c', 'd', 'e']) await remember(key)
    await openSpace(storage)
    await answerAll(storage)
    expect(await drop(space, 2)).toBe(false)
    expect(await states()).toEqual({ [space]: 'kept' })
    expect(await progressOf(storage)).toMatchObject({ vectors: 3 })
    expect(await drop(space, 2)).toBe(false)
    expect(await drop(space, 2)).toBe(true)
    expect(await states()).toEqual({})
    expect((await trail(storage))[0]).toMatchObject({ operation: 'delete', detail: JSON.stringify({ space }) })
    await refusal(drop(space), 'not_found')
    expect(await openSpace(storage)).toMatchObject({ state: 'active' })
    expect(await progressOf(storage)).toEqual({ ...full, vectors: 0, unqueued: 5 })
  })

  it('go with their jobs, and leave those of others', async () => {
    const { storage } = subject
    await openSpace(storage)
    await openSpace(storage, other)
    for (const key of ['a', 'b', 'c']) await remember(key)
    expect(await drop(other, 2)).toBe(false)
    expect(await progressOf(storage)).toMatchObject({ waiting: 3 })
    expect(await drop(other, 2)).toBe(true)
    expect(await answerAll(storage)).toBe(3)
    expect(await states()).toEqual({ [space]: 'active' })
  })

  it('that are half dropped are not full, and are filled again by whoever wants them back', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c']) await remember(key)
    await openSpace(storage)
    await openSpace(storage, other)
    await answerAll(storage, other)
    expect(await drop(other, 2)).toBe(false)
    expect(await activate(other)).toBe(false)
    await openSpace(storage, other)
    expect(await answerAll(storage, other)).toBe(2)
    expect(await activate(other)).toBe(true)
    expect(await drop(other, 1)).toBe(false)
    expect(await rollback(other)).toMatchObject({ state: 'active' })
    expect(await answerAll(storage, other)).toBe(1)
    expect(await progressOf(storage, other)).toEqual({ ...full, vectors: 3 })
  })

  it('are not filled while they are dropped, whether they were active or being filled', async () => {
    const { storage } = subject
    for (const key of ['a', 'b', 'c']) await remember(key)
    await openSpace(storage)
    await answerAll(storage)
    await openSpace(storage, other)
    await answerAll(storage, other)
    for (const name of [other, space]) {
      expect(await drop(name, 2)).toBe(false)
      await remember(`beside ${name}`)
      expect((await states())[name]).toBe('kept')
      expect(await storage.embeddings.hasDue({ space: name, now: 9_000 })).toBe(false)
      expect(await dueIn(storage, name)).toEqual([])
    }
  })

  it('are tried on long texts, and vectors of others', async () => {
    const { storage } = subject
    const sample = (texts: number, others: number) => storage.embeddings.trialSample({ space, texts, others })
    expect(await sample(3, 5)).toBeNull()
    await openSpace(storage)
    expect(await sample(3, 5)).toEqual({ texts: [], others: [] })
    const long = (index: number): string => `long ${index} ${'and so on and on '.repeat(3)}`.trim()
    for (let index = 0; index < 10; index++) {
      await remember(`short${index}`)
      await add(storage, { key: `long${index}`, chain: `long${index}`, value: JSON.stringify(long(index)) })
    }
    await answerAll(storage)
    const found = await sample(3, 5)
    expect(found?.texts.map(({ text }) => /^long\d: long \d and so on/.test(text))).toEqual([true, true, true])
    expect(new Set(found?.texts.map(({ text }) => text)).size).toBe(3)
    expect(found?.others).toEqual(Array(5).fill(Float32Array.of(0.6, 0.8)))
    expect(await sample(3, 5)).toEqual(found)
    const all = await sample(100, 100)
    expect([all?.texts.length, all?.others.length]).toEqual([10, 10])
    await storage.embeddings.noteTrial({ space, found: 0.75, vectors: 20 })
    expect(await storage.embeddings.spaces()).toMatchObject([{ found: 0.75, triedWith: 20 }])
    await storage.embeddings.noteTrial({ space, found: null, vectors: 21 })
    expect(await storage.embeddings.spaces()).toMatchObject([{ found: null, triedWith: 21 }])
  })

  it('are tried on texts of all owners in turn, whatever one of them has', async () => {
    const { storage } = subject
    await openSpace(storage)
    const text = (name: string): string => `${name} ${'and so on and on '.repeat(3)}`.trim()
    const many = async (namespace: string, count: number) => {
      for (let index = 0; index < count; index++) {
        const key = `${namespace} ${index}`
        await add(storage, { namespace, key, chain: key, value: JSON.stringify(text(key)) })
      }
    }
    await createSession(storage)
    await append(
      storage,
      [1, 2].map((id) => anEvent({ eventId: `e${id}`, content: JSON.stringify({ text: text('said') }) })),
    )
    await many('user:carol', 30)
    await many('user:carol:notes', 30)
    await many('session:s1', 2)
    await many('project:default', 3)
    for (let index = 0; index < 40; index++) await remember(`short${index}`)
    await answerAll(storage)
    const owners = async (texts: number) => {
      const sample = await storage.embeddings.trialSample({ space, texts, others: 90 })
      return sample?.texts.map(({ owner }) => owner).sort()
    }
    // The session is alice's, and so is what is kept beside it.
    expect(await owners(3)).toEqual(['project:default', 'user:alice', 'user:carol'])
    expect(await owners(12)).toEqual([
      ...Array(3).fill('project:default'),
      ...Array(4).fill('user:alice'),
      ...Array(5).fill('user:carol'),
    ])
  })

  it('are to be tried with enough vectors, when half of them are gone, and when as many are new', async () => {
    const { storage } = subject
    const due = (fewest = 4) => storage.embeddings.trialDue({ space, fewest })
    const many = async (...keys: string[]) => {
      for (const key of keys) await remember(key)
      await answerAll(storage)
    }
    const tried = (vectors: number) => storage.embeddings.noteTrial({ space, found: 0, vectors })
    expect(await due()).toBeNull()
    await openSpace(storage)
    await many('a', 'b', 'c')
    expect(await due()).toBeNull()
    await many('d')
    expect(await due()).toBe(4)
    await tried(4)
    expect(await due()).toBeNull()
    await many('e', 'f', 'g')
    expect(await due()).toBeNull()
    for (const key of ['a', 'b']) await forget(key)
    await many('h')
    expect(await due()).toBe(6)
    await tried(6)
    for (const key of ['c', 'd']) await forget(key)
    expect(await due()).toBeNull()
    await forget('e')
    expect(await due()).toBe(3)
    await tried(3)
    expect(await due()).toBeNull()
    for (const key of ['f', 'g', 'h']) await forget(key)
    expect(await due()).toBe(0)
    await tried(0)
    expect(await due()).toBeNull()
  })

  it('mean the same to every handle', async () => {
    const { storage } = subject
    const another = await subject.another()
    await openSpace(storage)
    await add(another, { value: '"from another"' })
    expect((await dueIn(storage)).map(({ text }) => text)).toEqual(['tone: from another'])
    expect(await answerAll(another)).toBe(1)
    expect(await dueIn(storage)).toEqual([])
    expect(await openSpace(another, other)).toMatchObject({ state: 'filling' })
    await refusal(openSpace(storage, 'fake/third/2'), 'conflict')
    await answerAll(storage, other)
    const both = [storage, another].map(({ embeddings }) =>
      embeddings.activate({ space: other, attempts: 8, author: author() }),
    )
    expect((await Promise.all(both)).sort()).toEqual([false, true])
    await another.memories.delete({ ...tone, author: author({ now: now + 1 }) })
    expect(await progressOf(storage, other)).toEqual({ ...full, vectors: 0 })
  })
}
