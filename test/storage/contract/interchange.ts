import { expect, it } from 'vitest'
import type { InterchangeRow } from '../../../src/ops/interchange.js'
import { toRow } from '../../../src/ops/interchange-line.js'
import type { ExportSnapshot, ImportRow } from '../../../src/storage/interchange-store.js'
import type { Storage } from '../../../src/storage/storage.js'
import { refusal } from '../../helpers/refusal.js'
import * as records from '../../ops/records.js'
import { fork, ownState } from './branches.js'
import {
  add,
  anEvent,
  append,
  author,
  createSession,
  footprint,
  list,
  operations,
  type Subject,
  search,
} from './subject.js'

async function linesOf(snapshot: ExportSnapshot): Promise<string[]> {
  const lines: string[] = []
  for (let some = await snapshot.next(); some !== undefined; some = await snapshot.next()) lines.push(...some)
  await snapshot.close()
  return lines
}

async function kindsOf(storage: Storage, scope = {}): Promise<string[]> {
  const lines = await linesOf(await storage.interchange.openSnapshot(scope))
  return lines.map((line) => (JSON.parse(line) as { record: string }).record)
}

const rows = (...given: object[]): ImportRow[] =>
  given.map((record) => {
    const row: InterchangeRow = toRow(record)
    return row.record === 'audit' ? { ...row, nth: 1 } : row
  })

const trail = { author: author({ actor: 'root' }), detail: '{"from":"test"}' }

export function describeInterchange(subject: Subject): void {
  it('a snapshot holds what was there when it was opened, and nothing that came or went since', async () => {
    const { storage } = subject
    await createSession(storage)
    await append(storage, [anEvent()])
    await add(storage)
    const snapshot = await storage.interchange.openSnapshot({})
    await append(storage, [anEvent({ eventId: 'e2' })])
    await storage.memories.delete({ namespace: 'user:alice', key: 'tone', author: author() })
    await storage.sessions.delete({ id: 's1', owner: undefined, author: author() })
    const lines = await linesOf(snapshot)
    expect(lines.map((line) => JSON.parse(line).record)).toEqual([
      'session',
      'event',
      'memory',
      'audit',
      'audit',
      'audit',
    ])
    expect(await kindsOf(storage)).not.toContain('session')
  })

  it('a snapshot of an empty store has no lines', async () => {
    expect(await kindsOf(subject.storage)).toEqual([])
    expect(await kindsOf(subject.storage, { session: 's1' })).toEqual([])
  })

  it('a snapshot comes in portions, and may be left at any of them', async () => {
    const { storage } = subject
    const value = JSON.stringify('x'.repeat(40_000))
    for (const key of ['a', 'b', 'c', 'd']) await add(storage, { key, value })
    const snapshot = await storage.interchange.openSnapshot({ namespace: 'user:alice' })
    expect((await snapshot.next())?.length).toBe(2)
    await snapshot.close()
    await snapshot.close()
    await refusal(snapshot.next(), 'closed')
    await add(storage, { key: 'e' })
  })

  it('several snapshots may be open at once, while reads and writes go on', async () => {
    const { storage } = subject
    const snapshots: ExportSnapshot[] = []
    for (const key of ['a', 'b', 'c']) {
      await add(storage, { key })
      snapshots.push(await storage.interchange.openSnapshot({ namespace: 'user:alice' }))
    }
    const counts = (await Promise.all(snapshots.map(linesOf))).map((lines) => lines.length)
    expect(counts).toEqual([2, 4, 6])
    expect(await list(storage)).toHaveLength(3)
  })

  it('a namespace has its own memories and trail, and not those of one whose name only begins like it', async () => {
    const { storage } = subject
    for (const namespace of ['user:alice', 'user:alice:notes', 'user:alicebob', 'user:alice;'])
      await add(storage, { namespace })
    const lines = await linesOf(await storage.interchange.openSnapshot({ namespace: 'user:alice' }))
    expect(lines.map((line) => `${JSON.parse(line).record} ${JSON.parse(line).namespace}`)).toEqual([
      ...['memory user:alice', 'memory user:alice:notes', 'audit user:alice', 'audit user:alice:notes'],
    ])
  })

  it('rows are added once, with their own times, and their words are found', async () => {
    const { storage } = subject
    const given = rows(
      records.aSession(),
      records.anEvent({ content: { text: 'a lighthouse' } }),
      records.aMemory(),
      records.anAuditLine(),
    )
    const written = await storage.interchange.write({ rows: given, trail })
    expect(written).toEqual({ verdicts: ['added', 'added', 'added', 'added'], trailed: true })
    const again = await storage.interchange.write({ rows: given, trail })
    expect(again).toEqual({ verdicts: ['same', 'same', 'same', 'same'], trailed: false })
    expect(await storage.interchange.compare({ rows: given })).toEqual(again.verdicts)
    expect(await operations(storage, { subject: 'store' })).toEqual(['store import'])
    expect((await list(storage))[0]).toMatchObject({ recordedAt: Date.UTC(2026, 0, 1), createdBy: 'root' })
    expect(await kindsOf(storage)).toEqual(['session', 'event', 'memory', 'audit'])
  })

  it('comparing writes nothing', async () => {
    const { storage } = subject
    const before = await footprint(storage)
    const given = rows(records.aSession(), records.aMemory(), records.anAuditLine(), records.aTask())
    expect(await storage.interchange.compare({ rows: given })).toEqual(['added', 'added', 'added', 'added'])
    expect(await footprint(storage)).toEqual(before)
  })

  it('a session that went on is still the same one; another of its id is not', async () => {
    const { storage } = subject
    await storage.interchange.write({ rows: rows(records.aSession()) })
    const other = [{ lastSeq: 9 }, { status: 'paused' }, { user: 'bob' }, { createdAt: records.later }]
    for (const [index, changes] of other.entries()) {
      const { verdicts } = await storage.interchange.write({ rows: rows(records.aSession(changes)) })
      expect(verdicts).toEqual([index < 2 ? 'further' : 'different'])
    }
  })

  it('what is to be looked up only is never added', async () => {
    const { storage } = subject
    const given = rows(records.aSession(), records.aMemory(), records.aTask()).map((row) => ({
      ...row,
      lookOnly: true,
    }))
    const { verdicts } = await storage.interchange.write({ rows: given })
    expect(verdicts).toEqual(['different', 'different', 'different'])
    expect(await kindsOf(storage)).toEqual([])
  })

  it('nothing is added when something that is referred to has gone', async () => {
    const { storage } = subject
    const refers = [
      records.anEvent(),
      records.anOperation(),
      records.aTask({ session: 's1' }),
      records.aTask({ parent: 't0' }),
      records.anAgent({ task: 't1' }),
      records.aCheckpoint(),
      records.aSession({ id: 's2', parent: 's1', forkedAtSeq: 0 }),
    ]
    for (const record of refers)
      await refusal(storage.interchange.write({ rows: rows(records.aMemory(), record), trail }), 'conflict')
    const dependency = {
      record: 'dependency',
      dependent: 't1',
      task: 't2',
      type: 'parallel',
      createdAt: 1,
      resolvedAt: null,
    } as const
    await refusal(storage.interchange.write({ rows: [dependency] }), 'conflict')
    expect(await kindsOf(storage)).toEqual([])
  })

  it('tells which ids are not there', async () => {
    const { storage } = subject
    await createSession(storage)
    await storage.interchange.write({ rows: rows(records.aTask()) })
    const asked = { sessions: ['s1', 's2'], tasks: ['t0', 't1'] }
    expect(await storage.interchange.missing(asked)).toEqual({ sessions: ['s2'], tasks: ['t0'] })
  })

  it('checkpoints come in as they are, stored as what changed, whichever comes first', async () => {
    const { storage } = subject
    const t1 = { task: 't1', scope: undefined }
    const states = [1, 2, 3, 4].map((step) => ({ step, notes: Array.from({ length: 900 }, (_, n) => `note ${n}`) }))
    const given = rows(...states.map((state) => records.aCheckpoint({ iteration: state.step, state })))
    const [second] = given.splice(1, 1)
    await storage.interchange.write({ rows: [...rows(records.aTask()), ...given] })
    const { verdicts } = await storage.interchange.write({ rows: [...given, ...(second ? [second] : [])] })
    expect(verdicts).toEqual(['same', 'same', 'same', 'added'])
    const list = await storage.checkpoints.list({ ...t1, before: 9, limit: 9 })
    expect(list.map(({ iteration, base }) => [iteration, base])).toEqual([
      ...[
        [4, 3],
        [3, 1],
        [2, 1],
        [1, null],
      ],
    ])
    for (const state of states) {
      const found = await storage.checkpoints.get({ ...t1, iteration: state.step })
      expect(JSON.parse(found?.state ?? '')).toEqual(state)
    }
    const other = rows(records.aCheckpoint({ iteration: 4 }))
    expect((await storage.interchange.write({ rows: other })).verdicts).toEqual(['different'])
  })

  it('states are kept a part at a time, and what a fork folds them to is right', async () => {
    const { storage } = subject
    const [long, short] = [12_345, 2_500]
    const sessions = [
      records.aSession({ lastSeq: long }),
      records.aSession({ id: 'a', parent: 's1', forkedAtSeq: 1_500, lastSeq: short }),
    ]
    const eventsOf = (session: string, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) =>
        records.anEvent({ session, seq: from + index, stateDelta: { [`of ${session}`]: from + index } }),
      )
    await storage.interchange.write({
      rows: rows(...sessions, ...eventsOf('a', 1_501, short), ...eventsOf('s1', 1, long)),
    })
    const all = ['gone', 's1', 'a'].map((id) => ({ id, after: 0 }))
    const left = await storage.interchange.keepStates({ sessions: all })
    expect(left).toEqual([
      { id: 's1', after: 10_000 },
      { id: 'a', after: 0 },
    ])
    expect(await storage.interchange.keepStates({ sessions: left })).toEqual([])
    const stateAt = async (id: string, atSeq: number) => {
      await fork(storage, id, `${id} at ${atSeq}`, atSeq)
      return ownState(storage, `${id} at ${atSeq}`)
    }
    expect(await stateAt('s1', long)).toEqual({ 'of s1': 12345 })
    expect(await stateAt('a', 2_100)).toEqual({ 'of s1': 1500, 'of a': 2100 })
  })

  it('a memory that came in two batches is found by what can still be true, and by nothing else', async () => {
    const { storage } = subject
    const version = (n: number, changes = {}) =>
      records.aMemory({
        ...{ version: n, value: `word${n}`, recordedAt: `2026-01-01T00:00:00.00${n}Z` },
        ...{ supersededAt: n === 4 ? null : `2026-01-01T00:00:00.00${n + 1}Z`, ...changes },
      })
    const bounded = { validFrom: '2020-01-01T00:00:00.000Z' }
    await storage.interchange.write({ rows: rows(version(1), version(2, bounded)) })
    const found = async () =>
      (
        await Promise.all(
          [1, 2, 3, 4].map((n) => search(storage, `word${n}`, { moment: { validAt: 0, knownAt: 9e15 } })),
        )
      ).map((hits) => hits.length)
    await storage.interchange.write({ rows: rows(version(3), version(4, bounded)) })
    expect(await found()).toEqual([0, 0, 1, 0])
  })

  it('memories of one batch keep their chains apart', async () => {
    const { storage } = subject
    await add(storage, { namespace: 'user:alice', key: 'b' })
    const { verdicts } = await storage.interchange.write({
      rows: rows(records.aMemory({ key: 'a' }), records.aMemory({ key: 'b' }), records.aMemory({ key: 'c' })),
    })
    expect(verdicts).toEqual(['added', 'different', 'added'])
  })
}
