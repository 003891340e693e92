import { expect, it } from 'vitest'
import { openStore } from '../store.js'

it('a session, a task, a step with a state delta and an episode leave one event, one state and one line of the trail', async () => {
  const { cairn } = await openStore()
  const agent = cairn.as({ app: 'support', user: 'alice', project: 'apollo', agent: 'planner' })
  const { id } = await agent.sessions.create()
  const task = await agent.tasks.submit({ prompt: 'Book the harbour for Friday', session: id })
  const claimed = await agent.tasks.claim({ session: id })
  await agent.sessions.appendEvent(id, {
    type: 'action',
    actor: 'agent:planner',
    content: { text: 'Booked the harbour for Friday' },
    stateDelta: { step: 'booked' },
  })
  const namespace = 'user:alice:episodes'
  const episode = await agent.memories.add({ namespace, value: { task: task.id, outcome: 'done' }, type: 'episodic' })
  await agent.tasks.complete(claimed ?? task, { episode: episode.key })

  const { items: trail } = await agent.audit.list({ namespace, key: episode.key })
  expect(trail).toMatchObject([{ operation: 'create', actor: 'agent:planner', version: 1 }])
  expect(await agent.sessions.get(id)).toMatchObject({ status: 'active', project: 'apollo', lastSeq: 1 })
  expect(await agent.tasks.get(task.id)).toMatchObject({
    ...{ status: 'completed', session: id, project: 'apollo', claimedBy: 'planner', result: { episode: episode.key } },
    sessionDetail: { id, status: 'active' },
  })
  expect((await cairn.audit.list({ task: task.id })).items.map(({ operation }) => operation)).toEqual([
    ...['status', 'status', 'create'],
  ])
  expect((await agent.sessions.state(id)).merged).toEqual({ step: 'booked' })
  expect((await agent.sessions.events(id)).items).toHaveLength(1)
  const { hits } = await agent.search('harbour on friday')
  expect(hits).toMatchObject([{ kind: 'event', ref: { session: id, seq: 1 } }])
})
