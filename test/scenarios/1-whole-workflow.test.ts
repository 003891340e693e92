import { expect, it } from 'vitest'
import { openStore } from '../store.js'

it('a session, a step with a state delta and an episode leave one event, one state and one line of the trail', async () => {
  const { cairn } = await openStore()
  const agent = cairn.as({ app: 'support', user: 'alice', project: 'apollo', agent: 'planner' })
  const { id } = await agent.sessions.create()
  await agent.sessions.appendEvent(id, {
    type: 'action',
    actor: 'agent:planner',
    content: { text: 'Booked the harbour for Friday' },
    stateDelta: { step: 'booked' },
  })
  const namespace = 'user:alice:episodes'
  const episode = await agent.memories.add({ namespace, value: { task: 'book', outcome: 'done' }, type: 'episodic' })

  const { items: trail } = await agent.audit.list({ namespace, key: episode.key })
  expect(trail).toMatchObject([{ operation: 'create', actor: 'agent:planner', version: 1 }])
  expect(await agent.sessions.get(id)).toMatchObject({ status: 'active', project: 'apollo', lastSeq: 1 })
  expect((await agent.sessions.state(id)).merged).toEqual({ step: 'booked' })
  expect((await agent.sessions.events(id)).items).toHaveLength(1)
  const { hits } = await agent.search('harbour on friday')
  expect(hits).toMatchObject([{ kind: 'event', ref: { session: id, seq: 1 } }])
})
