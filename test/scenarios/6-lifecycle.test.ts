import { expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

it('a session goes its way, is stamped, refuses every other way, and leaves what it learned about its user', async () => {
  const { cairn } = await openStore()
  const { sessions, memories } = cairn.as({ app: 'support', user: 'alice' })
  const { id } = await sessions.create({ state: { 'user:tone': 'concise', topic: 'shipping', 'temp:draft': 'x' } })
  expect((await sessions.get(id))?.status).toBe('created')

  await refusal(sessions.archive(id), 'illegal_transition')
  await sessions.appendEvent(id, { type: 'message', actor: 'user', content: { text: 'hello' } })
  expect((await sessions.get(id))?.status).toBe('active')
  for (const status of ['paused', 'active'] as const)
    expect(await sessions.updateStatus(id, status)).toMatchObject({ status })
  await refusal(sessions.updateStatus(id, 'sleeping' as never), 'invalid_input')
  await refusal(sessions.updateStatus('unknown', 'active'), 'not_found')

  const { session: ended, kept } = await sessions.terminate(id)
  expect(ended).toMatchObject({ status: 'terminated', terminatedAt: ended.updatedAt, archivedAt: null })
  expect(kept).toEqual([{ namespace: 'user:alice:state', key: 'tone', version: 1 }])
  expect((await memories.list()).items).toMatchObject([{ key: 'tone', value: 'concise', type: 'semantic' }])
  expect((await sessions.state(id)).merged).toEqual({ tone: 'concise' })

  for (const status of ['active', 'paused', 'created'] as const)
    await refusal(sessions.updateStatus(id, status), 'illegal_transition')
  await refusal(sessions.appendEvent(id, { type: 'message', actor: 'user', content: {} }), 'illegal_transition')
  const archived = await sessions.archive(id)
  expect(archived).toMatchObject({
    status: 'archived',
    terminatedAt: ended.terminatedAt,
    archivedAt: archived.updatedAt,
  })
  await refusal(sessions.terminate(id), 'illegal_transition')
  expect((await sessions.events(id)).items).toHaveLength(2)
})
