import { expect, it } from 'vitest'
import { storedScopes } from '../../../src/sessions/state.js'
import type { NewEvent } from '../../../src/storage/session-store.js'
import { anEvent, append, createSession, type Subject, s1 } from './subject.js'

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
