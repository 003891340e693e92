import { describe, expect, it } from 'vitest'
import type { Origin } from '../../src/index.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const namespace = 'project:apollo:facts'
const said: Origin = { event: { session: 's1', eventId: 'said' } }
const page: Origin = { document: { path: 'docs/plan.md', heading: 'Dates', lines: [3, 9] } }

async function withEvent() {
  const { cairn: root } = await openStore()
  const alice = root.as({ app: 'shop', user: 'alice', project: 'apollo', grants: ['project:write'] })
  const bob = root.as({ app: 'shop', user: 'bob', project: 'apollo', grants: ['project:write'] })
  await alice.sessions.create({ id: 's1' })
  const content = { text: 'We ship on Friday' }
  await alice.sessions.appendEvent('s1', { eventId: 'said', type: 'message', actor: 'user:alice', content })
  const fact = { namespace, key: 'ship', value: 'Friday', type: 'semantic' as const }
  return { root, alice, bob, fact }
}

describe('where a memory came from', () => {
  it('is named when it is added or changed, for that version', async () => {
    const { alice, fact } = await withEvent()
    const { recordedAt } = await alice.memories.add({ ...fact, origins: [said, page] })
    const by = { createdAt: recordedAt, createdBy: 'user:alice' }
    expect(await alice.memories.origins(namespace, 'ship')).toEqual({
      ...{ namespace, key: 'ship', version: 1 },
      origins: [
        { ...page, ...by },
        { ...said, ...by },
      ],
    })
    await alice.memories.update(namespace, 'ship', 'Monday', { origins: [page] })
    expect((await alice.memories.origins(namespace, 'ship')).origins).toMatchObject([page])
    expect((await alice.memories.origins(namespace, 'ship', { version: 1 })).origins).toHaveLength(2)
    await alice.memories.rollback(namespace, 'ship', 1)
    expect(await alice.memories.origins(namespace, 'ship')).toMatchObject({ version: 3, origins: [page, said] })
    await alice.memories.delete(namespace, 'ship')
    await alice.memories.restore(namespace, 'ship', { version: 2 })
    expect((await alice.memories.origins(namespace, 'ship')).origins).toMatchObject([page])
  })

  it('is linked afterwards, once', async () => {
    const { root, alice, fact } = await withEvent()
    await alice.memories.add(fact)
    await alice.memories.update(namespace, 'ship', 'Monday')
    expect(await alice.memories.link(namespace, 'ship', said)).toMatchObject({ version: 2, origins: [said] })
    expect(await alice.memories.link(namespace, 'ship', said)).toMatchObject({ origins: [said] })
    const source: Origin = { memory: { namespace, key: 'ship' } }
    expect(await alice.memories.link(namespace, 'ship', source, { version: 1 })).toMatchObject({
      ...{ version: 1, origins: [{ memory: { namespace, key: 'ship', version: 2 } }] },
    })
    const lines = (await root.audit.list({ namespace, operation: 'update' })).items
    expect(lines.map(({ version, detail }) => [version, detail])).toEqual([
      [1, { origin: 'memory' }],
      [2, { origin: 'event' }],
      [2, {}],
    ])
  })

  it('leads from a source to what came from it, in pages', async () => {
    const { root, alice, bob, fact } = await withEvent()
    await alice.memories.addMany(
      Array.from({ length: 5 }, (_, index) => ({ ...fact, key: `k${index}`, origins: [said, page] })),
    )
    await alice.memories.add({ ...fact, namespace: 'user:alice', origins: [page] })
    const from = (origin: Origin, at = alice) =>
      allPages((cursor) => at.memories.fromOrigin(origin, { limit: 2, ...(cursor && { cursor }) }))
    expect((await from(said)).map(({ key }) => key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4'])
    expect(await from(page)).toHaveLength(6)
    expect(await from(page, bob)).toHaveLength(5)
    expect(await from({ document: { path: 'docs/plan.md' } })).toEqual([])
    await alice.memories.delete(namespace, 'k0')
    expect(await from(said)).toHaveLength(5)
    await alice.sessions.delete('s1')
    expect(await from(said, root)).toHaveLength(5)
  })

  it('of a memory leads to all that came from any of its versions, or from one', async () => {
    const { alice, fact } = await withEvent()
    await alice.memories.add(fact)
    const origin = { memory: { namespace, key: 'ship' } }
    await alice.memories.add({ ...fact, key: 'a', origins: [origin] })
    await alice.memories.update(namespace, 'ship', 'Monday')
    await alice.memories.add({ ...fact, key: 'b', origins: [origin] })
    await alice.memories.add({ ...fact, key: 'ship2' })
    await alice.memories.add({ ...fact, key: 'c', origins: [{ memory: { namespace, key: 'ship2' } }] })
    const keys = async (of: Origin) => (await alice.memories.fromOrigin(of)).items.map(({ key }) => key)
    expect(await keys(origin)).toEqual(['a', 'b'])
    expect(await keys({ memory: { namespace, key: 'ship', version: 2 } })).toEqual(['b'])
  })

  it('in a fork is an event that it shares', async () => {
    const { alice, fact } = await withEvent()
    await alice.sessions.fork('s1', { id: 'f' })
    await alice.memories.add({ ...fact, origins: [{ event: { session: 'f', eventId: 'said' } }] })
    expect((await alice.memories.origins(namespace, 'ship')).origins).toHaveLength(1)
  })
})

describe('an origin that is not the caller’s', () => {
  it('is as good as none, and writes nothing', async () => {
    const { root, bob, fact } = await withEvent()
    await root.memories.add({ ...fact, key: 'there' })
    for (const event of [
      { session: 's1', eventId: 'said' },
      { session: 's1', eventId: 'none' },
      { session: 'none', eventId: 'said' },
    ]) {
      const answers = [
        await refusal(bob.memories.add({ ...fact, origins: [{ event }] }), 'not_found'),
        await refusal(bob.memories.addMany([{ ...fact, origins: [{ event }] }]), 'not_found'),
        await refusal(bob.memories.update(namespace, 'there', 1, { origins: [{ event }] }), 'not_found'),
        await refusal(bob.memories.link(namespace, 'there', { event }), 'not_found'),
        await refusal(bob.memories.fromOrigin({ event }), 'not_found'),
      ]
      for (const { message } of answers)
        expect(message).toBe(`There is no event ${event.eventId} in a session ${event.session}.`)
    }
    const memory = { namespace: 'user:alice', key: 'secret' }
    await refusal(bob.memories.add({ ...fact, origins: [{ memory }] }), 'forbidden')
    await refusal(bob.memories.fromOrigin({ memory }), 'forbidden')
    await refusal(bob.memories.add({ ...fact, origins: [{ memory: { namespace, key: 'none' } }] }), 'not_found')
    expect((await root.memories.list()).items.map(({ key }) => key)).toEqual(['there'])
    expect((await root.memories.history(namespace, 'there')).items).toHaveLength(1)
  })

  it('is not shown to it', async () => {
    const { root, alice, bob, fact } = await withEvent()
    await alice.memories.add({ namespace: 'user:alice', key: 'secret', value: 1, type: 'semantic' })
    const origins: Origin[] = [said, page, { memory: { namespace: 'user:alice', key: 'secret' } }]
    await alice.memories.add({ ...fact, origins })
    const shown = async (at: typeof alice) => (await at.memories.origins(namespace, 'ship')).origins.length
    expect(await Promise.all([root, alice, bob].map(shown))).toEqual([3, 3, 1])
  })
})

describe('origins', () => {
  it('need a memory that is there', async () => {
    const { alice, bob, fact } = await withEvent()
    await refusal(alice.memories.origins(namespace, 'none'), 'not_found')
    await refusal(alice.memories.link(namespace, 'none', page), 'not_found')
    await alice.memories.add({ ...fact, expiresAt: '2026-01-02', origins: [page] })
    await refusal(alice.memories.link(namespace, 'ship', page, { version: 2 }), 'not_found')
    await alice.memories.delete(namespace, 'ship')
    await refusal(alice.memories.link(namespace, 'ship', page), 'not_found')
    await refusal(alice.memories.link(namespace, 'ship', page, { version: 2 }), 'not_found')
    await refusal(bob.memories.origins('user:alice', 'x'), 'forbidden')
    await refusal(bob.memories.link('user:alice', 'x', page), 'forbidden')
  })

  it('of what has expired are gone with it', async () => {
    const { alice, clock, fact } = { ...(await withClock()) }
    await alice.memories.add({ ...fact, expiresAt: clock() + 100, origins: [page] })
    expect((await alice.memories.fromOrigin(page)).items).toHaveLength(1)
    clock.advance(200)
    expect((await alice.memories.fromOrigin(page)).items).toEqual([])
    await refusal(alice.memories.origins(namespace, 'ship'), 'not_found')
  })

  it.each([
    {},
    { ...said, ...page },
    { event: { session: 's1' } },
    { document: {} },
    { document: { path: 'x', lines: [9, 3] } },
    { document: { path: 'x', lines: [1] } },
    { memory: { namespace: 'nowhere', key: 'x' } },
    { url: 'x' },
    null,
  ])('refuse %j', async (origin) => {
    const { alice, fact } = await withEvent()
    await refusal(alice.memories.add({ ...fact, origins: [origin as never] }), 'invalid_input')
    await refusal(alice.memories.link(namespace, 'ship', origin as never), 'invalid_input')
    await refusal(alice.memories.fromOrigin(origin as never), 'invalid_input')
  })
})

async function withClock() {
  const { cairn, clock } = await openStore()
  const fact = { namespace, key: 'ship', value: 'Friday', type: 'semantic' as const }
  return { alice: cairn, clock, fact }
}
