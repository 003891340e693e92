import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cairn } from '../../src/cairn.js'
import type { EventInput } from '../../src/sessions/event.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore, withStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }
const message: EventInput = { type: 'message', actor: 'user:alice', content: { text: 'Ship it on Friday' } }

async function openSession() {
  const store = await openStore()
  const { id } = await store.cairn.sessions.create(alice)
  return { ...store, id, sessions: store.cairn.as(alice).sessions }
}

async function seqs(cairn: Cairn, id: string): Promise<number[]> {
  return (await cairn.sessions.events(id)).items.map(({ seq }) => seq)
}

describe('appending an event', () => {
  it('numbers it, stamps it, and makes a created session active', async () => {
    const { sessions, id } = await openSession()
    const { event, duplicate } = await sessions.appendEvent(id, { ...message, isFinalResponse: true })
    expect(duplicate).toBe(false)
    expect(event).toEqual({
      ...message,
      eventId: expect.any(String),
      seq: 1,
      timestamp: expect.stringMatching(/^2026-01-01T/),
      recordedAt: event.timestamp,
      isFinalResponse: true,
    })
    expect(await sessions.get(id)).toMatchObject({ status: 'active', lastSeq: 1, updatedAt: event.recordedAt })
    expect((await sessions.events(id)).items).toEqual([event])
    expect((await sessions.appendEvent(id, { ...message, isFinalResponse: false })).event).not.toHaveProperty(
      'isFinalResponse',
    )
  })

  it('does not wake a paused session', async () => {
    const { sessions, id } = await openSession()
    await sessions.updateStatus(id, 'active')
    await sessions.updateStatus(id, 'paused')
    await sessions.appendEvent(id, message)
    expect((await sessions.get(id))?.status).toBe('paused')
  })

  it.each<[EventInput['timestamp'], string]>([
    [new Date('2026-03-01T12:00:00Z'), '2026-03-01T12:00:00.000Z'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T14:30:00+02:00', '2026-03-01T12:30:00.000Z'],
    [1_000.9, '1970-01-01T00:00:01.000Z'],
  ])('takes %s as its time', async (timestamp, expected) => {
    const { sessions, id } = await openSession()
    const { event } = await sessions.appendEvent(id, { ...message, timestamp })
    expect(event.timestamp).toBe(expected)
    expect(event.recordedAt).toMatch(/^2026-01-01T00:00:00/)
  })

  it.each(['user', 'agent', 'system', 'tool', 'agent:planner', 'tool:search:web', 'user:😀'])(
    'takes %s as its actor',
    async (actor) => {
      const { sessions, id } = await openSession()
      expect((await sessions.appendEvent(id, { ...message, actor })).event.actor).toBe(actor)
    },
  )

  it.each<[object, string]>([
    [{ actor: 'alice' }, "'alice' is not an actor"],
    [{ actor: 'user:' }, 'is not an actor'],
    [{ actor: '' }, 'is not an actor'],
    [{ actor: `user:${'x'.repeat(200)}` }, 'over 200 characters'],
    [{ type: 'note' }, 'type'],
    [{ content: 'text' }, 'content: expected an object, received a string'],
    [{ content: ['text'] }, 'content: expected an object, received an array'],
    [{ content: { a: undefined } }, 'content.a is undefined'],
    [{ content: { a: '\ud800' } }, 'content.a has a lone surrogate'],
    [{ eventId: '' }, 'The eventId is empty'],
    [{ eventId: 'a\0' }, 'control character'],
    [{ timestamp: 'noon' }, 'timestamp is not a time'],
    [{ timestamp: new Date(Number.NaN) }, 'timestamp'],
    [{ stateDelta: [1] }, 'stateDelta: expected an object'],
    [{ stateDelta: new Map([['k', 1]]) }, 'stateDelta: expected an object, received a Map'],
    [{ isFinalResponse: 1 }, 'isFinalResponse'],
    [{ text: 'x' }, 'text'],
  ])('refuses %j', async (change, why) => {
    const { cairn, sessions, id } = await openSession()
    const error = await refusal(sessions.appendEvent(id, { ...message, ...change } as EventInput), 'invalid_input')
    expect(error.message).toContain(why)
    expect(await seqs(cairn, id)).toEqual([])
  })

  it('keeps a key named __proto__ in content and in state', async () => {
    const { sessions, id } = await openSession()
    const odd = JSON.parse('{"__proto__":{"x":1}}')
    await sessions.appendEvent(id, { ...message, content: odd, stateDelta: odd })
    const { items } = await sessions.events(id)
    expect(JSON.stringify([items[0]?.content, items[0]?.stateDelta])).toBe(
      '[{"__proto__":{"x":1}},{"__proto__":{"x":1}}]',
    )
    expect(JSON.stringify((await sessions.state(id)).merged)).toBe('{"__proto__":{"x":1}}')
    await sessions.setState(id, '__proto__', 'safe')
    expect(await sessions.getState(id, '__proto__')).toBe('safe')
  })

  it('is limited in size', async () => {
    const { sessions, id } = await openSession()
    await refusal(sessions.appendEvent(id, { ...message, content: { text: 'x'.repeat(1_048_576) } }), 'too_large')
    await refusal(sessions.setState(id, 'k', 'x'.repeat(1_048_576)), 'too_large')
  })

  it('needs a session that is there and has not ended', async () => {
    const { cairn, sessions, id } = await openSession()
    await refusal(sessions.appendEvent('nobody', message), 'not_found')
    await sessions.terminate(id)
    const error = await refusal(sessions.appendEvent(id, message), 'illegal_transition')
    expect(error.hint).toBe('Create a new session.')
    await sessions.archive(id)
    await refusal(sessions.setState(id, 'k', 1), 'illegal_transition')
    expect(await seqs(cairn, id)).toEqual([])
  })
})

describe('a retried append', () => {
  const retried = { ...message, eventId: 'turn-1', stateDelta: { count: 1 } }

  it('answers with the stored event and changes nothing', async () => {
    const { cairn, sessions, id } = await openSession()
    const first = await sessions.appendEvent(id, retried)
    await sessions.setState(id, 'count', 2)
    const again = await sessions.appendEvent(id, retried)
    expect(again).toEqual({ event: first.event, duplicate: true })
    expect(await sessions.getState(id, 'count')).toBe(2)
    expect(await seqs(cairn, id)).toEqual([1, 2])
  })

  it('is answered before expectedSeq is looked at, and after the session has ended', async () => {
    const { sessions, id } = await openSession()
    const first = await sessions.appendEvent(id, retried, { expectedSeq: 0 })
    expect(await sessions.appendEvent(id, retried, { expectedSeq: 0 })).toEqual({ ...first, duplicate: true })
    await sessions.terminate(id)
    expect(await sessions.appendEvent(id, retried)).toEqual({ ...first, duplicate: true })
  })

  it('is a retry whatever the order of its keys, and when we gave the time', async () => {
    const { sessions, id } = await openSession()
    const event = { ...retried, content: { a: 1, b: { c: 2, d: 3 } } }
    await sessions.appendEvent(id, event)
    const shuffled = { ...event, content: { b: { d: 3, c: 2 }, a: 1 } }
    expect((await sessions.appendEvent(id, shuffled)).duplicate).toBe(true)
  })

  it.each<[string, Partial<EventInput>]>([
    ['content', { content: { text: 'other' } }],
    ['actor', { actor: 'agent' }],
    ['type', { type: 'action' }],
    ['time', { timestamp: 5 }],
    ['state', { stateDelta: { count: 2 } }],
    ['finality', { isFinalResponse: true }],
  ])('with another %s is a conflict', async (_what, change) => {
    const { sessions, id } = await openSession()
    await sessions.appendEvent(id, retried)
    const error = await refusal(sessions.appendEvent(id, { ...retried, ...change }), 'conflict')
    expect(error.message).toContain('turn-1 with other content')
  })

  it('in another session is another event', async () => {
    const { cairn, sessions, id } = await openSession()
    await sessions.appendEvent(id, retried)
    const other = await cairn.sessions.create(alice)
    expect((await sessions.appendEvent(other.id, retried)).duplicate).toBe(false)
  })
})

describe('expectedSeq', () => {
  it('must be the last number', async () => {
    const { sessions, id } = await openSession()
    await sessions.appendEvent(id, message, { expectedSeq: 0 })
    const error = await refusal(sessions.appendEvent(id, message, { expectedSeq: 0 }), 'conflict')
    expect(error.details).toEqual({ lastSeq: 1, expected: 0 })
    expect((await sessions.setState(id, 'k', 1, { expectedSeq: 1 })).event.seq).toBe(2)
    await refusal(sessions.appendEvent(id, message, { expectedSeq: -1 }), 'invalid_input')
    await refusal(sessions.appendEvent(id, message, { expectedseq: 2 } as never), 'invalid_input')
  })
})

describe('appending several events', () => {
  it('keeps their order and applies their deltas one after the other', async () => {
    const { sessions, id } = await openSession()
    const results = await sessions.appendEvents(id, [
      { ...message, stateDelta: { a: 1, b: 1 } },
      { ...message, type: 'action', stateDelta: { a: 2, b: null } },
      { ...message, type: 'reflection' },
    ])
    expect(results.map(({ event }) => [event.seq, event.type])).toEqual([
      [1, 'message'],
      [2, 'action'],
      [3, 'reflection'],
    ])
    expect((await sessions.state(id)).session).toEqual({ a: 2 })
    expect((await sessions.get(id))?.lastSeq).toBe(3)
  })

  it('is all or none', async () => {
    const { cairn, sessions, id } = await openSession()
    await sessions.appendEvent(id, { ...message, eventId: 'a' })
    const event = (eventId: string, rest: Partial<EventInput> = {}) => ({ ...message, eventId, ...rest })
    const changed = { content: { text: 'other' } }
    await refusal(sessions.appendEvents(id, [event('b'), event('a', changed)]), 'conflict')
    await refusal(sessions.appendEvents(id, [event('b'), event('b')]), 'invalid_input')
    await refusal(sessions.appendEvents(id, [event('b'), event('c', { actor: 'x' })]), 'invalid_input')
    await refusal(sessions.appendEvents(id, [event('b'), event('c', { stateDelta: { 'app:k': 1 } })]), 'forbidden')
    await refusal(sessions.appendEvents(id, [event('b'), event('c')], { expectedSeq: 0 }), 'conflict')
    expect(await seqs(cairn, id)).toEqual([1])
    const results = await sessions.appendEvents(id, [event('b'), event('a'), event('c')])
    expect(results.map(({ event: { eventId, seq }, duplicate }) => [eventId, seq, duplicate])).toEqual([
      ['b', 2, false],
      ['a', 1, true],
      ['c', 3, false],
    ])
  })

  it('takes none and at most 1,000', async () => {
    const { sessions, id } = await openSession()
    expect(await sessions.appendEvents(id, [])).toEqual([])
    expect((await sessions.get(id))?.status).toBe('created')
    expect(await sessions.appendEvents(id, Array(1000).fill(message))).toHaveLength(1000)
    await refusal(sessions.appendEvents(id, Array(1001).fill(message)), 'invalid_input')
    await refusal(sessions.appendEvents(id, message as never), 'invalid_input')
    await refusal(sessions.appendEvents('nobody', []), 'not_found')
  })
})

describe('reading events', () => {
  async function openWithTen() {
    const { cairn, sessions, id } = await openSession()
    const types = ['message', 'action'] as const
    const events = Array.from({ length: 10 }, (_, index) => ({ ...message, type: types[index % 2] ?? 'message' }))
    await sessions.appendEvents(id, events)
    const read = async (query?: Parameters<typeof sessions.events>[1]) =>
      (await sessions.events(id, query)).items.map(({ seq }) => seq)
    return { cairn, sessions, id, read }
  }

  it('goes in either direction between exclusive bounds', async () => {
    const { read } = await openWithTen()
    expect(await read()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await read({ order: 'desc', limit: 3 })).toEqual([10, 9, 8])
    expect(await read({ afterSeq: 7 })).toEqual([8, 9, 10])
    expect(await read({ beforeSeq: 3 })).toEqual([1, 2])
    expect(await read({ afterSeq: 3, beforeSeq: 7, order: 'desc' })).toEqual([6, 5, 4])
    expect(await read({ type: 'action', afterSeq: 4 })).toEqual([6, 8, 10])
    expect(await read({ afterSeq: 10 })).toEqual([])
  })

  it('gives every event once, page by page, in either direction and while events are appended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('asc' as const, 'desc' as const),
        fc.nat(4),
        fc.integer({ min: 5, max: 14 }),
        (count, limit, order, afterSeq, beforeSeq) =>
          withStore(async ({ cairn }) => {
            const { id } = await cairn.sessions.create(alice)
            await cairn.sessions.appendEvents(id, Array(count).fill(message))
            const seen = await allPages(async (cursor) => {
              const query = { order, limit, afterSeq, beforeSeq, ...(cursor !== undefined && { cursor }) }
              const page = await cairn.sessions.events(id, query)
              if (order === 'desc') await cairn.sessions.appendEvent(id, message)
              return page
            })
            const expected = Array.from({ length: count }, (_, index) => index + 1).filter(
              (seq) => seq > afterSeq && seq < beforeSeq,
            )
            expect(seen.map(({ seq }) => seq)).toEqual(order === 'asc' ? expected : expected.reverse())
          }),
      ),
      { numRuns: 15, interruptAfterTimeLimit: 5_000 },
    )
  })

  it('needs a session of the caller', async () => {
    const { cairn, id } = await openWithTen()
    await refusal(cairn.sessions.events('nobody'), 'not_found')
    await refusal(cairn.as({ app: 'shop', user: 'bob' }).sessions.events(id), 'not_found')
  })

  it.each([{ order: 'newest' }, { limit: 0 }, { beforeSeq: 0 }, { afterSeq: -1 }, { type: 'x' }, { cursor: 'x' }])(
    'refuses %j',
    async (query) => {
      const { sessions, id } = await openSession()
      await refusal(sessions.events(id, query as never), 'invalid_input')
    },
  )
})
