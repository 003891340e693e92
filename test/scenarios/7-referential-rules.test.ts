import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openCairn } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { openStore } from '../store.js'

const alice = { app: 'support', user: 'alice' }

it('a session that goes leaves its tasks and agents, nothing refers to what is not there, and the trail outlives all', async () => {
  const { cairn: first, path } = await openStore()
  const before = first.as(alice)
  const { id } = await before.sessions.create()
  const task = await before.tasks.submit({ prompt: 'Book the harbour', session: id })
  const child = await before.tasks.submit({ prompt: 'Find its number', parent: task.id, dependsOn: [task.id] })
  const agent = await before.agents.spawn({ name: 'scout', task: task.id, session: id })
  await before.memories.add({ namespace: 'user:alice', key: 'harbour', value: 'Porto', type: 'semantic' })

  // Foreign keys are a setting of each connection: a fresh one must have them too.
  const fresh = await openCairn({ db: path, threads: false })
  const at = fresh.as(alice)
  expect(await at.sessions.delete(id)).toBe(true)
  expect(await at.tasks.get(task.id)).toMatchObject({ session: null, sessionDetail: null, status: 'ready' })
  expect(await at.agents.get(agent.id)).toMatchObject({ session: null, task: task.id })
  expect(await at.tasks.get(child.id)).toMatchObject({ parent: task.id, status: 'blocked' })
  await refusal(at.tasks.submit({ prompt: 'p', session: id }), 'not_found')
  await refusal(at.tasks.submit({ prompt: 'p', parent: 'unknown' }), 'not_found')
  await refusal(at.tasks.submit({ prompt: 'p', dependsOn: ['unknown'] }), 'not_found')
  await refusal(at.agents.spawn({ name: 'scout', session: id }), 'not_found')
  expect((await fresh.audit.list({ task: task.id })).items.map(({ session }) => session)).toEqual([id, id])
  await fresh.close()

  const db = new Database(path)
  db.exec('pragma foreign_keys = on; delete from memory_entries')
  expect(db.pragma('foreign_key_check')).toEqual([])
  db.close()
  expect((await first.audit.list({ namespace: 'user:alice', key: 'harbour' })).items).toMatchObject([
    { operation: 'create', version: 1 },
  ])
})

it('a session that goes leaves to its forks what they share, and nothing refers to what is not there', async () => {
  const { cairn: first, path } = await openStore()
  const before = first.as(alice)
  const { id } = await before.sessions.create({ state: { topic: 'harbour' } })
  const said = { type: 'message' as const, actor: 'user', content: { text: 'the harbour' }, eventId: 'said' }
  await before.sessions.appendEvent(id, said)
  const fork = await before.sessions.fork(id)
  const task = await before.tasks.submit({ prompt: 'Book the harbour', session: id })
  const origins = [{ event: { session: id, eventId: 'said' } }]
  await before.memories.add({ namespace: 'user:alice', key: 'harbour', value: 'Porto', type: 'semantic', origins })

  const fresh = await openCairn({ db: path, threads: false })
  const at = fresh.as(alice)
  expect(await at.sessions.delete(id)).toBe(true)
  expect(await at.sessions.get(fork.id)).toMatchObject({ parent: null, forkedAtSeq: null, lastSeq: 2 })
  expect((await at.sessions.events(fork.id)).items.map(({ seq }) => seq)).toEqual([1, 2])
  expect((await at.sessions.state(fork.id)).merged).toEqual({ topic: 'harbour' })
  expect(await at.tasks.get(task.id)).toMatchObject({ session: null })
  expect((await fresh.memories.origins('user:alice', 'harbour')).origins).toMatchObject(origins)
  await fresh.close()

  const db = new Database(path)
  expect(db.pragma('foreign_key_check')).toEqual([])
  db.close()
})
