import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { OpenOptions } from '../../src/open.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const owner = { app: 'shop', user: 'alice', project: 'apollo' }

async function openWithTask(options: OpenOptions = {}) {
  const store = await openStore(options)
  await store.cairn.tasks.submit({ id: 't1', prompt: 'work', ...owner })
  return { ...store, alice: store.cairn.as({ app: 'shop', user: 'alice' }) }
}

describe('checkpoints', () => {
  it('are put, read one by one and listed, the last first', async () => {
    const { alice, clock } = await openWithTask()
    expect(await alice.checkpoints.latest('t1')).toBeNull()
    clock.set(Date.UTC(2026, 0, 2))
    const session = await alice.sessions.create()
    const put = await alice.checkpoints.put('t1', 3, { step: 'read', left: [1, 2] }, { session: session.id })
    expect(put).toEqual({
      ...{ task: 't1', iteration: 3, session: session.id, bytes: 28, storedBytes: 28, form: 'whole' },
      createdAt: expect.stringMatching(/^2026-01-02T00:00:00\.00\dZ$/),
    })
    await alice.checkpoints.put('t1', 4, null)
    expect(await alice.checkpoints.get('t1', 3)).toEqual({ ...put, state: { step: 'read', left: [1, 2] } })
    expect(await alice.checkpoints.latest('t1')).toMatchObject({ iteration: 4, state: null, session: null })
    expect(await alice.checkpoints.get('t1', 5)).toBeNull()
    const { items } = await alice.checkpoints.list('t1')
    expect(items).toEqual([expect.objectContaining({ iteration: 4 }), put])
    expect(items[0]).not.toHaveProperty('state')
  })

  it('come in pages', async () => {
    const { alice } = await openWithTask()
    for (let iteration = 0; iteration < 7; iteration++) await alice.checkpoints.put('t1', iteration, iteration)
    const pages = await allPages((cursor) => alice.checkpoints.list('t1', { limit: 3, ...(cursor && { cursor }) }))
    expect(pages.map(({ iteration }) => iteration)).toEqual([6, 5, 4, 3, 2, 1, 0])
    await refusal(alice.checkpoints.list('t1', { cursor: 'x' }), 'invalid_input')
  })

  it('of large states that change little are stored as differences', async () => {
    const { alice } = await openWithTask()
    const state = { notes: Array.from({ length: 300 }, (_, index) => `note ${index}, 東京 🚀`), step: 0 }
    for (let step = 0; step < 5; step++) await alice.checkpoints.put('t1', step, { ...state, step })
    const { items } = await alice.checkpoints.list('t1')
    expect(items.map(({ form }) => form)).toEqual(['difference', 'difference', 'difference', 'difference', 'whole'])
    expect(items[0]?.storedBytes).toBeLessThan(40)
    expect((await alice.checkpoints.get('t1', 3))?.state).toEqual({ ...state, step: 3 })
  })

  it('are pruned to the last ones, however many there are', async () => {
    const { alice } = await openWithTask()
    for (let iteration = 0; iteration < 1_010; iteration++) await alice.checkpoints.put('t1', iteration, iteration)
    expect(await alice.checkpoints.prune('t1', { keep: 4, dryRun: true })).toBe(1_006)
    expect(await alice.checkpoints.prune('t1', { keep: 4 })).toBe(1_006)
    expect(await alice.checkpoints.prune('t1', { keep: 4 })).toBe(0)
    const { items } = await alice.checkpoints.list('t1')
    expect(items.map(({ iteration }) => iteration)).toEqual([1_009, 1_008, 1_007, 1_006])
  })

  it('have a limit of their own', async () => {
    const { alice } = await openWithTask({ limits: { valueBytes: 1_024, checkpointBytes: 5_000 } })
    await alice.checkpoints.put('t1', 1, 'x'.repeat(4_998))
    const error = await refusal(alice.checkpoints.put('t1', 2, 'x'.repeat(4_999)), 'too_large')
    expect(error.hint).toContain('limits.checkpointBytes')
  })

  it('are refused when they are no JSON, have no number or name a session that is not there', async () => {
    const { alice, cairn } = await openWithTask()
    await refusal(alice.checkpoints.put('t1', 1, { at: new Date() }), 'invalid_input')
    await refusal(alice.checkpoints.put('t1', 1, undefined), 'invalid_input')
    for (const iteration of [-1, 1.5, Number.NaN, '1' as never, Number.MAX_SAFE_INTEGER])
      await refusal(alice.checkpoints.put('t1', iteration, 1), 'invalid_input')
    await refusal(alice.checkpoints.prune('t1', { keep: 0 }), 'invalid_input')
    await refusal(alice.checkpoints.put('t1', 1, 1, { session: 'none' }), 'not_found')
    const { id } = await cairn.sessions.create({ app: 'shop', user: 'bob' })
    await refusal(alice.checkpoints.put('t1', 1, 1, { session: id }), 'not_found')
    await refusal(alice.checkpoints.put('', 1, 1), 'invalid_input')
    expect((await alice.checkpoints.list('t1')).items).toEqual([])
  })

  it('go with their task, and begin anew with another of its name', async () => {
    const { cairn, path } = await openWithTask()
    const state = 'x'.repeat(10_000)
    await cairn.checkpoints.put('t1', 1, state)
    const db = new Database(path)
    db.pragma('foreign_keys = on')
    db.prepare("delete from tasks where id = 't1'").run()
    db.close()
    await refusal(cairn.checkpoints.latest('t1'), 'not_found')
    await cairn.tasks.submit({ id: 't1', prompt: 'work', ...owner })
    expect(await cairn.checkpoints.latest('t1')).toBeNull()
    expect(await cairn.checkpoints.put('t1', 2, `${state}y`)).toMatchObject({ form: 'whole' })
    expect((await cairn.checkpoints.latest('t1'))?.state).toBe(`${state}y`)
  })

  it('leave lines in the trail, and reads as well when that is switched on', async () => {
    const { cairn, alice } = await openWithTask({ auditReads: 'full' })
    await alice.checkpoints.put('t1', 1, 'secret')
    await alice.checkpoints.get('t1', 1)
    await alice.checkpoints.latest('t1')
    await alice.checkpoints.list('t1')
    await alice.checkpoints.put('t1', 2, 2)
    await alice.checkpoints.prune('t1', { keep: 1 })
    const { items } = await cairn.audit.list({ task: 't1' })
    const operations = items.filter(({ subject }) => subject === 'checkpoint').map(({ operation }) => operation)
    expect(operations).toEqual(['delete', 'create', 'list', 'read', 'read', 'create'])
    expect(items.at(4)?.detail).toEqual({ iteration: 1, found: true })
    expect(JSON.stringify(items)).not.toContain('secret')
  })
})

describe('the checkpoints of a task', () => {
  it('are its owner’s, and its project’s to read; to write with a grant', async () => {
    const { cairn, alice } = await openWithTask()
    await alice.checkpoints.put('t1', 1, 'one')
    const member = cairn.as({ project: 'apollo', user: 'bob', app: 'shop' })
    expect(await member.checkpoints.latest('t1')).toMatchObject({ state: 'one' })
    await refusal(member.checkpoints.put('t1', 2, 'two'), 'forbidden')
    await refusal(member.checkpoints.prune('t1', { keep: 1 }), 'forbidden')
    const worker = cairn.as({ project: 'apollo', grants: ['project:write'] })
    await worker.checkpoints.put('t1', 2, 'two')
    expect(await worker.checkpoints.prune('t1', { keep: 1 })).toBe(1)
  })

  it('are as good as none to all others, and only the trail tells', async () => {
    const { cairn, alice } = await openWithTask()
    await alice.checkpoints.put('t1', 1, 'one')
    const bob = cairn.as({ app: 'shop', user: 'bob' })
    const answers = [
      await refusal(bob.checkpoints.get('t1', 1), 'not_found'),
      await refusal(bob.checkpoints.latest('t1'), 'not_found'),
      await refusal(bob.checkpoints.list('t1'), 'not_found'),
      await refusal(bob.checkpoints.put('t1', 2, 2), 'not_found'),
      await refusal(bob.checkpoints.prune('t1', { keep: 1 }), 'not_found'),
    ]
    const missing = await refusal(bob.checkpoints.latest('t2'), 'not_found')
    for (const { message, hint } of answers) {
      expect(message).toBe(missing.message.replace('t2', 't1'))
      expect(hint).toBe(missing.hint)
    }
    // Refusals are written in the background, and before whatever is written after them.
    await alice.checkpoints.put('t1', 2, 2)
    const { items } = await cairn.audit.list({ outcome: 'forbidden' })
    expect(items.map(({ operation, task, occurrences }) => [operation, task, occurrences])).toEqual([
      ['delete', 't1', 1],
      ['create', 't1', 1],
      ['list', 't1', 1],
      ['read', 't1', 2],
    ])
  })

  it('are nobody’s but root’s when the task is', async () => {
    const { cairn } = await openStore()
    await cairn.tasks.submit({ id: 't0', prompt: 'work' })
    await cairn.checkpoints.put('t0', 1, 1)
    for (const principal of [{}, { app: 'shop' }, { user: 'alice', app: 'shop' }, { project: 'apollo' }])
      await refusal(cairn.as(principal).checkpoints.latest('t0'), 'not_found')
  })
})
