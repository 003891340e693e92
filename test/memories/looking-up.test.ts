import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

async function withTones() {
  const { cairn: root } = await openStore()
  await root.sessions.create({ id: 's1', app: 'shop', user: 'alice', project: 'apollo' })
  for (const owner of ['project:apollo', 'app:shop', 'user:alice', 'session:s1', 'user:bob']) {
    await root.memories.add({ namespace: `${owner}:preferences`, key: 'tone', value: owner, type: 'semantic' })
  }
  await root.memories.add({ namespace: 'app:shop', key: 'motd', value: 'hello', type: 'semantic' })
  return root
}

const within = 'preferences'

describe('looking a key up', () => {
  it('takes the narrowest scope, and says what that hides', async () => {
    const root = await withTones()
    const alice = root.as({ app: 'shop', user: 'alice', project: 'apollo', session: 's1' })
    const found = await alice.memories.lookup('tone', { within })
    expect(found).toMatchObject({ scope: 'session', memory: { value: 'session:s1', version: 1 } })
    expect(found?.shadowed.map(({ scope, memory }) => [scope, memory.value])).toEqual([
      ['user', 'user:alice'],
      ['app', 'app:shop'],
      ['project', 'project:apollo'],
    ])
    await alice.memories.delete('user:alice:preferences', 'tone')
    expect((await alice.memories.lookup('tone', { within }))?.shadowed).toHaveLength(2)
  })

  it('looks only where the handle is at home', async () => {
    const root = await withTones()
    expect(await root.as({ app: 'shop', user: 'carol' }).memories.lookup('tone', { within })).toMatchObject({
      scope: 'app',
      shadowed: [],
    })
    expect(await root.as({ user: 'carol' }).memories.lookup('tone', { within })).toBeNull()
    const alice = root.as({ app: 'shop', user: 'alice' })
    expect(await alice.memories.lookup('tone')).toBeNull()
    expect(await alice.memories.lookup('motd')).toMatchObject({ scope: 'app', memory: { value: 'hello' } })
    await refusal(alice.memories.lookup('tone', { session: 's1' }), 'forbidden')
    await refusal(alice.memories.lookup('tone', { session: 'none' }), 'forbidden')
    const granted = root.as({ app: 'shop', user: 'alice', grants: [{ namespace: 'session:s1', rights: ['read'] }] })
    expect(await granted.memories.lookup('tone', { session: 's1', within })).toMatchObject({ scope: 'session' })
  })

  it('through the root handle is for whom a session belongs to', async () => {
    const root = await withTones()
    const found = await root.memories.lookup('tone', { session: 's1', within })
    expect([found?.scope, found?.shadowed.length]).toEqual(['session', 3])
    await refusal(root.memories.lookup('tone', { session: 'none' }), 'not_found')
    await refusal(root.memories.lookup('tone'), 'invalid_input')
    await refusal(root.memories.lookup('', { session: 's1' }), 'invalid_input')
    await refusal(root.memories.lookup('tone', { session: 's1', within: 'a::b' }), 'invalid_input')
  })
})
