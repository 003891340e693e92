import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/json.js'
import { foreignKey, formatStateKey, mergeState, parseStateKey } from '../../src/sessions/state.js'
import { refusal, thrown } from '../helpers/refusal.js'
import { openStore, withStore } from '../store.js'

const alice = { app: 'shop', user: 'alice', project: 'apollo' }
const owners = { session: 's1', user: 'alice', app: 'shop', project: 'apollo' }

async function openSession(grants: ('app:write' | 'project:write')[] = []) {
  const { cairn } = await openStore()
  const handle = cairn.as({ ...alice, grants })
  const { id } = await handle.sessions.create({ id: 's1' })
  return { cairn, handle, sessions: handle.sessions, id }
}

describe('a state key', () => {
  it.each<[string, string, string, boolean, string?]>([
    ['theme', 'session', 'theme', false],
    ['session:theme', 'session', 'theme', true],
    ['session:s1:theme', 'session', 'theme', true, 's1'],
    ['user:theme', 'user', 'theme', true],
    ['user:alice:theme', 'user', 'theme', true, 'alice'],
    ['app:theme', 'app', 'theme', true],
    ['app:shop:theme', 'app', 'theme', true, 'shop'],
    ['project:theme', 'project', 'theme', true],
    ['project:apollo:theme', 'project', 'theme', true, 'apollo'],
    ['temp:theme', 'temp', 'theme', true],
    ['user', 'session', 'user', false],
    ['favourite colour', 'session', 'favourite colour', false],
    ['user:alice', 'user', 'alice', true],
    ['caf\u0065\u0301', 'session', 'café', false],
  ])('%s is of scope %s and named %s', (text, scope, key, explicit, owner) => {
    const parsed = parseStateKey(text)
    expect(parsed).toEqual({ scope, key, explicit, ...(owner !== undefined && { owner }) })
    if (parsed.scope !== 'temp') expect(foreignKey({ ...parsed, scope: parsed.scope }, owners)).toBeUndefined()
  })

  it.each([
    ['user:alice:a:b', 'has more parts than three'],
    ['temp:s1:theme', 'has more parts than two'],
    ['team:theme', "unknown scope 'team'"],
    ['User:theme', "unknown scope 'User'"],
    [':theme', "unknown scope ''"],
    ['user:', 'has an empty part'],
    ['user::theme', 'has an empty part'],
    ['', 'is empty'],
    ['a\nb', 'control character'],
  ])('is not %j: %s', (text, why) => {
    expect(thrown(() => parseStateKey(text), 'invalid_input').message).toContain(why)
  })

  it.each(['user:bob:theme', 'session:s2:theme', 'app:desk:theme', 'project:apollo11:theme'])(
    'of somebody else is not taken: %s',
    async (key) => {
      const { cairn, sessions, id } = await openSession(['app:write', 'project:write'])
      const scope = key.slice(0, key.indexOf(':'))
      const problem = {
        message: `State key ${key} names another ${scope} than this session's own.`,
        hint: `Write ${scope}:theme; keys themselves have no colon.`,
      }
      for (const at of [cairn.sessions, sessions]) {
        expect(await refusal(at.setState(id, key, 1), 'invalid_input')).toMatchObject(problem)
        expect(await refusal(at.getState(id, key), 'invalid_input')).toMatchObject(problem)
      }
      const creating = cairn.sessions.create({ ...alice, state: { [key]: 1 } })
      expect(await refusal(creating, 'invalid_input')).toMatchObject(problem)
      expect((await cairn.info()).rows).toMatchObject({ sessions: 1, state: 0 })
    },
  )

  it('of a project is never that of a session without one', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create({ app: 'shop', user: 'alice' })
    for (const key of ['project:theme', 'project:apollo:theme'])
      await refusal(cairn.sessions.setState(id, key, 1), 'invalid_input')
    await refusal(cairn.sessions.getState(id, 'project:apollo:theme'), 'invalid_input')
    const creating = cairn.sessions.create({ app: 'shop', user: 'alice', state: { 'project:theme': 1 } })
    expect((await refusal(creating, 'invalid_input')).message).toContain('this session has no project')
  })

  it('is written in a delta so that it reads back as itself', () => {
    for (const scope of ['session', 'user', 'app', 'project'] as const)
      expect(parseStateKey(formatStateKey(scope, 'theme'))).toMatchObject({ scope, key: 'theme' })
  })
})

describe('state', () => {
  it('is read in the order session, user, app, project', async () => {
    const { cairn, sessions, id } = await openSession(['app:write', 'project:write'])
    expect(await sessions.getState(id, 'theme')).toBeNull()
    for (const scope of ['project', 'app', 'user', 'session']) {
      await sessions.setState(id, `${scope}:theme`, `of the ${scope}`)
      expect(await sessions.getState(id, 'theme')).toBe(`of the ${scope}`)
    }
    await sessions.setState(id, 'app:motd', 'hello')
    expect(await sessions.state(id)).toEqual({
      merged: { theme: 'of the session', motd: 'hello' },
      session: { theme: 'of the session' },
      user: { theme: 'of the user' },
      app: { theme: 'of the app', motd: 'hello' },
      project: { theme: 'of the project' },
    })
    for (const scope of ['session', 'user', 'app', 'project']) {
      expect(await sessions.getState(id, `${scope}:theme`)).toBe(`of the ${scope}`)
      await sessions.setState(id, `${scope}:theme`, null)
    }
    expect(await sessions.getState(id, 'theme')).toBeNull()
    expect(await cairn.sessions.getState(id, 'app:motd')).toBe('hello')
  })

  it('is shared as far as its scope goes', async () => {
    const { cairn, sessions, id } = await openSession(['app:write', 'project:write'])
    for (const scope of ['session', 'user', 'app', 'project']) await sessions.setState(id, `${scope}:k`, scope)
    const seen = async (owner: object) => {
      const { id: other } = await cairn.sessions.create({ ...alice, ...owner })
      return (await cairn.sessions.state(other)).merged
    }
    expect(await seen({})).toEqual({ k: 'user' })
    expect(await seen({ app: 'desk' })).toEqual({ k: 'user' })
    expect(await seen({ user: 'bob' })).toEqual({ k: 'app' })
    expect(await seen({ user: 'bob', app: 'desk' })).toEqual({ k: 'project' })
    expect(await seen({ user: 'bob', app: 'desk', project: 'apollo11' })).toEqual({})
  })

  it('of temp: lives for the turn only and is never stored', async () => {
    const { cairn, sessions, id } = await openSession()
    const stateDelta = { 'temp:scratch': 'secret', kept: 1 }
    const { event } = await sessions.appendEvent(id, { type: 'action', actor: 'agent', content: {}, stateDelta })
    expect(event.stateDelta).toEqual({ kept: 1 })
    expect(await sessions.getState(id, 'temp:scratch')).toBeNull()
    expect(await sessions.getState(id, 'scratch')).toBeNull()
    const error = await refusal(sessions.setState(id, 'temp:scratch', 1), 'invalid_input')
    expect(error.message).toContain('would not be stored')
    const only = { type: 'action' as const, actor: 'agent', content: {}, stateDelta: { 'temp:x': 1 } }
    expect((await sessions.appendEvent(id, only)).event).not.toHaveProperty('stateDelta')
    expect(JSON.stringify(await cairn.sessions.state(id))).not.toContain('secret')
  })

  it('takes any JSON, and null takes a key away', async () => {
    const { sessions, id } = await openSession()
    for (const value of [0, '', false, [], {}, { a: [null] }, 'text'] satisfies Json[]) {
      const { event } = await sessions.setState(id, 'k', value)
      expect(event).toMatchObject({ type: 'state_change', actor: 'system', content: {}, stateDelta: { k: value } })
      expect(await sessions.getState(id, 'k')).toEqual(value)
    }
    await sessions.setState(id, 'k', null)
    expect(await sessions.getState(id, 'k')).toBeNull()
    expect((await sessions.state(id)).merged).toEqual({})
    await refusal(sessions.setState(id, 'k', undefined as never), 'invalid_input')
  })

  it('is set once by a retry, and says who set it', async () => {
    const { sessions, id } = await openSession()
    const options = { eventId: 'set-1', actor: 'tool:crm' }
    expect((await sessions.setState(id, 'k', 1, options)).event).toMatchObject({ eventId: 'set-1', actor: 'tool:crm' })
    expect((await sessions.setState(id, 'k', 1, options)).duplicate).toBe(true)
    expect((await sessions.get(id))?.lastSeq).toBe(1)
  })

  it('takes the long form of a key as the short one', async () => {
    const { sessions, id } = await openSession()
    const { event } = await sessions.setState(id, 'user:alice:theme', 'dark')
    expect(event.stateDelta).toEqual({ 'user:theme': 'dark' })
    await sessions.setState(id, 'session:s1:topic', 'x')
    expect((await sessions.state(id)).merged).toEqual({ theme: 'dark', topic: 'x' })
    expect(await sessions.getState(id, 'user:alice:theme')).toBe('dark')
    await refusal(sessions.getState(id, 'user:bob:theme'), 'invalid_input')
  })

  it('of the app and the project is read by all in them and written by grant', async () => {
    const { cairn, sessions, id } = await openSession()
    await cairn.sessions.setState(id, 'app:motd', 'hello')
    await cairn.sessions.setState(id, 'project:phase', 'alpha')
    expect((await sessions.state(id)).merged).toEqual({ motd: 'hello', phase: 'alpha' })
    await refusal(sessions.setState(id, 'app:motd', 'mine'), 'forbidden')
    await refusal(sessions.setState(id, 'project:phase', null), 'forbidden')
    const granted = cairn.as({ ...alice, grants: ['project:write'] })
    await granted.sessions.setState(id, 'project:phase', 'beta')
    await refusal(granted.sessions.setState(id, 'app:motd', 'mine'), 'forbidden')
    expect((await sessions.state(id)).merged).toEqual({ motd: 'hello', phase: 'beta' })
  })

  it('of a project is nothing to whoever has lost it', async () => {
    const { cairn, id } = await openSession()
    await cairn.sessions.setState(id, 'project:phase', 'alpha')
    const without = cairn.as({ app: 'shop', user: 'alice' })
    expect(await without.sessions.state(id)).toMatchObject({ merged: {}, project: {} })
    expect(await without.sessions.getState(id, 'phase')).toBeNull()
    await refusal(without.sessions.getState(id, 'project:phase'), 'forbidden')
    const reader = cairn.as({ app: 'shop', user: 'alice', grants: [{ namespace: 'project:apollo', rights: ['read'] }] })
    expect(await reader.sessions.getState(id, 'phase')).toBe('alpha')
  })

  it('is not changed at all by a delta with one key that may not be written', async () => {
    const { sessions, id } = await openSession()
    await sessions.setState(id, 'a', 'before')
    const delta = (stateDelta: Record<string, unknown>) =>
      sessions.appendEvent(id, { type: 'action', actor: 'agent', content: {}, stateDelta })
    await refusal(delta({ a: 'after', 'user:b': 1, 'app:c': 1 }), 'forbidden')
    await refusal(delta({ a: 'after', 'team:c': 1 }), 'invalid_input')
    await refusal(delta({ a: 'after', 'user:bob:c': 1 }), 'invalid_input')
    await refusal(delta({ a: 'after', b: Number.NaN }), 'invalid_input')
    expect((await sessions.state(id)).merged).toEqual({ a: 'before' })
    expect((await sessions.get(id))?.lastSeq).toBe(1)
  })

  it('of a project asked for in a session without one is nothing', async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create({ app: 'shop', user: 'alice' })
    expect(await cairn.sessions.getState(id, 'project:k')).toBeNull()
    await refusal(cairn.sessions.setState(id, 'project:k', 1), 'invalid_input')
  })

  it('of an unknown session is null, but all of it together needs a session', async () => {
    const { cairn } = await openStore()
    expect(await cairn.sessions.getState('nobody', 'k')).toBeNull()
    await refusal(cairn.sessions.getState('nobody', ''), 'invalid_input')
    await refusal(cairn.sessions.state('nobody'), 'not_found')
  })

  it('is the fold of the deltas in the events', async () => {
    const key = fc.constantFrom(
      'a',
      'b',
      'session:a',
      'user:a',
      'user:alice:b',
      'app:a',
      'project:b',
      '__proto__',
      'temp:a',
    )
    const delta = fc.array(fc.tuple(key, fc.constantFrom<Json[]>(null, 1, 'x', [1], { a: null })), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(delta, { maxLength: 8 }), (deltas) =>
        withStore(async ({ cairn }) => {
          const { id } = await cairn.sessions.create(alice)
          for (const entries of deltas) {
            const stateDelta = Object.fromEntries(entries)
            await cairn.sessions.appendEvent(id, { type: 'action', actor: 'agent', content: {}, stateDelta })
          }
          const folded = new Map<string, Json>()
          for (const { stateDelta } of (await cairn.sessions.events(id)).items) {
            for (const [name, value] of Object.entries(stateDelta ?? {})) {
              folded.delete(name)
              if (value !== null) folded.set(name, value)
            }
          }
          const state = await cairn.sessions.state(id)
          const kept = (['session', 'user', 'app', 'project'] as const).flatMap((scope) =>
            Object.entries(state[scope]).map(([name, value]) => [formatStateKey(scope, name), value] as const),
          )
          expect(new Map(kept)).toEqual(folded)
          for (const [name, value] of Object.entries(state.merged))
            expect(await cairn.sessions.getState(id, name)).toEqual(value)
        }),
      ),
      { numRuns: 20, interruptAfterTimeLimit: 5_000 },
    )
  })

  it('merges rows of scopes in any order', () => {
    const row = (scope: 'user' | 'app', value: string) => ({
      scope,
      owner: 'x',
      key: 'k',
      value: JSON.stringify(value),
    })
    expect(mergeState([row('user', 'u'), row('app', 'a')]).merged).toEqual({ k: 'u' })
    expect(mergeState([row('app', 'a'), row('user', 'u')]).merged).toEqual({ k: 'u' })
  })
})
