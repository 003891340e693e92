import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/errors.js'
import { storedScopes } from '../../../src/sessions/state.js'
import type { NewEvent } from '../../../src/storage/session-store.js'
import { refusal } from '../../helpers/refusal.js'
import { anEvent, append, aSession, author, createSession, footprint, type Subject, s1 } from './subject.js'

type Change = NewEvent['changes'][number]

export function describeState(subject: Subject): void {
  let count = 0
  const set = (changes: Change[], id = 's1') =>
    append(subject.storage, [anEvent({ eventId: `set-${count++}`, changes })], {}, id)
  const own = (key: string, value?: string): Change => ({
    scope: 'session',
    owner: 's1',
    key,
    ...(value !== undefined && { value }),
  })

  it('is set, overwritten and removed by events, in the order of the changes', async () => {
    const { storage } = subject
    await createSession(storage)
    await set([own('a', '1'), own('b', '{"x":[1]}'), own('c', 'null')])
    await set([own('a', '2'), own('b'), own('never'), own('d', '4'), own('d', '5')])
    expect(await storage.sessions.state({ ...s1, scopes: ['session'] })).toEqual([
      { scope: 'session', owner: 's1', key: 'a', value: '2' },
      { scope: 'session', owner: 's1', key: 'c', value: 'null' },
      { scope: 'session', owner: 's1', key: 'd', value: '5' },
    ])
  })

  it("is the session's own by scope, whether its owner is named or not", async () => {
    const { storage } = subject
    await createSession(storage)
    await set([
      { scope: 'user', key: 'a', value: '1' },
      { scope: 'user', owner: 'alice', key: 'b', value: '2' },
    ])
    expect(await storage.sessions.state({ ...s1, scopes: ['user'] })).toEqual([
      { scope: 'user', owner: 'alice', key: 'a', value: '1' },
      { scope: 'user', owner: 'alice', key: 'b', value: '2' },
    ])
  })

  describe('is refused as a whole, and nothing is written', () => {
    const taken: Change = { scope: 'session', key: 'k', value: '1' }
    const cases: [string, Change, string[] | undefined, ErrorCode][] = [
      [
        'when a change names another owner',
        { scope: 'user', owner: 'bob', key: 'k', value: '1' },
        undefined,
        'invalid_input',
      ],
      ['when a removal does', { scope: 'session', owner: 's2', key: 'k' }, undefined, 'invalid_input'],
      [
        'when it is of a project that is not there',
        { scope: 'project', key: 'k', value: '1' },
        undefined,
        'invalid_input',
      ],
      [
        'when it may not be written',
        { scope: 'app', key: 'k', value: '1' },
        ['user:alice', 'app:support:x'],
        'forbidden',
      ],
    ]
    it.each(cases)('%s', async (_when, change, writable, code) => {
      const { storage } = subject
      const rights = { author: author(), ...(writable && { writable }) }
      const event = anEvent({ changes: [taken, change] })
      const session = aSession({ project: null })
      await refusal(storage.sessions.create({ session, event, ...rights }), code)
      await storage.sessions.create({ session, author: author() })
      const before = await footprint(storage)
      const { details } = await refusal(storage.sessions.append({ ...s1, events: [event], ...rights }), code)
      if (code === 'forbidden') expect(details).toEqual({ right: 'write', namespace: 'app:support' })
      expect(await footprint(storage)).toEqual(before)
    })
  })

  it('is read by scopes in the order asked for, or by one key', async () => {
    const { storage } = subject
    await createSession(storage)
    await set([
      own('theme', '"session"'),
      { scope: 'user', owner: 'alice', key: 'theme', value: '"user"' },
      { scope: 'app', owner: 'support', key: 'theme', value: '"app"' },
      { scope: 'project', owner: 'apollo', key: 'theme', value: '"project"' },
      { scope: 'user', owner: 'alice', key: 'lang', value: '"de"' },
    ])
    const read = async (query: { scopes: readonly Change['scope'][]; key?: string }) =>
      (await storage.sessions.state({ ...s1, ...query, scopes: [...query.scopes] }))?.map(({ value }) => value)
    expect(await read({ scopes: storedScopes })).toEqual(['"session"', '"de"', '"user"', '"app"', '"project"'])
    expect(await read({ scopes: ['project', 'session'] })).toEqual(['"project"', '"session"'])
    expect(await read({ scopes: storedScopes, key: 'theme' })).toEqual(['"session"', '"user"', '"app"', '"project"'])
    expect(await read({ scopes: ['user'], key: 'lang' })).toEqual(['"de"'])
    expect(await read({ scopes: ['app'], key: 'lang' })).toEqual([])
    expect(await read({ scopes: [] })).toEqual([])
  })

  it('belongs to its owner: other sessions see what they share and nothing else', async () => {
    const { storage } = subject
    await createSession(storage)
    await createSession(storage, { id: 's2', user: 'bob', project: null })
    await createSession(storage, { id: 's3', app: 'sales', project: 'apollo' })
    await set([
      own('k', '1'),
      { scope: 'user', owner: 'alice', key: 'k', value: '2' },
      { scope: 'app', owner: 'support', key: 'k', value: '3' },
      { scope: 'project', owner: 'apollo', key: 'k', value: '4' },
    ])
    const seen = async (id: string) =>
      (await storage.sessions.state({ id, owner: undefined, scopes: [...storedScopes] }))?.map(({ scope }) => scope)
    expect(await seen('s1')).toEqual(['session', 'user', 'app', 'project'])
    expect(await seen('s2')).toEqual(['app'])
    expect(await seen('s3')).toEqual(['user', 'project'])
    expect(await seen('unknown')).toBeUndefined()
  })
}
