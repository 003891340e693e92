import { describe, expect, it } from 'vitest'
import { Guard } from '../../src/access/guard.js'
import { root } from '../../src/access/principal.js'
import type { Cairn } from '../../src/cairn.js'
import type { Storage } from '../../src/storage/storage.js'
import { refusal } from '../helpers/refusal.js'
import { openStore, whileLocked } from '../store.js'

const secret = 'the-secret-value'
const bob = { app: 'shop', user: 'bob' }

/** The refused lines of the trail, oldest first. The write before it lets what is noted in the background be written. */
async function refusals(root: Cairn) {
  await root.memories.add({ namespace: 'app:trail', value: 'flush', type: 'episodic' })
  const { items } = await root.audit.list({ outcome: 'forbidden', limit: 1000 })
  return items.reverse()
}

describe('a refusal', () => {
  it('says who may not do what where, and what to do about it', async () => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.as({ user: 'alice' }).memories.get('user:bob', 'k'), 'forbidden')
    expect(error).toMatchObject({
      message: 'user:alice may not read user:bob.',
      hint: expect.stringContaining('grants'),
      details: { right: 'read', namespace: 'user:bob' },
    })
  })

  it('leaves a line with who, what and where, and never the value', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ user: 'alice', agent: 'planner' })
    const memory = {
      namespace: 'user:bob',
      key: secret,
      value: secret,
      type: 'semantic' as const,
      metadata: { secret },
    }
    await refusal(alice.memories.add(memory), 'forbidden')
    await refusal(alice.memories.update('user:bob', secret, { secret }), 'forbidden')
    const lines = await refusals(cairn)
    expect(lines).toMatchObject([
      { subject: 'memory', operation: 'create', namespace: 'user:bob', actor: 'agent:planner', agent: 'planner' },
      { subject: 'memory', operation: 'update', namespace: 'user:bob', principal: { user: 'alice', agent: 'planner' } },
    ])
    expect(JSON.stringify(lines)).not.toContain(secret)
  })

  it('is one line a minute for each principal, operation and namespace, with a count', async () => {
    const { cairn, clock } = await openStore()
    const alice = cairn.as({ user: 'alice' })
    clock.set(Date.UTC(2026, 0, 1, 12, 0, 0))
    for (let times = 0; times < 5; times++) await refusal(alice.memories.get('user:bob', `k${times}`), 'forbidden')
    await refusal(alice.memories.delete('user:bob', 'k'), 'forbidden')
    await refusal(alice.memories.get('user:carol', 'k'), 'forbidden')
    await refusal(cairn.as({ user: 'dave' }).memories.get('user:bob', 'k'), 'forbidden')
    clock.set(Date.UTC(2026, 0, 1, 12, 1, 0))
    await refusal(alice.memories.get('user:bob', 'k'), 'forbidden')
    const lines = await refusals(cairn)
    expect(lines.map((line) => [line.actor, line.operation, line.namespace, line.occurrences])).toEqual([
      ['user:alice', 'read', 'user:bob', 5],
      ['user:alice', 'delete', 'user:bob', 1],
      ['user:alice', 'read', 'user:carol', 1],
      ['user:dave', 'read', 'user:bob', 1],
      ['user:alice', 'read', 'user:bob', 1],
    ])
  })

  it('of each kind is in the trail', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ app: 'shop', user: 'alice' })
    const { id } = await alice.sessions.create({ project: undefined })
    await refusal(alice.memories.list({ namespace: 'user:bob' }), 'forbidden')
    await refusal(alice.memories.namespaces({ within: 'user:bob' }), 'forbidden')
    await refusal(alice.memories.history('user:bob', 'k'), 'forbidden')
    await refusal(alice.memories.restore('user:bob', 'k'), 'forbidden')
    await refusal(alice.memories.rollback('user:bob', 'k', 1), 'forbidden')
    await refusal(alice.memories.cleanupExpired(), 'forbidden')
    await refusal(alice.search('x', { namespaces: ['user:bob'] }), 'forbidden')
    await refusal(alice.audit.list({ namespace: 'user:bob' }), 'forbidden')
    await refusal(alice.audit.list({ session: id }), 'forbidden')
    await refusal(alice.info(), 'forbidden')
    await refusal(alice.sessions.create({ user: 'bob' }), 'forbidden')
    await refusal(alice.sessions.list({ user: 'bob' }), 'forbidden')
    await refusal(alice.sessions.setState(id, 'app:theme', 1), 'forbidden')
    await refusal(alice.sessions.create({ state: { 'app:theme': 1 } }), 'forbidden')
    const lines = await refusals(cairn)
    expect(lines.map((line) => [line.subject, line.operation, line.namespace, line.occurrences])).toEqual([
      ['memory', 'list', 'user:bob', 2],
      ['memory', 'read', 'user:bob', 1],
      ['memory', 'restore', 'user:bob', 1],
      ['memory', 'rollback', 'user:bob', 1],
      ['memory', 'expire', null, 1],
      ['store', 'search', 'user:bob', 1],
      ['store', 'list', 'user:bob', 1],
      ['store', 'list', null, 1],
      ['store', 'read', null, 1],
      ['session', 'create', null, 1],
      ['session', 'list', null, 1],
      ['state', 'update', 'app:shop', 2],
    ])
  })

  it("about another's session is in the trail though the answer is that there is none", async () => {
    const { cairn } = await openStore()
    const { id } = await cairn.sessions.create({ app: 'shop', user: 'alice' })
    const other = cairn.as(bob)
    const event = { type: 'message' as const, actor: 'user', content: { text: secret } }
    await refusal(other.sessions.appendEvent(id, event), 'not_found')
    await refusal(other.sessions.events(id), 'not_found')
    await refusal(other.sessions.state(id), 'not_found')
    await refusal(other.sessions.terminate(id), 'not_found')
    await refusal(other.sessions.updateStatus(id, 'paused'), 'not_found')
    expect(await other.sessions.get(id)).toBeNull()
    expect(await other.sessions.getState(id, 'theme')).toBeNull()
    expect(await other.sessions.delete(id)).toBe(false)
    await refusal(other.sessions.appendEvent('no-such-session', event), 'not_found')
    const lines = await refusals(cairn)
    expect(lines.map((line) => [line.subject, line.operation, line.namespace, line.occurrences])).toEqual([
      ['session', 'append', `session:${id}`, 1],
      ['session', 'read', `session:${id}`, 4],
      ['session', 'terminate', `session:${id}`, 1],
      ['session', 'status', `session:${id}`, 1],
      ['session', 'delete', `session:${id}`, 1],
    ])
    expect(JSON.stringify(lines)).not.toContain(secret)
  })

  it('stands when it cannot be written down', async () => {
    const { cairn, path } = await openStore({ busyTimeoutMs: 0 })
    await cairn.memories.add({ namespace: 'user:bob', key: 'k', value: secret, type: 'semantic' })
    await whileLocked(path, async () => {
      await refusal(cairn.as({ user: 'alice' }).memories.get('user:bob', 'k'), 'forbidden')
      await refusal(cairn.memories.delete('user:bob', 'k'), 'busy')
    })
    expect(await refusals(cairn)).toEqual([])
  })

  it('is not swallowed when the reason is a bug of ours', async () => {
    const storage = { audit: { record: () => Promise.reject(new TypeError('a bug')) } } as unknown as Storage
    const guard = new Guard({ caller: {}, storage, now: () => 0, auditReads: 'off' })
    const attempt = { subject: 'memory', operation: 'read' } as const
    await expect(guard.demand('read', 'user:a', attempt)).rejects.toThrow(TypeError)
  })
})

describe('what only the root handle may do', () => {
  it('is the whole store, its trail by session and its end', async () => {
    const { cairn } = await openStore()
    const alice = cairn.as({ app: 'shop', user: 'alice', grants: ['app:write'] })
    expect((await refusal(alice.info(), 'forbidden')).message).toContain('Only the handle that opened the store')
    expect((await refusal(alice.close(), 'forbidden')).hint).toContain('openCairn()')
    await refusal(alice[Symbol.asyncDispose](), 'forbidden')
    await refusal(alice.audit.list({ session: '' }), 'forbidden')
    await refusal(alice.audit.list({ task: 't' }), 'forbidden')
    await refusal(alice.audit.list({ agent: 'a' }), 'forbidden')
    expect((await cairn.info()).engine).toBe('sqlite')
  })

  it('is signed as root', () => {
    const guard = new Guard({ caller: root, storage: {} as Storage, now: () => 7, auditReads: 'off' })
    expect(guard.author()).toEqual({ actor: 'root', principal: '{"root":true}', agent: null, now: 7 })
  })
})
