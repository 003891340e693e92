import { expect, it } from 'vitest'
import { openCairn } from '../src/open.js'
import { openStore } from './store.js'

const alice = { app: 'support', user: 'alice', project: 'apollo' }

it('shows who did it in a shared namespace, and not what else that principal may do', async () => {
  const { cairn } = await openStore()
  const secret = { namespace: 'user:carol:secret-plans', rights: ['read' as const] }
  const bob = cairn.as({ app: 'support', user: 'bob', project: 'apollo', grants: ['project:write', secret] })
  await bob.memories.add({ namespace: 'project:apollo', key: 'k', value: 1, type: 'semantic' })
  const { items } = await cairn.as(alice).audit.list({ namespace: 'project:apollo' })
  expect(items.map((line) => line.principal)).toEqual([{ app: 'support', user: 'bob', project: 'apollo' }])
  expect(JSON.stringify((await cairn.audit.list({ namespace: 'project:apollo' })).items)).toContain('secret-plans')
})

it('has a line for a handle that asks for more than it has, and for one that would close the store', async () => {
  const { cairn } = await openStore()
  const agent = cairn.as(alice)
  expect(() => agent.as({ user: 'bob' })).toThrow(/does not have/)
  await expect(agent.close()).rejects.toMatchObject({ code: 'forbidden' })
  const { items } = await cairn.audit.list({ outcome: 'forbidden' })
  expect(items.map((line) => line.operation).sort()).toEqual(['read', 'update'])
})

it('shows each event once on the pages of a search in the past', async () => {
  const { cairn, clock } = await openStore()
  const agent = cairn.as(alice)
  const { id } = await agent.sessions.create()
  const events = Array.from({ length: 250 }, (_, index) => ({
    ...{ eventId: `e${index}`, type: 'message' as const, actor: 'user' },
    content: { text: `tea ${'and more '.repeat(index % 7)}${index}` },
  }))
  await agent.sessions.appendEvents(id, events)
  const seen = new Set<string>()
  const knownAt = clock()
  for (let offset = 0; offset < 250; offset += 10) {
    for (const hit of (await agent.search('tea', { knownAt, offset })).hits) seen.add(JSON.stringify(hit.ref))
  }
  expect(seen.size).toBe(250)
})

it('refuses a clock beyond the calendar before anything is stored', async () => {
  const cairn = await openCairn({ db: ':memory:', threads: false, now: () => 8.7e15 })
  const added = cairn.memories.add({ namespace: 'user:alice', key: 'k', value: 1, type: 'semantic' })
  await expect(added).rejects.toMatchObject({ code: 'config_invalid' })
  await cairn.close()
})

it('refuses a value whose getter throws, and a delta that is over the limit as a whole', async () => {
  const { cairn } = await openStore({ limits: { valueBytes: 10_000 } })
  const value = {
    get broken(): string {
      throw new Error('no')
    },
  }
  const added = cairn.memories.add({ namespace: 'user:alice', key: 'k', value, type: 'semantic' })
  await expect(added).rejects.toMatchObject({ code: 'invalid_input' })
  const { id } = await cairn.as(alice).sessions.create()
  const stateDelta = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`k${index}`, 'x'.repeat(5_000)]))
  const appended = cairn.sessions.appendEvent(id, { type: 'action', actor: 'user', content: {}, stateDelta })
  await expect(appended).rejects.toMatchObject({ code: 'too_large' })
})
