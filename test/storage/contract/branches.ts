import { describe, expect, it } from 'vitest'
import type { HistoryInput } from '../../../src/storage/branch-store.js'
import type { NewEvent } from '../../../src/storage/session-store.js'
import type { Storage } from '../../../src/storage/storage.js'
import { refusal } from '../../helpers/refusal.js'
import {
  anEvent,
  append,
  author,
  createSession,
  footprint,
  found,
  now,
  operations,
  type Subject,
  s1,
  trail,
} from './subject.js'

export function describeBranches(subject: Subject): void {
  describe('fork', () => describeFork(subject))
  describe('rewind', () => describeRewind(subject))
  describe('apply history', () => describeHistory(subject))
  describe('delete', () => describeDelete(subject))
  describe('tree', () => describeTree(subject))
  describe('search', () => describeSearch(subject))
}

const anybody = (id: string) => ({ id, owner: undefined })

/** The event with this number, which sets `last` and one key of its own; every third removes a key again. */
export function step(number: number, name = `e${number}`): NewEvent {
  const delta: Record<string, number | null> = { last: number, [`k${number}`]: number }
  if (number % 3 === 0) delta[`k${number - 1}`] = null
  const changes = Object.entries(delta).map(([key, value]) => ({
    ...{ scope: 'session' as const, key },
    ...(value !== null && { value: JSON.stringify(value) }),
  }))
  const content = JSON.stringify({ text: `step ${name}` })
  return anEvent({ eventId: name, content, changes, stateDelta: JSON.stringify(delta) })
}

const steps = (from: number, to: number): NewEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => step(from + index))

/** Appends events whose state is that of the session itself. */
export async function appendOwn(storage: Storage, id: string, events: NewEvent[], by: { now?: number } = {}) {
  return append(storage, events, by, id)
}

export async function eventIds(storage: Storage, id: string): Promise<string[] | undefined> {
  const events = await storage.sessions.events({ ...anybody(id), order: 'asc', after: 0, before: 1e9, limit: 1e9 })
  return events?.map(({ eventId }) => eventId)
}

export async function ownState(storage: Storage, id: string): Promise<Record<string, unknown> | undefined> {
  const rows = await storage.sessions.state({ ...anybody(id), scopes: ['session'] })
  return rows && Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)]))
}

export const fork = (storage: Storage, id: string, newId: string, atSeq?: number) =>
  storage.sessions.fork({ ...anybody(id), newId, ...(atSeq !== undefined && { atSeq }), author: author() })

export const rewind = (storage: Storage, id: string, toSeq: number, branchId: string) =>
  storage.sessions.rewind({ ...anybody(id), toSeq, branchId, author: author({ now: now + 500 }) })

const remove = (storage: Storage, id: string) => storage.sessions.delete({ ...anybody(id), author: author() })

const end = (storage: Storage, id: string) =>
  storage.sessions.setStatus({ ...anybody(id), to: 'terminated', writable: [], chain: 'c', author: author() })

async function withSteps(storage: Storage, count = 6): Promise<void> {
  await createSession(storage, { metadata: '{"channel":"mail"}' })
  if (count > 0) await appendOwn(storage, 's1', steps(1, count))
}

function describeFork(subject: Subject): void {
  it('has the events and the state as they were, without a copy of any event', async () => {
    const { storage } = subject
    await withSteps(storage)
    const before = (await storage.info()).rows.events
    const forked = await storage.sessions.fork({ ...s1, atSeq: 4, newId: 'f', author: author({ now: now + 9 }) })
    expect(forked).toEqual({
      ...{
        id: 'f',
        app: 'support',
        user: 'alice',
        project: 'apollo',
        status: 'active',
        metadata: '{"channel":"mail"}',
      },
      ...{ lastSeq: 4, parent: 's1', forkedAtSeq: 4, createdAt: now + 9, updatedAt: now + 9 },
      ...{ terminatedAt: null, archivedAt: null },
    })
    expect(await storage.sessions.get(anybody('f'))).toEqual(forked)
    expect(await eventIds(storage, 'f')).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await ownState(storage, 'f')).toEqual({ last: 4, k1: 1, k3: 3, k4: 4 })
    expect((await storage.info()).rows.events).toBe(before)
    const [line] = await trail(storage, { session: 'f' })
    expect(line).toMatchObject({ subject: 'session', operation: 'create', detail: '{"forkOf":"s1","atSeq":4}' })
  })

  it('is of the whole history with its own metadata, when that is asked for', async () => {
    const { storage } = subject
    await withSteps(storage)
    const forked = await storage.sessions.fork({ ...s1, newId: 'f', metadata: '{"try":2}', author: author() })
    expect(forked).toMatchObject({ lastSeq: 6, forkedAtSeq: 6, metadata: '{"try":2}' })
    expect(await ownState(storage, 'f')).toEqual(await ownState(storage, 's1'))
    expect(await fork(storage, 's1', 'g', 0)).toMatchObject({ lastSeq: 0, status: 'active' })
    expect([await eventIds(storage, 'g'), await ownState(storage, 'g')]).toEqual([[], {}])
  })

  it('goes its own way, and its parent does', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f', 2)
    await appendOwn(storage, 'f', [step(3, 'f3'), step(4, 'f4')])
    await appendOwn(storage, 's1', [step(4)])
    expect(await eventIds(storage, 'f')).toEqual(['e1', 'e2', 'f3', 'f4'])
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await ownState(storage, 'f')).toEqual({ last: 4, k1: 1, k3: 3, k4: 4 })
    expect(await ownState(storage, 's1')).toEqual({ last: 4, k1: 1, k3: 3, k4: 4 })
    expect(await storage.sessions.get(anybody('f'))).toMatchObject({ lastSeq: 4 })
  })

  it('of a fork of a fork reads all the way down, in either direction and in pages', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f')
    await appendOwn(storage, 'f', [step(4, 'f4'), step(5, 'f5')])
    await fork(storage, 'f', 'g', 4)
    await appendOwn(storage, 'g', [step(5, 'g5')])
    await fork(storage, 'g', 'h', 2)
    await appendOwn(storage, 'h', [step(3, 'h3')])
    expect(await eventIds(storage, 'g')).toEqual(['e1', 'e2', 'e3', 'f4', 'g5'])
    expect(await eventIds(storage, 'h')).toEqual(['e1', 'e2', 'h3'])
    const page = async (order: 'asc' | 'desc', after: number, before: number, limit: number) =>
      (await storage.sessions.events({ ...anybody('g'), order, after, before, limit }))?.map(({ eventId }) => eventId)
    expect(await page('desc', 0, 99, 3)).toEqual(['g5', 'f4', 'e3'])
    expect(await page('desc', 0, 3, 3)).toEqual(['e2', 'e1'])
    expect(await page('asc', 2, 99, 2)).toEqual(['e3', 'f4'])
    expect(await page('asc', 2, 5, 99)).toEqual(['e3', 'f4'])
    const typed = { order: 'asc' as const, after: 0, before: 99, limit: 9, type: 'action' as const }
    expect(await storage.sessions.events({ ...anybody('g'), ...typed })).toEqual([])
  })

  it('answers a retry of a shared event with the stored one, and takes the id of one that it does not share', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f', 2)
    const [retried] = await appendOwn(storage, 'f', [step(2)])
    expect(retried).toMatchObject({ duplicate: true, event: { eventId: 'e2', seq: 2 } })
    await refusal(appendOwn(storage, 'f', [{ ...step(2), content: '{"text":"other"}' }]), 'conflict')
    const both = await appendOwn(storage, 'f', [step(1), step(3)])
    expect(both.map(({ duplicate, event }) => [duplicate, event.seq])).toEqual([
      [true, 1],
      [false, 3],
    ])
  })

  it('is possible at any status, and knows the state that was cleared', async () => {
    const { storage } = subject
    await withSteps(storage, 4)
    await end(storage, 's1')
    expect(await ownState(storage, 's1')).toEqual({})
    expect(await fork(storage, 's1', 'f')).toMatchObject({ status: 'active', terminatedAt: null })
    expect(await ownState(storage, 'f')).toEqual({ last: 4, k1: 1, k3: 3, k4: 4 })
    await appendOwn(storage, 'f', [step(5)])
    expect(await storage.sessions.get(s1)).toMatchObject({ status: 'terminated', lastSeq: 4 })
  })

  it('folds from near, however long the history is', async () => {
    const { storage } = subject
    await createSession(storage)
    for (let from = 1; from < 2_400; from += 800) await appendOwn(storage, 's1', steps(from, from + 799))
    const expected = (upTo: number): Record<string, number> => {
      const state: Record<string, number> = {}
      for (const { stateDelta } of steps(1, upTo)) {
        for (const [key, value] of Object.entries(JSON.parse(stateDelta ?? '{}'))) {
          if (value === null) delete state[key]
          else state[key] = value as number
        }
      }
      return state
    }
    for (const [index, at] of [999, 1_000, 1_601, 2_399, 2_400].entries()) {
      await fork(storage, 's1', `f${index}`, at)
      expect(await ownState(storage, `f${index}`), `at ${at}`).toEqual(expected(at))
    }
    await fork(storage, 'f3', 'g', 1_700)
    expect(await ownState(storage, 'g')).toEqual(expected(1_700))
  })

  it('refuses what is not there, and an id that is', async () => {
    const { storage } = subject
    await withSteps(storage, 2)
    const before = await footprint(storage)
    await refusal(fork(storage, 'none', 'f'), 'not_found')
    expect((await refusal(fork(storage, 's1', 'f', 3), 'invalid_input')).details).toEqual({ lastSeq: 2 })
    await refusal(fork(storage, 's1', 's1'), 'already_exists')
    const bob = { app: 'support', user: 'bob' }
    await refusal(storage.sessions.fork({ id: 's1', owner: bob, newId: 'f', author: author() }), 'not_found')
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeRewind(subject: Subject): void {
  it('takes a session back, and leaves what it was readable', async () => {
    const { storage } = subject
    await withSteps(storage)
    const { session, branch } = await rewind(storage, 's1', 4, 'old')
    expect(session).toMatchObject({ id: 's1', lastSeq: 4, parent: null, forkedAtSeq: null, status: 'active' })
    expect(branch).toMatchObject({ id: 'old', lastSeq: 6, parent: 's1', forkedAtSeq: 4, status: 'paused' })
    expect(await storage.sessions.get(s1)).toEqual(session)
    expect(await storage.sessions.get(anybody('old'))).toEqual(branch)
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6'])
    expect(await ownState(storage, 's1')).toEqual({ last: 4, k1: 1, k3: 3, k4: 4 })
    expect(await ownState(storage, 'old')).toEqual({ last: 6, k1: 1, k3: 3, k4: 4, k6: 6 })
    await appendOwn(storage, 's1', [step(5, 'n5')], { now: now + 600 })
    await appendOwn(storage, 'old', [step(7)])
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'e3', 'e4', 'n5'])
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'])
    expect((await operations(storage, { session: 's1' })).slice(2)).toEqual(['session rollback', 'event append'])
    const [line] = (await trail(storage, { session: 's1' })).filter(({ operation }) => operation === 'rollback')
    expect(line?.detail).toBe('{"toSeq":4,"branch":"old"}')
  })

  it('tells a writer who did not notice', async () => {
    const { storage } = subject
    await withSteps(storage)
    await rewind(storage, 's1', 4, 'old')
    const stale = storage.sessions.append({
      ...s1,
      events: [anEvent({ eventId: 'x' })],
      expectedSeq: 6,
      author: author(),
    })
    expect((await refusal(stale, 'conflict')).details).toEqual({ lastSeq: 4, expected: 6 })
  })

  it('takes the forks of what it takes back along, and leaves the others', async () => {
    const { storage } = subject
    await withSteps(storage)
    await fork(storage, 's1', 'early', 3)
    await fork(storage, 's1', 'late', 5)
    await rewind(storage, 's1', 4, 'old')
    expect(await storage.sessions.get(anybody('early'))).toMatchObject({ parent: 's1', forkedAtSeq: 3 })
    expect(await storage.sessions.get(anybody('late'))).toMatchObject({ parent: 'old', forkedAtSeq: 5 })
    expect(await eventIds(storage, 'late')).toEqual(['e1', 'e2', 'e3', 'e4', 'e5'])
    expect(await eventIds(storage, 'early')).toEqual(['e1', 'e2', 'e3'])
  })

  it('of a fork into what it shares puts what it was beside it', async () => {
    const { storage } = subject
    await withSteps(storage)
    await fork(storage, 's1', 'f', 5)
    await appendOwn(storage, 'f', [step(6, 'f6')])
    await fork(storage, 'f', 'g', 4)
    const { session, branch } = await rewind(storage, 'f', 2, 'old')
    expect(session).toMatchObject({ parent: 's1', forkedAtSeq: 2, lastSeq: 2 })
    expect(branch).toMatchObject({ parent: 's1', forkedAtSeq: 5, lastSeq: 6 })
    await appendOwn(storage, 'f', [step(3, 'n3')])
    expect(await eventIds(storage, 'f')).toEqual(['e1', 'e2', 'n3'])
    expect(await ownState(storage, 'f')).toEqual({ last: 3, k1: 1, k3: 3 })
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'f6'])
    expect(await eventIds(storage, 'g')).toEqual(['e1', 'e2', 'e3', 'e4'])
  })

  it('forgets what it knew of the state after that', async () => {
    const { storage } = subject
    await createSession(storage)
    for (const from of [1, 551]) await appendOwn(storage, 's1', steps(from, from + 549))
    await rewind(storage, 's1', 900, 'old')
    const others = Array.from({ length: 250 }, (_, index) => step(2_000 + index * 3))
    await appendOwn(storage, 's1', others)
    await fork(storage, 's1', 'f', 1_120)
    const state = await ownState(storage, 'f')
    expect(state).toMatchObject({ last: 2_000 + 219 * 3, k900: 900 })
    expect(state).not.toHaveProperty('k1000')
    expect(await ownState(storage, 'old')).toMatchObject({ last: 1_100, k1000: 1_000 })
    await fork(storage, 'old', 'g', 1_099)
    expect(await ownState(storage, 'g')).toMatchObject({ last: 1_099, k1000: 1_000 })
  })

  it('to the last event does nothing, and to none takes all of it', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    const before = await footprint(storage)
    expect(await rewind(storage, 's1', 3, 'old')).toMatchObject({ session: { lastSeq: 3 }, branch: null })
    expect(await footprint(storage)).toEqual(before)
    await rewind(storage, 's1', 0, 'old')
    expect([await eventIds(storage, 's1'), await ownState(storage, 's1')]).toEqual([[], {}])
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3'])
    await appendOwn(storage, 's1', [step(1)])
    expect(await eventIds(storage, 's1')).toEqual(['e1'])
  })

  it('refuses what is not there, has ended or moved on, and changes nothing', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await createSession(storage, { id: 'ended' })
    await end(storage, 'ended')
    const before = await footprint(storage)
    const to = { toSeq: 1, branchId: 'old', author: author() }
    await refusal(storage.sessions.rewind({ ...anybody('none'), ...to }), 'not_found')
    await refusal(storage.sessions.rewind({ id: 's1', owner: { app: 'support', user: 'bob' }, ...to }), 'not_found')
    await refusal(storage.sessions.rewind({ ...s1, ...to, toSeq: 4 }), 'invalid_input')
    await refusal(storage.sessions.rewind({ ...s1, ...to, branchId: 'ended' }), 'already_exists')
    await refusal(storage.sessions.rewind({ ...s1, ...to, expectedSeq: 2 }), 'conflict')
    await refusal(storage.sessions.rewind({ ...anybody('ended'), ...to, toSeq: 0 }), 'illegal_transition')
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeHistory(subject: Subject): void {
  const change = (changes: Partial<HistoryInput>): HistoryInput => ({
    ...{ ...s1, operationId: 'op1', digest: 'd1', expected: [], events: [], branchId: 'old', author: author() },
    ...changes,
  })
  const own = (...numbers: number[]): NewEvent[] => numbers.map((number) => step(number, `n${number}`))

  it('appends once, however often it is asked to', async () => {
    const { storage } = subject
    await withSteps(storage, 2)
    const first = await storage.sessions.applyHistory(change({ events: own(3, 4) }))
    expect(first).toMatchObject({ duplicate: false, branch: null, events: [{ seq: 3 }, { seq: 4 }] })
    const before = await footprint(storage)
    expect(await storage.sessions.applyHistory(change({ events: own(3, 4) }))).toMatchObject({
      ...first,
      duplicate: true,
    })
    await refusal(storage.sessions.applyHistory(change({ events: own(5), digest: 'd2' })), 'conflict')
    expect(await footprint(storage)).toEqual(before)
  })

  it('replaces exactly the expected end, in one step', async () => {
    const { storage } = subject
    await withSteps(storage, 4)
    const replace = change({ expected: ['e3', 'e4'], events: own(3, 4, 5) })
    const done = await storage.sessions.applyHistory(replace)
    expect(done).toMatchObject({ duplicate: false, branch: 'old', events: [{ seq: 3 }, { seq: 4 }, { seq: 5 }] })
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'n3', 'n4', 'n5'])
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await ownState(storage, 's1')).toEqual({ last: 5, k1: 1, k3: 3, k4: 4, k5: 5 })
    expect(await storage.sessions.applyHistory(replace)).toMatchObject({ ...done, duplicate: true })
    const again = { operationId: 'op2', branchId: 'old2' }
    await storage.sessions.applyHistory(change({ ...again, expected: ['n5'], events: [] }))
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'n3', 'n4'])
    // The first operation is answered with what is still there of it.
    expect((await storage.sessions.applyHistory(replace)).events.map(({ eventId }) => eventId)).toEqual(['n3', 'n4'])
  })

  it('takes the ids of events that it replaces, and of no others', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    const before = await footprint(storage)
    const again = step(2)
    await refusal(storage.sessions.applyHistory(change({ expected: ['e3'], events: [again] })), 'conflict')
    await refusal(storage.sessions.applyHistory(change({ events: [again] })), 'conflict')
    await refusal(storage.sessions.applyHistory(change({ events: own(4, 4) })), 'invalid_input')
    expect(await footprint(storage)).toEqual(before)
    await storage.sessions.applyHistory(change({ expected: ['e3'], events: [{ ...step(3), changes: [] }] }))
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'e3'])
  })

  it('sees the end of a fork through what it shares', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f')
    await appendOwn(storage, 'f', [step(4, 'f4')])
    const events = [{ ...step(2, 'n2'), changes: [] }]
    await storage.sessions.applyHistory(change({ ...anybody('f'), expected: ['e2', 'e3', 'f4'], events }))
    expect(await eventIds(storage, 'f')).toEqual(['e1', 'n2'])
    expect(await eventIds(storage, 'old')).toEqual(['e1', 'e2', 'e3', 'f4'])
    expect(await eventIds(storage, 's1')).toEqual(['e1', 'e2', 'e3'])
  })

  it('refuses another end, an ended session and a taken branch, and changes nothing', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await createSession(storage, { id: 'ended' })
    await end(storage, 'ended')
    const before = await footprint(storage)
    for (const expected of [['e2'], ['e3', 'e2'], ['e1', 'e3'], ['e0', 'e1', 'e2', 'e3'], ['none']]) {
      const refused = storage.sessions.applyHistory(change({ expected, events: own(4) }))
      expect((await refusal(refused, 'conflict')).details).toMatchObject({ lastSeq: 3 })
    }
    await refusal(storage.sessions.applyHistory(change({ ...anybody('none'), events: own(1) })), 'not_found')
    await refusal(storage.sessions.applyHistory(change({ ...anybody('ended'), events: own(1) })), 'illegal_transition')
    await refusal(
      storage.sessions.applyHistory(change({ expected: ['e3'], events: [], branchId: 'ended' })),
      'already_exists',
    )
    expect(await footprint(storage)).toEqual(before)
  })
}

function describeDelete(subject: Subject): void {
  it('leaves forks what they share, and to nobody what nobody shares', async () => {
    const { storage } = subject
    await withSteps(storage)
    await fork(storage, 's1', 'late', 5)
    await fork(storage, 's1', 'early', 3)
    await appendOwn(storage, 'late', [step(6, 'l6')])
    expect(await remove(storage, 's1')).toBe(true)
    expect(await eventIds(storage, 's1')).toBeUndefined()
    expect(await eventIds(storage, 'late')).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'l6'])
    expect(await eventIds(storage, 'early')).toEqual(['e1', 'e2', 'e3'])
    expect(await storage.sessions.get(anybody('late'))).toMatchObject({ parent: null, forkedAtSeq: null, lastSeq: 6 })
    expect(await storage.sessions.get(anybody('early'))).toMatchObject({ parent: 'late', forkedAtSeq: 3 })
    expect((await storage.info()).rows.events).toBe(6)
    expect(await found(storage, 'step')).toHaveLength(6)
  })

  it('of one in the middle joins its forks to its parent', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f')
    await appendOwn(storage, 'f', [step(4, 'f4')])
    await fork(storage, 'f', 'low', 2)
    await remove(storage, 'f')
    expect(await storage.sessions.get(anybody('low'))).toMatchObject({ parent: 's1', forkedAtSeq: 2 })
    expect(await eventIds(storage, 'low')).toEqual(['e1', 'e2'])
    expect((await storage.info()).rows.events).toBe(3)
    await fork(storage, 's1', 'nothing', 0)
    await remove(storage, 'low')
    await remove(storage, 's1')
    expect(await storage.sessions.get(anybody('nothing'))).toMatchObject({ parent: null, forkedAtSeq: null })
  })
}

function describeTree(subject: Subject): void {
  it('lists the forks of a session by age, in pages', async () => {
    const { storage } = subject
    await withSteps(storage, 2)
    for (let index = 0; index < 5; index++) {
      const by = author({ now: now + Math.floor(index / 2) })
      await storage.sessions.fork({ ...s1, newId: `f${index}`, author: by })
    }
    const ids = async (after?: [number, string], limit = 9) =>
      (await storage.sessions.children({ ...s1, ...(after && { after }), limit }))?.map(({ id }) => id)
    expect(await ids()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4'])
    expect(await ids(undefined, 2)).toEqual(['f0', 'f1'])
    expect(await ids([now, 'f1'], 2)).toEqual(['f2', 'f3'])
    expect(await storage.sessions.children({ ...anybody('f0'), limit: 9 })).toEqual([])
    expect(await storage.sessions.children({ ...anybody('none'), limit: 9 })).toBeUndefined()
    const bob = { id: 's1', owner: { app: 'support', user: 'bob' } }
    expect(await storage.sessions.children({ ...bob, limit: 9 })).toBeUndefined()
    expect(await storage.sessions.tree({ ...bob, limit: 9 })).toBeUndefined()
    expect(await storage.sessions.event({ ...bob, eventId: 'e1' })).toBeUndefined()
  })

  it('is the same from wherever it is asked, each before its forks', async () => {
    const { storage } = subject
    await withSteps(storage, 2)
    await fork(storage, 's1', 'a')
    await fork(storage, 'a', 'aa')
    await fork(storage, 's1', 'b')
    await fork(storage, 'a', 'ab')
    for (const id of ['s1', 'a', 'ab']) {
      const tree = await storage.sessions.tree({ ...anybody(id), limit: 99 })
      expect(tree?.map((session) => session.id)).toEqual(['s1', 'a', 'aa', 'ab', 'b'])
    }
    expect((await storage.sessions.tree({ ...s1, limit: 3 }))?.map(({ id }) => id)).toEqual(['s1', 'a', 'aa'])
  })

  it('finds an event of the history by its id', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f', 2)
    expect(await storage.sessions.event({ ...anybody('f'), eventId: 'e2' })).toMatchObject({ seq: 2 })
    expect(await storage.sessions.event({ ...anybody('f'), eventId: 'e3' })).toBeUndefined()
    expect(await storage.sessions.event({ ...anybody('none'), eventId: 'e2' })).toBeUndefined()
  })
}

function describeSearch(subject: Subject): void {
  const inSession = (id: string) => ({ events: { sessions: [id] } })

  it('finds what a fork shares where it is held, and nothing after that', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await fork(storage, 's1', 'f', 2)
    await appendOwn(storage, 'f', [step(3, 'f3')])
    expect((await found(storage, 'step', inSession('f'))).sort()).toEqual(['f 3', 's1 1', 's1 2'])
    expect((await found(storage, 'step', inSession('s1'))).sort()).toEqual(['s1 1', 's1 2', 's1 3'])
    expect(await found(storage, 'step', inSession('none'))).toEqual([])
    const past = { ...inSession('f'), moment: { knownAt: now + 1 } }
    expect((await found(storage, 'step', past)).sort()).toEqual(['f 3', 's1 1', 's1 2'])
    const bob = { events: { sessions: ['f'], owner: { app: 'support', user: 'bob' } } }
    expect(await found(storage, 'step', bob)).toEqual([])
  })

  it('finds what was taken back in the branch that has it', async () => {
    const { storage } = subject
    await withSteps(storage, 3)
    await rewind(storage, 's1', 1, 'old')
    expect(await found(storage, 'step', inSession('s1'))).toEqual(['s1 1'])
    expect((await found(storage, 'step', inSession('old'))).sort()).toEqual(['old 2', 'old 3', 's1 1'])
    await remove(storage, 's1')
    expect((await found(storage, 'step', inSession('old'))).sort()).toEqual(['old 1', 'old 2', 'old 3'])
  })

  it('works through hundreds of forks of forks', async () => {
    const { storage } = subject
    await withSteps(storage, 1)
    let last = 's1'
    for (let depth = 2; depth <= 300; depth++) {
      await fork(storage, last, `f${depth}`)
      last = `f${depth}`
      await appendOwn(storage, last, [step(depth)])
    }
    expect(await eventIds(storage, last)).toHaveLength(300)
    expect(await found(storage, 'step', { ...inSession(last), limit: 1_000 })).toHaveLength(300)
  })
}
