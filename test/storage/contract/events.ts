import { describe, expect, it } from 'vitest'
import type { EventQuery, NewEvent } from '../../../src/storage/session-store.js'
import { refusal } from '../../helpers/refusal.js'
import {
  anEvent,
  append,
  author,
  createSession,
  footprint,
  now,
  operations,
  type Subject,
  s1,
  trail,
} from './subject.js'

export function describeEvents(subject: Subject): void {
  const events = async (query: Partial<EventQuery> = {}) =>
    (await subject.storage.sessions.events({ ...s1, order: 'asc', after: 0, before: 1e9, limit: 1000, ...query })) ?? []
  const seqs = async (query: Partial<EventQuery> = {}) => (await events(query)).map(({ seq }) => seq)
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => anEvent({ eventId: `e${from + index}` }))

  describe('append', () => {
    it('numbers events, stamps them, and makes a created session active', async () => {
      const { storage } = subject
      await createSession(storage)
      const first = anEvent({ timestamp: 5, isFinal: 1, stateDelta: '{"a":1}', type: 'tool_call', actor: 'tool:grep' })
      const appended = await append(storage, [first, anEvent({ eventId: 'e2' })], { now: now + 7 })
      const stored = { eventId: 'e1', seq: 1, type: 'tool_call', actor: 'tool:grep', timestamp: 5, recordedAt: now + 7 }
      expect(appended).toMatchObject([
        { duplicate: false, event: { ...stored, content: '{"text":"hello"}', stateDelta: '{"a":1}', isFinal: 1 } },
        { duplicate: false, event: { eventId: 'e2', seq: 2, timestamp: now + 7, stateDelta: null, isFinal: 0 } },
      ])
      expect(await events()).toMatchObject(appended.map(({ event }) => event))
      expect(await storage.sessions.get(s1)).toMatchObject({ status: 'active', lastSeq: 2, updatedAt: now + 7 })
    })

    it('writes one audit line for each call that stored something', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent()])
      await append(storage, numbered(2, 4))
      await append(storage, numbered(2, 4))
      await append(storage, [])
      expect((await trail(storage, { subject: 'event' })).map(({ session, detail }) => [session, detail])).toEqual([
        ['s1', '{"from":2,"to":4}'],
        ['s1', '{"seq":1}'],
      ])
    })

    it('goes on in a paused session and leaves it paused', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent()])
      await storage.sessions.setStatus({ ...s1, to: 'paused', chain: 'c', author: author() })
      await append(storage, [anEvent({ eventId: 'e2' })])
      expect(await storage.sessions.get(s1)).toMatchObject({ status: 'paused', lastSeq: 2 })
    })

    it('stores all of a batch or nothing', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent()])
      const before = await footprint(storage)
      const change = { scope: 'user', owner: 'alice', key: 'k', value: '1' } as const
      const conflicting = [anEvent({ eventId: 'e2', changes: [change] }), anEvent({ content: '{"text":"other"}' })]
      await refusal(append(storage, conflicting), 'conflict')
      await refusal(append(storage, [anEvent({ eventId: 'twin' }), anEvent({ eventId: 'twin' })]), 'invalid_input')
      expect(await footprint(storage)).toEqual(before)
      expect(await seqs()).toEqual([1])
    })

    it('refuses a session that is not there, and one that has ended', async () => {
      const { storage } = subject
      await refusal(append(storage, [anEvent()]), 'not_found')
      await createSession(storage)
      for (const to of ['terminated', 'archived'] as const) {
        await storage.sessions.setStatus({ ...s1, to, chain: 'c', author: author() })
        await refusal(append(storage, [anEvent()]), 'illegal_transition')
      }
      expect(await seqs()).toEqual([])
    })
  })

  describe('a retry', () => {
    it('is answered with the stored event and stores nothing', async () => {
      const { storage } = subject
      await createSession(storage)
      const [first] = await append(storage, [
        anEvent({ changes: [{ scope: 'user', owner: 'alice', key: 'n', value: '1' }] }),
      ])
      await append(storage, [
        anEvent({ eventId: 'e2', changes: [{ scope: 'user', owner: 'alice', key: 'n', value: '2' }] }),
      ])
      const before = await footprint(storage)
      const retry = anEvent({ changes: [{ scope: 'user', owner: 'alice', key: 'n', value: '1' }] })
      expect(await append(storage, [retry], { now: now + 99 })).toMatchObject([
        { duplicate: true, event: first?.event },
      ])
      expect(await footprint(storage)).toEqual(before)
      expect(await storage.sessions.state({ ...s1, scopes: ['user'] })).toMatchObject([{ value: '2' }])
      expect(await storage.sessions.get(s1)).toMatchObject({ lastSeq: 2, updatedAt: now })
    })

    it('is looked at before the expected number, and before the end of the session', async () => {
      const { storage } = subject
      await createSession(storage)
      const retry = { ...s1, events: [anEvent()], expectedSeq: 0, author: author() }
      expect(await storage.sessions.append(retry)).toMatchObject([{ duplicate: false, event: { seq: 1 } }])
      expect(await storage.sessions.append(retry)).toMatchObject([{ duplicate: true, event: { seq: 1 } }])
      await storage.sessions.setStatus({ ...s1, to: 'terminated', chain: 'c', author: author() })
      expect(await storage.sessions.append(retry)).toMatchObject([{ duplicate: true, event: { seq: 1 } }])
      const other = { ...retry, events: [anEvent({ content: '{"text":"other"}' })] }
      await refusal(storage.sessions.append(other), 'conflict')
    })

    it('may write its JSON with other key order and spaces', async () => {
      const { storage } = subject
      await createSession(storage)
      const event = anEvent({ content: '{"a":{"x":1,"y":[1,2]},"b":2}', stateDelta: '{"k":1,"l":2}' })
      await append(storage, [event])
      const same = { ...event, content: '{"b":2, "a":{"y":[1,2],"x":1.0}}', stateDelta: '{"l":2,"k":1}' }
      expect(await append(storage, [same])).toMatchObject([{ duplicate: true, event: { content: event.content } }])
    })

    it('need not repeat a timestamp that it left to the store', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent()], { now: 5 })
      expect(await append(storage, [anEvent()], { now: 6 })).toMatchObject([
        { duplicate: true, event: { timestamp: 5 } },
      ])
      expect(await append(storage, [anEvent({ timestamp: 5 })])).toMatchObject([{ duplicate: true }])
    })

    it('with anything else in it is a conflict', async () => {
      const { storage } = subject
      await createSession(storage)
      const event = anEvent({ content: '{"list":[1,2]}', stateDelta: '{"a":1}', timestamp: 5 })
      await append(storage, [event])
      const others: Partial<NewEvent>[] = [
        { content: '{"list":[2,1]}' },
        { content: '{"list":[1,2],"more":null}' },
        { type: 'action' },
        { actor: 'user:bob' },
        { timestamp: 6 },
        { stateDelta: '{"a":2}' },
        { stateDelta: null },
        { isFinal: 1 },
      ]
      for (const other of others) await refusal(append(storage, [{ ...event, ...other }]), 'conflict')
      expect(await seqs()).toEqual([1])
    })

    it('may be part of a batch that has new events as well', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, numbered(1, 2))
      const mixed = await append(storage, [...numbered(2, 3), ...numbered(1, 1), ...numbered(4, 4)])
      expect(mixed.map(({ duplicate, event }) => [event.eventId, event.seq, duplicate])).toEqual([
        ['e2', 2, true],
        ['e3', 3, false],
        ['e1', 1, true],
        ['e4', 4, false],
      ])
    })

    it('concerns its own session only', async () => {
      const { storage } = subject
      await createSession(storage)
      await createSession(storage, { id: 's2' })
      await append(storage, [anEvent()])
      expect(await append(storage, [anEvent({ content: '{}' })], {}, 's2')).toMatchObject([{ duplicate: false }])
    })
  })

  describe('the expected number', () => {
    it('must be the last one, otherwise it is a conflict that names the last', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, numbered(1, 2))
      const third = { ...s1, events: numbered(3, 3), author: author() }
      for (const expectedSeq of [0, 1, 3]) {
        const { details } = await refusal(storage.sessions.append({ ...third, expectedSeq }), 'conflict')
        expect(details).toEqual({ lastSeq: 2, expected: expectedSeq })
      }
      expect(await storage.sessions.append({ ...third, expectedSeq: 2 })).toMatchObject([{ event: { seq: 3 } }])
    })

    it('lets one of two who swap win', async () => {
      const { storage } = subject
      await createSession(storage)
      const outcomes = await Promise.allSettled(
        numbered(1, 2).map((event) =>
          storage.sessions.append({ ...s1, events: [event], expectedSeq: 0, author: author() }),
        ),
      )
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    })
  })

  it('of ten who append at once are all kept, in one sequence without a gap', async () => {
    const { storage } = subject
    await createSession(storage)
    const handles = [storage, await subject.another(), await subject.another()]
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      const handle = handles[writer % handles.length] ?? storage
      for (let index = 0; index < 20; index++) {
        const change = { scope: 'session', owner: 's1', key: `w${writer}-${index}`, value: `${index}` } as const
        await append(handle, [anEvent({ eventId: `${writer}-${index}`, changes: [change] })])
      }
    })
    await Promise.all(writers)
    expect(await seqs()).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(new Set((await events()).map(({ eventId }) => eventId)).size).toBe(200)
    expect(await storage.sessions.state({ ...s1, scopes: ['session'] })).toHaveLength(200)
    for (let writer = 0; writer < 10; writer++) {
      const own = (await events()).filter(({ eventId }) => eventId.startsWith(`${writer}-`))
      expect(own.map(({ eventId }) => eventId)).toEqual(Array.from({ length: 20 }, (_, index) => `${writer}-${index}`))
    }
    expect(await operations(storage, { subject: 'event' })).toHaveLength(200)
  })

  it('are read in both directions, between bounds, by type and in pages', async () => {
    const { storage } = subject
    await createSession(storage)
    const types = ['message', 'action', 'tool_call', 'reflection', 'state_change', 'message', 'message'] as const
    await append(
      storage,
      types.map((type, index) => anEvent({ eventId: `e${index + 1}`, type })),
    )
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await seqs({ order: 'desc' })).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(await seqs({ after: 2, before: 5 })).toEqual([3, 4])
    expect(await seqs({ after: 2, before: 5, order: 'desc' })).toEqual([4, 3])
    expect(await seqs({ limit: 2, after: 4 })).toEqual([5, 6])
    expect(await seqs({ limit: 2, before: 4, order: 'desc' })).toEqual([3, 2])
    expect(await seqs({ type: 'message', limit: 2 })).toEqual([1, 6])
    expect(await seqs({ type: 'message', limit: 2, order: 'desc' })).toEqual([7, 6])
    expect(await seqs({ after: 7 })).toEqual([])
    const unknown = { id: 'unknown', owner: undefined, order: 'asc', after: 0, before: 9, limit: 9 } as const
    expect(await storage.sessions.events(unknown)).toBeUndefined()
  })
}
