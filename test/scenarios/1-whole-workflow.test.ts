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

it('what came of the work is tried another way in a fork, and taken back', async () => {
  const { cairn, clock } = await openStore()
  const alice = cairn.as({ app: 'support', user: 'alice', project: 'apollo' })
  const planner = cairn.as({ app: 'support', user: 'alice', project: 'apollo', agent: 'planner' })
  const namespace = 'user:alice:plans'
  const { id } = await alice.sessions.create({ state: { step: 'asked' } })
  await alice.memories.add({ namespace, key: 'day', value: 'Friday', type: 'semantic' })
  const task = await alice.tasks.submit({ prompt: 'Book the harbour', session: id })
  const since = clock()
  const { event } = await planner.sessions.appendEvent(id, {
    ...{ type: 'action', actor: 'agent:planner', content: { text: 'Booked the wrong harbour' } },
    stateDelta: { step: 'booked' },
  })
  const source = { event: { session: id, eventId: event.eventId } }
  await planner.memories.update(namespace, 'day', 'Saturday', { origins: [source] })
  await planner.memories.add({ namespace, value: { task: task.id }, type: 'episodic', origins: [source] })
  expect((await alice.memories.fromOrigin(source)).items).toHaveLength(2)

  const fork = await alice.sessions.fork(id, { atSeq: 1 })
  expect((await alice.sessions.state(fork.id)).merged).toEqual({ step: 'asked' })
  const { undone } = await alice.memories.undo({ by: 'agent:planner', since })
  expect(undone.map(({ action }) => action)).toEqual(['rollback', 'delete'])
  const { branch } = await alice.sessions.rewind(id, { toSeq: 1 })
  expect((await alice.sessions.state(id)).merged).toEqual({ step: 'asked' })
  expect((await alice.memories.list({ namespace })).items.map(({ key, value }) => [key, value])).toEqual([
    ['day', 'Friday'],
  ])
  expect(await alice.tasks.get(task.id)).toMatchObject({ session: id, status: 'ready' })
  const seen = async (session: string) => (await alice.search('wrong harbour', { session })).hits.length
  expect(await Promise.all([id, fork.id, branch?.id ?? ''].map(seen))).toEqual([0, 0, 1])
})
