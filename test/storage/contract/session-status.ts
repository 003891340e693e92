import { describe, expect, it } from 'vitest'
import { type SessionStatus, sessionStatuses } from '../../../src/sessions/lifecycle.js'
import type { StateScope } from '../../../src/sessions/state.js'
import type { NewEvent } from '../../../src/storage/session-store.js'
import { refusal } from '../../helpers/refusal.js'
import {
  add,
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
  toValue,
  trail,
} from './subject.js'

/** How to bring a new session into each status. */
const ways: Record<SessionStatus, SessionStatus[]> = {
  created: [],
  active: ['active'],
  paused: ['active', 'paused'],
  terminated: ['terminated'],
  archived: ['terminated', 'archived'],
}

const legal = [
  'created → active',
  'created → terminated',
  'active → paused',
  'active → terminated',
  'paused → active',
  'paused → terminated',
  'terminated → archived',
]

const theme = { namespace: 'user:alice:state', key: 'theme' }

export function describeSessionStatus(subject: Subject): void {
  const move = (to: SessionStatus, by = {}, writable: string[] = []) =>
    subject.storage.sessions.setStatus({ ...s1, to, writable, chain: 'kept', author: author(by) })

  describe('every step', () => {
    for (const from of sessionStatuses) {
      for (const to of sessionStatuses) {
        const step = `${from} → ${to}`
        const outcome = from === to ? 'changes nothing' : legal.includes(step) ? 'is legal' : 'is refused'
        it(`${step} ${outcome}`, async () => {
          const { storage } = subject
          await createSession(storage)
          for (const status of ways[from]) await move(status)
          const before = await footprint(storage)
          const session = await storage.sessions.get(s1)
          if (outcome === 'is refused') {
            expect((await refusal(move(to), 'illegal_transition')).details).toEqual({ from, to })
          } else {
            const changed = await move(to, { now: now + 5 })
            expect(changed.session.status).toBe(to)
            expect(await storage.sessions.get(s1)).toEqual(changed.session)
          }
          if (outcome === 'is legal') return
          expect(await storage.sessions.get(s1)).toEqual(session)
          expect(await footprint(storage)).toEqual(before)
        })
      }
    }
  })

  it('stamps the end and the archiving, and names each step in the trail', async () => {
    const { storage } = subject
    await createSession(storage)
    for (const [index, to] of (['active', 'paused', 'active', 'terminated', 'archived'] as const).entries())
      await move(to, { now: now + index })
    expect(await storage.sessions.get(s1)).toMatchObject({
      ...{ status: 'archived', updatedAt: now + 4, terminatedAt: now + 3, archivedAt: now + 4 },
    })
    const steps = (await trail(storage, { session: 's1' })).reverse().slice(1)
    expect(steps.map(({ operation, detail }) => [operation, detail])).toEqual([
      ['status', '{"from":"created","to":"active"}'],
      ['status', '{"from":"active","to":"paused"}'],
      ['status', '{"from":"paused","to":"active"}'],
      ['terminate', '{"from":"active","to":"terminated"}'],
      ['archive', '{"from":"terminated","to":"archived"}'],
    ])
  })

  it('of a session that is not there is refused', async () => {
    await refusal(move('active'), 'not_found')
  })

  describe('at the end', () => {
    const set = (scope: StateScope, owner: string, key: string, value: string): NewEvent['changes'][number] => ({
      scope,
      owner,
      key,
      value,
    })
    const end = (writable = ['user:alice'], by = {}) => move('terminated', by, writable)

    it('clears the own state, keeps what was set for longer in state, and makes it memories', async () => {
      const { storage } = subject
      await createSession(storage)
      const changes = [
        set('session', 's1', 'step', '3'),
        set('user', 'alice', 'theme', '"very dark"'),
        set('app', 'support', 'motd', '"hello"'),
        set('project', 'apollo', 'due', '"friday"'),
      ]
      await append(storage, [anEvent({ changes })])
      const { kept } = await end(['user:alice', 'project:apollo'], { now: now + 1 })
      expect(kept).toEqual([
        { ...theme, version: 1 },
        { namespace: 'project:apollo:state', key: 'due', version: 1 },
      ])
      expect(await storage.memories.get({ ...theme, now })).toMatchObject({
        ...{ value: '"very dark"', type: 'semantic', chain: 'kept', recordedAt: now + 1 },
        ...{ validFrom: null, validTo: null, expiresAt: null, createdBy: 'user:alice' },
      })
      expect(await storage.memories.get({ namespace: 'app:support:state', key: 'motd', now })).toBeUndefined()
      expect(await storage.sessions.state({ ...s1, scopes: ['session', 'user', 'app', 'project'] })).toMatchObject([
        { scope: 'user' },
        { scope: 'app' },
        { scope: 'project' },
      ])
      expect(await found(storage, 'very dark')).toEqual(['user:alice:state theme 1'])
      expect((await operations(storage)).slice(-3).sort()).toEqual([
        'memory create',
        'memory create',
        'session terminate',
      ])
    })

    it('keeps only what was set in that session', async () => {
      const { storage } = subject
      await createSession(storage)
      await createSession(storage, { id: 's2' })
      await append(storage, [
        anEvent({ changes: [set('user', 'alice', 'theme', '1'), set('user', 'alice', 'lang', '1')] }),
      ])
      await append(storage, [anEvent({ changes: [set('user', 'alice', 'theme', '2')] })], {}, 's2')
      expect((await end()).kept).toEqual([{ namespace: 'user:alice:state', key: 'lang', version: 1 }])
    })

    it('makes a new version only where the value differs', async () => {
      const { storage } = subject
      await createSession(storage)
      await createSession(storage, { id: 's2' })
      await createSession(storage, { id: 's3' })
      const terminate = (id: string) =>
        storage.sessions.setStatus({
          id,
          owner: undefined,
          to: 'terminated',
          writable: ['user:alice'],
          chain: id,
          author: author(),
        })
      const say = (id: string, value: string) =>
        append(storage, [anEvent({ changes: [set('user', 'alice', 'theme', value)] })], {}, id)
      await say('s1', '1')
      expect((await terminate('s1')).kept).toHaveLength(1)
      await say('s2', '1')
      expect((await terminate('s2')).kept).toEqual([])
      await say('s3', '2')
      expect((await terminate('s3')).kept).toEqual([{ ...theme, version: 2 }])
      expect(await storage.memories.get({ ...theme, now })).toMatchObject({ value: '2', chain: 's1' })
      expect(await operations(storage, { entry: theme })).toEqual(['memory create', 'memory update'])
    })

    it('takes a deleted memory up again, keeps type and metadata of a living one, and leaves an episode alone', async () => {
      const { storage } = subject
      const at = (key: string) => ({ namespace: 'user:alice:state', key })
      await add(storage, { ...at('deleted'), value: '1', chain: 'd' })
      await storage.memories.delete({ ...at('deleted'), author: author() })
      await add(storage, { ...at('living'), type: 'procedural', metadata: '{"a":1}', chain: 'l' })
      await add(storage, { ...at('episode'), type: 'episodic', chain: 'e' })
      await createSession(storage)
      const changes = ['deleted', 'living', 'episode'].map((key) => set('user', 'alice', key, '1'))
      await append(storage, [anEvent({ changes })])
      expect((await end()).kept).toEqual([
        { ...at('deleted'), version: 3 },
        { ...at('living'), version: 2 },
      ])
      expect(await storage.memories.get({ ...at('deleted'), now })).toMatchObject({
        type: 'semantic',
        chain: 'd',
        value: '1',
      })
      expect(await storage.memories.get({ ...at('living'), now })).toMatchObject({
        type: 'procedural',
        metadata: '{"a":1}',
      })
      await refusal(storage.memories.update({ ...at('episode'), ...toValue('2') }), 'immutable')
    })

    it('happens once: ending it again keeps nothing and says nothing', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent({ changes: [set('user', 'alice', 'theme', '1')] })])
      const first = await end()
      const before = await footprint(storage)
      expect(await end()).toEqual({ session: first.session, kept: [], removed: [] })
      expect(await footprint(storage)).toEqual(before)
    })

    describe('what the session removed', () => {
      const at = (key: string) => ({ namespace: 'user:alice:state', key })
      const terminate = (id: string, writable?: string[]) =>
        storage().sessions.setStatus({
          ...{ id, owner: undefined, to: 'terminated', chain: id, author: author() },
          ...(writable && { writable }),
        })
      const storage = () => subject.storage
      let count = 0
      const change = (id: string, delta: Record<string, unknown>) => {
        const changes = Object.entries(delta).map(([name, value]): NewEvent['changes'][number] => {
          const [scope = '', key = ''] = name.split(':')
          return { scope: scope as StateScope, key, ...(value !== null && { value: JSON.stringify(value) }) }
        })
        const event = anEvent({ eventId: `change-${count++}`, changes, stateDelta: JSON.stringify(delta) })
        return append(storage(), [event], {}, id)
      }

      it('gets a tombstone, with its line in the trail', async () => {
        await createSession(storage())
        await change('s1', { 'user:theme': 'dark', 'user:lang': 'de' })
        await terminate('s1')
        await createSession(storage(), { id: 's2' })
        await change('s2', { 'user:theme': null, 'user:never': null })
        const { kept, removed } = await terminate('s2')
        expect({ kept, removed }).toEqual({ kept: [], removed: [{ ...theme, version: 2 }] })
        expect(await storage().memories.get({ ...theme, now })).toBeUndefined()
        expect(await storage().memories.get({ ...at('lang'), now })).toMatchObject({ value: '"de"' })
        const [line] = await trail(storage(), { entry: theme })
        expect(line).toMatchObject({ operation: 'delete', version: 2, detail: '{"endOf":"session"}' })
      })

      it('stays when it, or anybody else, has set it again', async () => {
        for (const id of ['s1', 's2', 's3']) await createSession(storage(), { id })
        await change('s1', { 'user:theme': 1, 'user:lang': 1 })
        await terminate('s1')
        await change('s2', { 'user:theme': null, 'user:lang': null })
        await change('s2', { 'user:theme': 1 })
        await change('s3', { 'user:lang': 1 })
        expect(await terminate('s2')).toMatchObject({ kept: [], removed: [] })
        expect(await storage().memories.get({ ...theme, now })).toMatchObject({ version: 1 })
        expect(await storage().memories.get({ ...at('lang'), now })).toMatchObject({ version: 1 })
      })

      it('of another session is not its to delete, nor is what may not be written, nor an episode', async () => {
        for (const id of ['s1', 's2', 's3', 's4']) await createSession(storage(), { id })
        await change('s1', { 'user:theme': 1, 'app:motd': 1 })
        await terminate('s1')
        await change('s2', { 'user:theme': null, 'app:motd': null })
        await change('s3', { 'user:theme': 2 })
        await change('s3', { 'user:other': 2 })
        await change('s2', { 'user:theme': null })
        expect(await terminate('s3')).toMatchObject({ kept: [{ key: 'other' }], removed: [] })
        expect(await terminate('s2', ['user:alice'])).toMatchObject({ kept: [], removed: [{ ...theme, version: 2 }] })
        expect(await storage().memories.get({ namespace: 'app:support:state', key: 'motd', now })).toBeDefined()
        await add(storage(), { ...at('diary'), type: 'episodic', chain: 'diary' })
        await change('s4', { 'user:diary': null, own: null, 'user:other': null })
        expect(await terminate('s4')).toMatchObject({ kept: [], removed: [{ ...at('other'), version: 2 }] })
        expect(await storage().memories.get({ ...at('diary'), now })).toBeDefined()
      })
    })

    it('keeps nothing of what a session that had the same id before has set', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent({ changes: [set('user', 'alice', 'theme', '1')] })])
      await storage.sessions.delete({ ...s1, author: author() })
      await createSession(storage, { user: 'bob' })
      expect(await move('terminated', {}, ['user:alice', 'user:bob'])).toMatchObject({ kept: [], removed: [] })
      await storage.sessions.delete({ ...s1, author: author() })
      await createSession(storage)
      expect(await storage.sessions.state({ ...s1, scopes: ['user'] })).toMatchObject([{ owner: 'alice', value: '1' }])
      expect(await end()).toMatchObject({ kept: [], removed: [] })
    })

    it('keeps nothing of what was not asked for', async () => {
      const { storage } = subject
      await createSession(storage)
      await append(storage, [anEvent({ changes: [set('user', 'alice', 'theme', '1')] })])
      expect((await end([])).kept).toEqual([])
      expect((await storage.info()).rows).toMatchObject({ memories: 0 })
    })
  })
}
