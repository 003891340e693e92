import { describe, expect, it } from 'vitest'
import type { Cairn, EventInput } from '../../src/index.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const owner = { app: 'support', user: 'alice' }

function say(text: string, more: Partial<EventInput> = {}): EventInput {
  return { type: 'message', actor: 'user:alice', eventId: text, content: { text }, ...more }
}

async function withSession(): Promise<{ root: Cairn; alice: Cairn; bob: Cairn }> {
  const { cairn: root } = await openStore()
  const alice = root.as(owner)
  await alice.sessions.create({ id: 's1', state: { topic: 'start', 'user:theme': 'dark' } })
  await alice.sessions.appendEvents('s1', [
    say('one', { stateDelta: { topic: 'one', mood: 'calm' } }),
    say('two', { stateDelta: { topic: 'two', mood: null, 'user:theme': 'light' } }),
    say('three', { stateDelta: { topic: 'three' } }),
  ])
  return { root, alice, bob: root.as({ app: 'support', user: 'bob' }) }
}

const texts = async (at: Cairn, id: string) =>
  (await at.sessions.events(id)).items.map(({ content }) => content.text ?? content.reason)

describe('fork', () => {
  it('shares history and goes its own way from an event on', async () => {
    const { alice } = await withSession()
    const fork = await alice.sessions.fork('s1', { atSeq: 2, metadata: { try: 2 } })
    expect(fork).toMatchObject({ parent: 's1', forkedAtSeq: 2, lastSeq: 2, status: 'active', metadata: { try: 2 } })
    expect(fork).toMatchObject(owner)
    await alice.sessions.appendEvent(fork.id, say('other', { stateDelta: { topic: 'other' } }), { expectedSeq: 2 })
    expect(await texts(alice, fork.id)).toEqual(['initial state', 'one', 'other'])
    expect(await texts(alice, 's1')).toEqual(['initial state', 'one', 'two', 'three'])
    const { session, user } = await alice.sessions.state(fork.id)
    expect({ session, user }).toEqual({ session: { topic: 'other', mood: 'calm' }, user: { theme: 'light' } })
    expect(await alice.sessions.getState('s1', 'topic')).toBe('three')
  })

  it('is of the last event, with an id of one’s own, when that is asked for', async () => {
    const { alice } = await withSession()
    expect(await alice.sessions.fork('s1', { id: 'f' })).toMatchObject({ id: 'f', lastSeq: 4, forkedAtSeq: 4 })
    await refusal(alice.sessions.fork('s1', { id: 'f' }), 'already_exists')
    await refusal(alice.sessions.fork('s1', { id: 'a:b' }), 'invalid_input')
    await refusal(alice.sessions.fork('s1', { atSeq: 5 }), 'invalid_input')
    await refusal(alice.sessions.fork('s1', { atSeq: -1 }), 'invalid_input')
    await refusal(alice.sessions.fork('s1', { at: 1 } as never), 'invalid_input')
  })

  it('has the keys that JavaScript has names for', async () => {
    const { alice } = await withSession()
    await alice.sessions.setState('s1', '__proto__', 'kept')
    await alice.sessions.setState('s1', 'constructor', { deep: [1] })
    const { id } = await alice.sessions.fork('s1')
    expect(await alice.sessions.getState(id, '__proto__')).toBe('kept')
    expect(await alice.sessions.getState(id, 'constructor')).toEqual({ deep: [1] })
  })

  it('of another’s session is as of none, and the trail tells', async () => {
    const { root, bob } = await withSession()
    const answers = []
    for (const id of ['s1', 'missing']) {
      answers.push(
        [
          await refusal(bob.sessions.fork(id), 'not_found'),
          await refusal(bob.sessions.rewind(id, { toSeq: 0 }), 'not_found'),
          await refusal(bob.sessions.applyHistory(id, 'op', { append: [say('x')] }), 'not_found'),
          await refusal(bob.sessions.children(id), 'not_found'),
          await refusal(bob.sessions.tree(id), 'not_found'),
        ].map(({ message }) => message.replace(id, '…')),
      )
    }
    expect(answers[0]).toEqual(answers[1])
    expect((await root.sessions.list()).items).toHaveLength(1)
    // Refusals are written behind the answers, and before what is written next.
    await root.sessions.create({ ...owner, id: 's2' })
    const refused = (await root.audit.list({ outcome: 'forbidden' })).items
    expect(new Set(refused.map(({ operation }) => operation))).toEqual(
      new Set(['create', 'rollback', 'append', 'read']),
    )
  })
})

describe('rewind', () => {
  it('takes a session back, and keeps what it was', async () => {
    const { root, alice } = await withSession()
    const { session, branch } = await alice.sessions.rewind('s1', { toSeq: 2, branchId: 'was', expectedSeq: 4 })
    expect(session).toMatchObject({ id: 's1', lastSeq: 2, parent: null })
    expect(branch).toMatchObject({ id: 'was', lastSeq: 4, parent: 's1', forkedAtSeq: 2, status: 'paused', ...owner })
    expect(await texts(alice, 'was')).toEqual(['initial state', 'one', 'two', 'three'])
    expect((await alice.sessions.state('s1')).session).toEqual({ topic: 'one', mood: 'calm' })
    expect((await alice.sessions.state('was')).session).toEqual({ topic: 'three' })
    await refusal(alice.sessions.appendEvent('s1', say('late'), { expectedSeq: 4 }), 'conflict')
    await refusal(alice.sessions.rewind('s1', { toSeq: 0, expectedSeq: 4 }), 'conflict')
    expect((await alice.sessions.appendEvent('s1', say('two'))).duplicate).toBe(false)
    const [line] = (await root.audit.list({ session: 's1', operation: 'rollback' })).items
    expect(line).toMatchObject({ subject: 'session', detail: { toSeq: 2, branch: 'was' }, actor: 'user:alice' })
  })

  it('has nothing to keep where nothing is taken back', async () => {
    const { alice } = await withSession()
    expect(await alice.sessions.rewind('s1', { toSeq: 4 })).toMatchObject({ session: { lastSeq: 4 }, branch: null })
    expect((await alice.sessions.list()).items).toHaveLength(1)
  })

  it('is not for a session that has ended, which can be forked', async () => {
    const { alice } = await withSession()
    await alice.sessions.terminate('s1')
    expect((await refusal(alice.sessions.rewind('s1', { toSeq: 2 }), 'illegal_transition')).hint).toMatch(/Fork/)
    const { id } = await alice.sessions.fork('s1', { atSeq: 2 })
    expect((await alice.sessions.state(id)).session).toEqual({ topic: 'one', mood: 'calm' })
    await refusal(alice.sessions.rewind('s1', {} as never), 'invalid_input')
  })
})

describe('applyHistory', () => {
  const change = (mood: string) => ({
    replaceSuffix: {
      expected: ['two', 'three'],
      with: [{ type: 'message' as const, actor: 'agent', content: { text: 'better', tone: mood } }],
    },
  })

  it('replaces the end once, and answers a retry as the first time', async () => {
    const { alice } = await withSession()
    const done = await alice.sessions.applyHistory('s1', 'op1', change('warm'))
    expect(done).toMatchObject({ duplicate: false, events: [{ seq: 3, content: { text: 'better' } }] })
    expect(await texts(alice, done.branch ?? '')).toEqual(['initial state', 'one', 'two', 'three'])
    expect(await alice.sessions.applyHistory('s1', 'op1', change('warm'))).toEqual({ ...done, duplicate: true })
    await refusal(alice.sessions.applyHistory('s1', 'op1', change('cold')), 'conflict')
    await refusal(alice.sessions.applyHistory('s1', 'op2', change('warm')), 'conflict')
    expect(await texts(alice, 's1')).toEqual(['initial state', 'one', 'better'])
  })

  it('knows the same change by its content, not by the order of its fields', async () => {
    const { alice } = await withSession()
    const one = { type: 'message' as const, actor: 'agent', content: { a: 1, b: [1, { c: 2, d: null }] } }
    const { content: _, ...rest } = one
    const same = { content: { b: [1, { d: null, c: 2 }], a: 1 }, ...rest }
    const first = await alice.sessions.applyHistory('s1', 'op', { append: [one] })
    expect(await alice.sessions.applyHistory('s1', 'op', { append: [same] })).toEqual({ ...first, duplicate: true })
    for (const other of [
      { ...one, eventId: 'e' },
      { ...one, timestamp: 0 },
      { ...one, stateDelta: { x: 1 } },
    ]) {
      await refusal(alice.sessions.applyHistory('s1', 'op', { append: [other] }), 'conflict')
    }
    await refusal(
      alice.sessions.applyHistory('s1', 'op', { replaceSuffix: { expected: ['x'], with: [one] } }),
      'conflict',
    )
  })

  it('lets one of two who replace the same end win', async () => {
    const { alice } = await withSession()
    const outcomes = await Promise.allSettled([
      alice.sessions.applyHistory('s1', 'op1', change('warm')),
      alice.sessions.applyHistory('s1', 'op2', change('cold')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await texts(alice, 's1')).toEqual(['initial state', 'one', 'better'])
  })

  it('writes shared state only where the handle may', async () => {
    const { alice } = await withSession()
    const event = say('x', { stateDelta: { 'app:motd': 'hi' } })
    await refusal(alice.sessions.applyHistory('s1', 'op', { append: [event] }), 'forbidden')
    expect(await texts(alice, 's1')).toHaveLength(4)
  })

  it.each([
    {},
    { append: [] },
    { append: [say('x')], replaceSuffix: { expected: [], with: [] } },
    { replaceSuffix: { expected: ['three'] } },
    { replaceSuffix: { expected: [''], with: [] } },
    { append: [{ type: 'message' }] },
    { append: Array.from({ length: 1001 }, (_, index) => say(`x${index}`)) },
    { other: [] },
    null,
  ])('refuses %j', async (input) => {
    const { alice } = await withSession()
    await refusal(alice.sessions.applyHistory('s1', 'op', input as never), 'invalid_input')
  })
})

describe('the family of a session', () => {
  it('is listed: forks by age in pages, and the tree with its depths', async () => {
    const { alice } = await withSession()
    for (const id of ['a', 'b', 'c']) await alice.sessions.fork('s1', { id })
    await alice.sessions.fork('b', { id: 'bb' })
    const ids = await allPages((cursor) => alice.sessions.children('s1', { limit: 2, ...(cursor && { cursor }) }))
    expect(ids.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    const { sessions, complete } = await alice.sessions.tree('bb')
    expect(sessions.map(({ id, depth }) => `${'-'.repeat(depth)}${id}`)).toEqual(['s1', '-a', '-b', '--bb', '-c'])
    expect(complete).toBe(true)
  })

  it('says when it is too large to be told in full', async () => {
    const { alice } = await withSession()
    await Promise.all(Array.from({ length: 1000 }, () => alice.sessions.fork('s1')))
    const { sessions, complete } = await alice.sessions.tree('s1')
    expect([sessions.length, complete]).toEqual([1000, false])
  })

  it('outlives the deletion of the first of all', async () => {
    const { alice } = await withSession()
    await alice.sessions.fork('s1', { id: 'a', atSeq: 3 })
    await alice.sessions.fork('s1', { id: 'b', atSeq: 2 })
    expect(await alice.sessions.delete('s1')).toBe(true)
    expect(await texts(alice, 'a')).toEqual(['initial state', 'one', 'two'])
    expect(await texts(alice, 'b')).toEqual(['initial state', 'one'])
    expect((await alice.sessions.tree('b')).sessions.map(({ id }) => id)).toEqual(['a', 'b'])
  })
})

describe('search in a fork', () => {
  it('finds the shared part as the session that holds it', async () => {
    const { alice, bob } = await withSession()
    await alice.sessions.fork('s1', { id: 'f', atSeq: 3 })
    await alice.sessions.appendEvent('f', say('four'))
    const found = async (at: Cairn, options: object) =>
      (await at.search('one two three four', { kinds: ['event'], ...options })).hits
        .map(({ ref }) => JSON.stringify(ref))
        .sort()
    const refs = [
      '{"session":"f","seq":4,"eventId":"four"}',
      '{"session":"s1","seq":2,"eventId":"one"}',
      '{"session":"s1","seq":3,"eventId":"two"}',
    ]
    expect(await found(alice, { session: 'f' })).toEqual(refs)
    expect(await found(alice, { namespaces: ['session:f'] })).toEqual(refs)
    expect(await found(bob, { session: 'f' })).toEqual([])
  })
})
