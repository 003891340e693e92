import { describe, expect, it } from 'vitest'
import { spansOf } from '../../../src/access/namespace.js'
import type { AuditQuery, NewAuditEntry } from '../../../src/storage/audit-store.js'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
  anEvent,
  append,
  author,
  createSession,
  now,
  operations,
  type Subject,
  s1,
  tone,
  toValue,
  trail,
} from './subject.js'

const refused: NewAuditEntry = { subject: 'memory', operation: 'update', outcome: 'forbidden', namespace: 'app:web' }

export function describeAudit(subject: Subject): void {
  const record = (entry: NewAuditEntry, by = {}) => subject.storage.audit.record({ entry, author: author(by) })

  it('has one line for each change of a memory, which names it and never its value', async () => {
    const { storage } = subject
    await add(storage, { value: '"secret"' }, { now: 1, agent: 'scout' })
    await storage.memories.update({ ...tone, ...toValue('"secret"', { now: 2 }) })
    await storage.memories.rollback({ ...tone, toVersion: 1, author: author({ now: 3 }) })
    await storage.memories.delete({ ...tone, author: author({ now: 4, actor: 'user:bob' }) })
    await storage.memories.restore({ ...tone, expiresAt: 6, author: author({ now: 5 }) })
    await storage.memories.expire({ episodicBefore: null, limit: 9, author: author({ now: 6 }) })
    const lines = (await trail(storage)).reverse()
    expect(lines.map(({ operation, version, timestamp }) => [operation, version, timestamp])).toEqual([
      ['create', 1, 1],
      ['update', 2, 2],
      ['rollback', 3, 3],
      ['delete', 4, 4],
      ['restore', 5, 5],
      ['expire', 6, 6],
    ])
    expect(lines[0]).toMatchObject({
      ...{ subject: 'memory', outcome: 'ok', actor: 'user:alice', principal: '{"user":"alice"}', agent: 'scout' },
      ...{ namespace: 'user:alice', key: 'tone', session: null, task: null, occurrences: 1, detail: '{}' },
    })
    expect(lines[3]).toMatchObject({ actor: 'user:bob', agent: null })
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('has one line for each change of a session', async () => {
    const { storage } = subject
    await createSession(storage, {}, { now: 1 })
    await append(storage, [anEvent({ content: '{"text":"secret"}' })], { now: 2 })
    await storage.sessions.setStatus({ ...s1, to: 'terminated', chain: 'c', author: author({ now: 3 }) })
    await storage.sessions.delete({ ...s1, author: author({ now: 4 }) })
    const lines = (await trail(storage)).reverse()
    expect(lines.map(({ subject, operation, session }) => [subject, operation, session])).toEqual([
      ['session', 'create', 's1'],
      ['event', 'append', 's1'],
      ['session', 'terminate', 's1'],
      ['session', 'delete', 's1'],
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('has no line for what was refused by the store', async () => {
    const { storage } = subject
    await add(storage, { type: 'episodic' })
    await refusal(storage.memories.update({ ...tone, ...toValue('2') }), 'immutable')
    await refusal(add(storage), 'already_exists')
    await refusal(append(storage, [anEvent()]), 'not_found')
    await storage.memories.delete({ ...tone, key: 'never', author: author() })
    expect(await operations(storage)).toEqual(['memory create'])
  })

  it('outlives what it describes', async () => {
    const { storage } = subject
    await createSession(storage)
    await storage.sessions.delete({ ...s1, author: author() })
    expect(await operations(storage, { session: 's1' })).toEqual(['session create', 'session delete'])
  })

  it('records reads one by one', async () => {
    const read: NewAuditEntry = {
      subject: 'memory',
      operation: 'read',
      outcome: 'ok',
      ...tone,
      version: 1,
      detail: '{"found":true}',
    }
    await record(read)
    await record(read)
    expect(await trail(subject.storage)).toMatchObject(Array(2).fill({ ...read, occurrences: 1, timestamp: now }))
  })

  describe('of refusals', () => {
    it('counts those of one kind within a minute on one line', async () => {
      for (const millis of [0, 1, 59_999]) await record(refused, { now: now + millis })
      expect(await trail(subject.storage)).toMatchObject([
        { outcome: 'forbidden', occurrences: 3, timestamp: now, namespace: 'app:web' },
      ])
      await record(refused, { now: now + 60_000 })
      expect((await trail(subject.storage)).map(({ occurrences }) => occurrences)).toEqual([1, 3])
    })

    it('keeps those of another principal, operation, subject or namespace apart', async () => {
      await record(refused)
      await record(refused, { principal: '{"user":"bob"}', actor: 'user:bob' })
      await record({ ...refused, operation: 'delete' })
      await record({ ...refused, subject: 'state' })
      await record({ ...refused, namespace: 'app:other' })
      const { namespace: _, ...nowhere } = refused
      await record(nowhere)
      await record(nowhere)
      const lines = await trail(subject.storage)
      expect(lines.map(({ occurrences }) => occurrences)).toEqual([2, 1, 1, 1, 1, 1])
    })

    it('counts those of many handles together', async () => {
      const other = await subject.another()
      const entry = { entry: refused, author: author() }
      await Promise.all([subject.storage, other, subject.storage, other].map((storage) => storage.audit.record(entry)))
      expect(await trail(subject.storage)).toMatchObject([{ occurrences: 4 }])
    })
  })

  describe('list', () => {
    const read = (changes: Partial<NewAuditEntry>, by = {}) =>
      record({ subject: 'memory', operation: 'read', outcome: 'ok', ...changes }, by)
    const times = async (query: Partial<AuditQuery>) =>
      (await trail(subject.storage, query)).map(({ timestamp }) => timestamp)

    async function populate(): Promise<void> {
      await read({ ...tone }, { now: 1 })
      await read({ ...tone, key: 'other', operation: 'list' }, { now: 2, agent: 'scout' })
      await read({ namespace: 'user:alice:prefs', key: 'tone', session: 's1' }, { now: 3 })
      await read({ namespace: 'user:alicebob', key: 'tone', session: 's2' }, { now: 4 })
      await read({ subject: 'session', session: 's1' }, { now: 5, agent: 'scout' })
      await record({ ...refused, namespace: 'user:alice' }, { now: 6 })
      await read({ subject: 'store', operation: 'search' }, { now: 7 })
    }

    it('takes one memory, namespaces, a session, an agent, a kind, an outcome or a time', async () => {
      await populate()
      expect(await times({})).toEqual([7, 6, 5, 4, 3, 2, 1])
      expect(await times({ entry: tone })).toEqual([1])
      expect(await times({ spans: spansOf('user:alice') })).toEqual([6, 3, 2, 1])
      expect(await times({ spans: [...spansOf('user:alice:prefs'), ...spansOf('user:alicebob')] })).toEqual([4, 3])
      expect(await times({ spans: [] })).toEqual([])
      expect(await times({ session: 's1' })).toEqual([5, 3])
      expect(await times({ agent: 'scout' })).toEqual([5, 2])
      expect(await times({ task: 't1' })).toEqual([])
      expect(await times({ subject: 'memory' })).toEqual([6, 4, 3, 2, 1])
      expect(await times({ operation: 'read' })).toEqual([5, 4, 3, 1])
      expect(await times({ subject: 'memory', operation: 'list' })).toEqual([2])
      expect(await times({ outcome: 'forbidden' })).toEqual([6])
      expect(await times({ since: 5 })).toEqual([7, 6, 5])
    })

    it('applies every filter it is given', async () => {
      await populate()
      expect(await times({ session: 's1', agent: 'scout' })).toEqual([5])
      expect(await times({ session: 's1', subject: 'memory' })).toEqual([3])
      expect(await times({ session: 's1', task: 't1' })).toEqual([])
      expect(await times({ spans: spansOf('user:alice'), session: 's1' })).toEqual([3])
      expect(await times({ spans: spansOf('user:alice'), agent: 'scout' })).toEqual([2])
      expect(await times({ spans: spansOf('user:alice'), operation: 'read', since: 2 })).toEqual([3])
      expect(await times({ entry: tone, agent: 'scout' })).toEqual([])
      expect(await times({ entry: tone, spans: spansOf('user:alice') })).toEqual([1])
      expect(await times({ entry: tone, spans: spansOf('user:bob') })).toEqual([])
      expect(await times({ subject: 'memory', operation: 'read', outcome: 'ok', since: 3 })).toEqual([4, 3])
    })

    it('can be read in pages, also where many lines have the same time', async () => {
      for (let index = 0; index < 9; index++)
        await read({ ...tone, session: 's1' }, { now: index < 6 ? 5 : 6, agent: 'scout' })
      const queries: Partial<AuditQuery>[] = [
        {},
        { entry: tone },
        { session: 's1' },
        { agent: 'scout' },
        { subject: 'memory', operation: 'read' },
        { spans: spansOf('user:alice') },
      ]
      for (const query of queries) {
        const whole = (await trail(subject.storage, query)).map(({ id }) => id)
        expect(new Set(whole).size).toBe(9)
        const seen: number[] = []
        for (let before: [number, number] | undefined; ; ) {
          const page = await trail(subject.storage, { ...query, limit: 4, ...(before && { before }) })
          seen.push(...page.map(({ id }) => id))
          const last = page.at(-1)
          if (last === undefined) break
          before = [last.timestamp, last.id]
        }
        expect(seen).toEqual(whole)
      }
    })
  })
}
