import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }

async function openAlice() {
  const store = await openStore()
  return { ...store, at: store.cairn.as({ ...alice, project: 'apollo', agent: 'planner' }) }
}

describe('an agent', () => {
  it('is noted down with what it is and what it works on', async () => {
    const { at } = await openAlice()
    const session = await at.sessions.create()
    const task = await at.tasks.submit({ prompt: 'p' })
    const agent = await at.agents.spawn({
      id: 'w1',
      name: 'worker',
      specialization: 'tests',
      model: 'm',
      task: task.id,
      session: session.id,
    })
    expect(agent).toEqual({
      ...{ id: 'w1', name: 'worker', specialization: 'tests', state: 'spawning', model: 'm', task: task.id },
      ...{ session: session.id, resourceUsage: {}, spawnedAt: agent.heartbeatAt, terminatedAt: null },
      ...{ heartbeatAt: expect.stringMatching(/^2026/), ...alice, project: 'apollo' },
    })
    expect(await at.agents.get('w1')).toEqual(agent)
    expect((await at.agents.spawn({ name: 'worker' })).id).toMatch(/^id-/)
    await refusal(at.agents.spawn({ id: 'w1', name: 'worker' }), 'already_exists')
    await refusal(at.agents.spawn({ name: 'worker', task: 'nowhere' }), 'not_found')
    await refusal(at.agents.spawn({ name: '' }), 'invalid_input')
    await refusal(at.agents.spawn({ name: 'x', session: session.id, user: 'bob' }), 'invalid_input')
    await refusal(at.agents.spawn({ name: 'x', user: 'bob' }), 'forbidden')
  })

  it('says that it lives, in which state, and what it uses', async () => {
    const { at, clock } = await openAlice()
    const { heartbeatAt } = await at.agents.spawn({ id: 'w1', name: 'worker' })
    clock.advance(1_000)
    const beat = await at.agents.heartbeat('w1', { state: 'busy', resourceUsage: { cpu: 0.5, tokens: 12 } })
    expect(beat).toMatchObject({ state: 'busy', resourceUsage: { cpu: 0.5, tokens: 12 } })
    expect(Date.parse(beat.heartbeatAt ?? '') - Date.parse(heartbeatAt ?? '')).toBeGreaterThanOrEqual(1_000)
    expect(await at.agents.heartbeat('w1')).toMatchObject({ state: 'busy', resourceUsage: { cpu: 0.5, tokens: 12 } })
    expect(await at.agents.setState('w1', 'idle')).toMatchObject({ state: 'idle' })
    await refusal(at.agents.setState('w1', 'spawning'), 'illegal_transition')
    await refusal(at.agents.setState('w1', 'asleep' as never), 'invalid_input')
    await refusal(at.agents.heartbeat('w1', { resourceUsage: { cpu: Number.NaN } }), 'invalid_input')
    await refusal(at.agents.heartbeat('nobody'), 'not_found')
  })

  it('that ends gives its tasks back, and its answers come too late', async () => {
    const { at, cairn } = await openAlice()
    await at.agents.spawn({ id: 'w1', name: 'worker' })
    await at.tasks.submit({ id: 't', prompt: 'p' })
    const task = await at.tasks.claim({ agent: 'w1' })
    expect(await at.agents.terminate('w1')).toMatchObject({ state: 'terminated', terminatedAt: expect.any(String) })
    expect(await at.tasks.get('t')).toMatchObject({ status: 'ready', retryCount: 1, error: 'Agent w1 was terminated.' })
    await refusal(at.tasks.complete(task ?? { id: '', attempt: 0 }), 'conflict')
    await refusal(at.agents.heartbeat('w1'), 'illegal_transition')
    const { items } = await cairn.audit.list({ agent: 'w1' })
    expect(items.map(({ operation, actor }) => [operation, actor])).toEqual([
      ...[
        ['terminate', 'agent:planner'],
        ['create', 'agent:planner'],
      ],
    ])
  })
})

describe('agents', () => {
  it('are listed newest first, in pages', async () => {
    const { at } = await openAlice()
    for (let index = 0; index < 5; index++) await at.agents.spawn({ id: `w${index}`, name: 'worker' })
    await at.agents.setState('w3', 'busy')
    const ids = async (query: object = {}) =>
      (await allPages((cursor) => at.agents.list({ ...query, limit: 2, ...(cursor && { cursor }) }))).map(
        ({ id }) => id,
      )
    expect(await ids()).toEqual(['w4', 'w3', 'w2', 'w1', 'w0'])
    expect(await ids({ state: 'busy' })).toEqual(['w3'])
    expect(await ids({ project: 'apollo', state: 'spawning' })).toEqual(['w4', 'w2', 'w1', 'w0'])
    expect(await ids({ task: 't' })).toEqual([])
    expect(await ids({ session: 's' })).toEqual([])
  })

  it('that are silent for too long are listed, and released with their tasks', async () => {
    const { at, clock } = await openAlice()
    for (let index = 0; index < 3; index++) await at.agents.spawn({ id: `w${index}`, name: 'worker' })
    await at.tasks.submit({ id: 't', prompt: 'p' })
    await at.tasks.claim({ agent: 'w1' })
    clock.advance(60_000)
    await at.agents.heartbeat('w2')
    const silent = async (seconds: number) =>
      (await allPages((cursor) => at.agents.silent({ seconds, limit: 1, ...(cursor && { cursor }) }))).map(
        ({ id }) => id,
      )
    expect(await silent(59)).toEqual(['w0', 'w1'])
    expect(await silent(3600)).toEqual([])
    expect(await at.agents.releaseSilent({ seconds: 59 })).toEqual({ agents: ['w0', 'w1'], tasks: ['t'] })
    expect(await silent(0)).toEqual(['w2'])
    expect(await at.tasks.claim()).toMatchObject({ id: 't', attempt: 2 })
    await refusal(at.agents.silent({} as never), 'invalid_input')
  })

  it('that are silent may be more than are released at once', async () => {
    const { at } = await openAlice()
    for (let index = 0; index < 205; index++) await at.agents.spawn({ name: 'worker' })
    expect((await at.agents.releaseSilent({ seconds: 0 })).agents).toHaveLength(205)
  })
})
