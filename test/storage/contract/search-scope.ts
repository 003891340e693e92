import { expect, it } from 'vitest'
import { kindToken, memoryToken, ownerToken, sessionToken, typeToken } from '../../../src/search/index-text.js'
import type { NewMemory } from '../../../src/storage/memory-store.js'
import type { NewEvent } from '../../../src/storage/session-store.js'
import { add, aMemory, anEvent, append, author, createSession, found, now, type Subject, toValue } from './subject.js'

const alice = { app: 'support', user: 'alice' }

export function describeSearchScope(subject: Subject): void {
  async function remember(namespaces: string[], changes: Partial<NewMemory> = {}): Promise<void> {
    const entries = namespaces.map((namespace) =>
      aMemory({ namespace, chain: namespace, value: '"alpha"', ...changes }),
    )
    await subject.storage.memories.add({ entries, author: author() })
  }

  async function say(
    session: string,
    owner: { app: string; user: string },
    changes: Partial<NewEvent> = {},
  ): Promise<void> {
    await createSession(subject.storage, { id: session, ...owner })
    await append(subject.storage, [anEvent({ content: '{"text":"alpha"}', ...changes })], {}, session)
  }

  const memories = async (namespaces: string[], text = 'alpha') =>
    (await found(subject.storage, text, { memories: { namespaces }, events: { sessions: [] } }))
      .map((name) => name.split(' ')[0])
      .sort()

  it('is a namespace and what is below it, and nothing that only looks like it', async () => {
    const below = ['user:alice', 'user:alice:prefs', 'user:alice:prefs:deep']
    await remember([
      ...below,
      'user:alicebob',
      'user:alice_x',
      'user:Alice',
      'user:alic',
      'user:alice!x',
      'user:bob',
      'app:user:alice',
    ])
    expect(await memories(['user:alice'])).toEqual(below)
    expect(await memories(['user:alice:prefs'])).toEqual(below.slice(1))
    expect(await memories(['user:alice:prefs', 'user:alice'])).toEqual(below)
    expect(await memories(['user:bob', 'user:alice:prefs:deep'])).toEqual(['user:alice:prefs:deep', 'user:bob'])
    expect(await memories(['user:ali'])).toEqual([])
    expect(await memories(['user:alice:'])).toEqual([])
    expect(await memories([])).toEqual([])
  })

  it('is applied before the limit', async () => {
    const { storage } = subject
    const crowd = Array.from({ length: 60 }, (_, index) => `user:crowd:${index}`)
    await remember(crowd, { value: '"alpha alpha alpha alpha"' })
    await remember(['user:alice', 'user:alice:a', 'user:alice:b'], {
      value: '"a long text in which alpha comes once only"',
    })
    await remember(['user:skill'], { type: 'procedural', value: '"a long text in which alpha comes once only"' })
    await remember(['user:later'], { validFrom: now + 5, value: '"a long text in which alpha comes once only"' })
    await say('s1', alice)
    for (let index = 0; index < 40; index++)
      await append(storage, [anEvent({ eventId: `x${index}`, content: '{"text":"alpha"}', type: 'action' })])
    await say('s2', { app: 'support', user: 'bob' })
    const count = async (query: Parameters<typeof found>[2]) =>
      (await found(storage, 'alpha', { limit: 3, ...query })).length
    const noEvents = { events: { sessions: [] } }
    const noMemories = { memories: { namespaces: [] } }
    expect(await count({ memories: { namespaces: ['user:alice'] }, ...noEvents })).toBe(3)
    expect(await count({ memories: { types: ['procedural'] }, ...noEvents })).toBe(1)
    expect(await count({ memories: { namespaces: ['user:later'] }, ...noEvents, moment: { validAt: now + 5 } })).toBe(1)
    expect(await count({ ...noMemories, events: { owner: { app: 'support', user: 'bob' } } })).toBe(1)
    expect(await count({ ...noMemories, events: { sessions: ['s2'] } })).toBe(1)
    expect(await count({ ...noMemories, events: { types: ['message'] } })).toBe(2)
    for (const moment of [{}, { knownAt: now }]) {
      expect(
        await found(storage, 'alpha', { limit: 2, moment, memories: { namespaces: ['user:skill'] }, ...noEvents }),
      ).toHaveLength(1)
      expect(await found(storage, 'alpha', { limit: 1, moment, ...noMemories, events: { sessions: ['s2'] } })).toEqual([
        's2 1',
      ])
    }
  })

  it('passes over versions that the clocks hide without counting them', async () => {
    const { storage } = subject
    for (let index = 0; index < 20; index++) await remember([`user:u${index}`], { validFrom: now + 5 })
    await remember(['user:alice'], { value: '"the alpha that is valid now"' })
    expect(await found(storage, 'alpha', { limit: 1 })).toEqual(['user:alice tone 1'])
  })

  it('of types is one of the types named', async () => {
    const { storage } = subject
    for (const type of ['semantic', 'episodic', 'procedural'] as const) await remember([`user:${type}`], { type })
    for (const type of ['message', 'action', 'reflection'] as const) await say(type, alice, { type })
    const typed = async (query: Parameters<typeof found>[2]) => (await found(storage, 'alpha', query)).sort()
    expect(await typed({ memories: { types: ['episodic'] }, events: { types: ['action', 'reflection'] } })).toEqual([
      'action 1',
      'reflection 1',
      'user:episodic tone 1',
    ])
    expect(await typed({ memories: { types: [] }, events: { types: [] } })).toEqual([])
    expect(
      await typed({ memories: { types: ['semantic'], namespaces: ['user:procedural'] }, events: { types: [] } }),
    ).toEqual([])
  })

  it('of events is their owner and the sessions named', async () => {
    const { storage } = subject
    await say('s1', alice)
    await say('s2', alice)
    await say('s3', { app: 'support', user: 'bob' })
    await say('s4', { app: 'sales', user: 'alice' })
    const events = async (scope: NonNullable<Parameters<typeof found>[2]>['events']) =>
      (await found(storage, 'alpha', { memories: { namespaces: [] }, ...(scope && { events: scope }) })).sort()
    expect(await events({})).toEqual(['s1 1', 's2 1', 's3 1', 's4 1'])
    expect(await events({ owner: alice })).toEqual(['s1 1', 's2 1'])
    expect(await events({ owner: alice, sessions: ['s2', 's3'] })).toEqual(['s2 1'])
    expect(await events({ sessions: ['s3', 's4'] })).toEqual(['s3 1', 's4 1'])
    expect(await events({ owner: alice, types: ['action'] })).toEqual([])
    expect(await events({ sessions: [] })).toEqual([])
    await storage.sessions.delete({ id: 's2', owner: undefined, author: author() })
    expect(await events({ owner: alice })).toEqual(['s1 1'])
  })

  it('does not mix up names that read the same when they are joined', async () => {
    const { storage } = subject
    await say('one', { app: 'a', user: 'b:c' })
    await say('two', { app: 'a:b', user: 'c' })
    await say('three', { app: 'a","b', user: 'c' })
    await say('four', { app: 'a', user: 'b","c' })
    await say('s', { app: 'a', user: 'b' })
    await remember(['session:s', 'user:memory', 'user:memory:semantic'])
    const owned = (app: string, user: string) =>
      found(storage, 'alpha', { memories: { namespaces: [] }, events: { owner: { app, user } } })
    expect(await owned('a', 'b:c')).toEqual(['one 1'])
    expect(await owned('a:b', 'c')).toEqual(['two 1'])
    expect(await owned('a","b', 'c')).toEqual(['three 1'])
    expect(await owned('a', 'b","c')).toEqual(['four 1'])
    expect(await memories(['session:s'])).toEqual(['session:s'])
    expect(await found(storage, 'alpha', { memories: { namespaces: [] }, events: { sessions: ['s'] } })).toEqual([
      's 1',
    ])
    expect(await memories(['user:memory'])).toEqual(['user:memory', 'user:memory:semantic'])
  })

  it('cannot be written into a text, nor asked for as a word', async () => {
    const { storage } = subject
    const tokens = [
      memoryToken('user:alice'),
      kindToken('memory'),
      typeToken('memory', 'semantic'),
      ownerToken(alice),
      sessionToken('s1'),
    ]
    await add(storage, {
      namespace: 'user:mallory',
      key: tokens.join(' '),
      value: JSON.stringify(`alpha ${tokens.join(' ')}`),
    })
    await say(
      's9',
      { app: 'support', user: 'mallory' },
      { content: JSON.stringify({ text: `alpha ${tokens.join(' ')}` }) },
    )
    await remember(['user:alice'])
    await say('s1', alice)
    expect(await memories(['user:alice'])).toEqual(['user:alice'])
    expect(await found(storage, 'alpha', { memories: { namespaces: [] }, events: { owner: alice } })).toEqual(['s1 1'])
    for (const token of tokens) {
      expect(await memories(['user:alice'], token)).toEqual([])
      expect(await found(storage, token, { memories: { namespaces: [] }, events: { owner: alice } })).toEqual([])
    }
  })

  it('follows a memory whose type changed in a new life', async () => {
    const { storage } = subject
    const skill = { namespace: 'user:alice', key: 'tone' }
    await remember(['user:alice'], { type: 'procedural' })
    await storage.memories.delete({ ...skill, author: author() })
    await remember(['user:alice'], { type: 'semantic' })
    await storage.memories.update({ ...skill, ...toValue('"alpha again"') })
    expect(await found(storage, 'alpha', { memories: { types: ['procedural'] } })).toEqual([])
    expect(await found(storage, 'alpha', { memories: { types: ['semantic'] } })).toEqual(['user:alice tone 4'])
  })
}
