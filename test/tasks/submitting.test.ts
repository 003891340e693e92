import { describe, expect, it } from 'vitest'
import type { NewTaskInput } from '../../src/tasks/task-inputs.js'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }

async function openAlice() {
  const store = await openStore()
  return { ...store, at: store.cairn.as({ ...alice, project: 'apollo', agent: 'planner' }) }
}

describe('a task', () => {
  it('has sensible settings when only its prompt is given', async () => {
    const { at } = await openAlice()
    const task = await at.tasks.submit({ prompt: 'Write the tests\nof the harbour' })
    expect(task).toEqual({
      ...{ id: 'id-1', prompt: 'Write the tests\nof the harbour', agentType: 'general', source: 'human', priority: 5 },
      ...{ status: 'ready', input: {}, result: null, error: null, retryCount: 0, maxRetries: 3, timeoutSeconds: 3600 },
      ...{ runAfter: null, deadline: null, submittedAt: task.updatedAt, startedAt: null, completedAt: null },
      ...{ updatedAt: expect.stringMatching(/^2026-01-01T/), createdBy: 'agent:planner', parent: null, session: null },
      ...{ claimedBy: null, attempt: 0, leaseUntil: null, metadata: {}, ...alice, project: 'apollo' },
    })
    expect(await at.tasks.get(task.id)).toEqual({ ...task, sessionDetail: null })
  })

  it('keeps what it is given', async () => {
    const { at } = await openAlice()
    const given = {
      ...{ id: 't', prompt: 'p', agentType: 'coder', priority: 0, input: [1, null], timeoutSeconds: 60, maxRetries: 0 },
      ...{ source: 'agent_planner' as const, metadata: { a: 1 } },
    }
    const task = await at.tasks.submit({ ...given, runAfter: '2026-02-01', deadline: new Date(Date.UTC(2026, 2, 1)) })
    const times = { runAfter: '2026-02-01T00:00:00.000Z', deadline: '2026-03-01T00:00:00.000Z' }
    expect(task).toMatchObject({ ...given, ...times, status: 'pending' })
    expect(await at.tasks.submit({ prompt: 'null', input: null })).toMatchObject({ input: null })
  })

  it('belongs to whom its session belongs, and shows it', async () => {
    const { cairn, at } = await openAlice()
    const session = await at.sessions.create()
    const other = await cairn.sessions.create({ app: 'shop', user: 'bob', project: 'apollo' })
    const task = await at.tasks.submit({ prompt: 'p', session: session.id })
    expect(await at.tasks.get(task.id)).toEqual({ ...task, sessionDetail: session })
    await refusal(at.tasks.submit({ prompt: 'p', session: other.id }), 'not_found')
    await refusal(at.tasks.submit({ prompt: 'p', session: session.id, project: 'apollo' }), 'invalid_input')
    const his = await cairn.tasks.submit({ prompt: 'p', session: other.id })
    expect(his).toMatchObject({ user: 'bob', project: 'apollo' })
    expect(await at.tasks.get(his.id)).toEqual({ ...his, sessionDetail: null })
  })

  it('may be sent again, and answers what has become of it', async () => {
    const { at } = await openAlice()
    const first = await at.tasks.submit({ id: 't', prompt: 'p', input: { a: 1 } })
    expect(await at.tasks.submit({ id: 't', prompt: 'p', input: { a: 1 } })).toEqual(first)
    const claimed = await at.tasks.claim()
    expect(await at.tasks.submit({ id: 't', prompt: 'p', input: { a: 1 } })).toEqual(claimed)
    await refusal(at.tasks.submit({ id: 't', prompt: 'p', input: { a: 2 } }), 'already_exists')
  })

  const wrong: [what: string, input: Partial<NewTaskInput> & Record<string, unknown>][] = [
    ['no prompt', { prompt: '' }],
    ['a priority over 10', { prompt: 'p', priority: 11 }],
    ['a priority below 0', { prompt: 'p', priority: -1 }],
    ['half a priority', { prompt: 'p', priority: 0.5 }],
    ['a timeout under a minute', { prompt: 'p', timeoutSeconds: 59 }],
    ['retries below 0', { prompt: 'p', maxRetries: -1 }],
    ['a time that is none', { prompt: 'p', runAfter: 'tomorrow' }],
    ['a source that is none', { prompt: 'p', source: 'me' as never }],
    ['a field that is unknown', { prompt: 'p', prio: 3 }],
    ['an input that is no JSON', { prompt: 'p', input: Number.NaN }],
    ['metadata that are no object', { prompt: 'p', metadata: [] }],
    ['an id that is too long', { prompt: 'p', id: 'x'.repeat(201) }],
    ['a type of agent without a name', { prompt: 'p', agentType: '' }],
    ['a lone surrogate', { prompt: '\ud800' }],
    ['a wait for itself', { prompt: 'p', id: 'a', dependsOn: ['a'] }],
    ['itself as parent', { prompt: 'p', id: 'a', parent: 'a' }],
  ]
  it.each(wrong)('with %s is refused', async (_, input) => {
    const { at } = await openAlice()
    await refusal(at.tasks.submit(input as NewTaskInput), 'invalid_input')
    expect((await at.tasks.list()).items).toEqual([])
  })

  it('that is too large is refused', async () => {
    const { cairn } = await openStore({ limits: { valueBytes: 1024 } })
    for (const field of ['prompt', 'input', 'metadata']) {
      const value = 'x'.repeat(2000)
      const large = { prompt: 'p', [field]: field === 'metadata' ? { value } : value }
      await refusal(cairn.tasks.submit(large), 'too_large')
    }
  })
})

describe('a batch', () => {
  it('comes back in its order, whatever is stored first', async () => {
    const { at } = await openAlice()
    const tasks = await at.tasks.submitMany([
      ...[
        { id: 'leaf', prompt: 'p', parent: 'branch', dependsOn: ['root'] },
        { id: 'branch', prompt: 'p', parent: 'root' },
      ],
      { id: 'root', prompt: 'p' },
    ])
    expect(tasks.map(({ id, status }) => [id, status])).toEqual([
      ...[
        ['leaf', 'blocked'],
        ['branch', 'ready'],
        ['root', 'ready'],
      ],
    ])
    expect((await at.tasks.children('root')).items.map(({ id }) => id)).toEqual(['branch'])
    expect(await at.tasks.submitMany([])).toEqual([])
  })

  it('with a circle is refused, and the circle is named', async () => {
    const { at } = await openAlice()
    const circle = [
      ...[
        { id: 'a', prompt: 'p', dependsOn: ['b'] },
        { id: 'b', prompt: 'p', dependsOn: ['c'] },
      ],
      ...[
        { id: 'c', prompt: 'p', dependsOn: ['a'] },
        { id: 'd', prompt: 'p', dependsOn: ['a'] },
      ],
    ]
    expect((await refusal(at.tasks.submitMany(circle), 'invalid_input')).message).toContain('a → b → c → a')
    const family = [
      { id: 'a', prompt: 'p', parent: 'b' },
      { id: 'b', prompt: 'p', parent: 'a' },
    ]
    expect((await refusal(at.tasks.submitMany(family), 'invalid_input')).message).toContain('parents: a → b → a')
    expect((await at.tasks.list()).items).toEqual([])
  })

  it('with bad tasks names each of them, and stores none', async () => {
    const { at } = await openAlice()
    const bad = [{ prompt: 'p' }, { prompt: 1 }, { prompt: 'p', priority: 99 }] as NewTaskInput[]
    const { message, details } = await refusal(at.tasks.submitMany(bad), 'invalid_input')
    expect(message).toMatch(/^None was submitted\. \[1\]: prompt.*\[2\]: priority/)
    expect(details?.problems).toHaveLength(2)
    await refusal(
      at.tasks.submitMany([
        { id: 'a', prompt: 'p' },
        { id: 'a', prompt: 'p' },
      ]),
      'invalid_input',
    )
    await refusal(at.tasks.submitMany([{ prompt: 'p' }, { prompt: 'p', dependsOn: ['nowhere'] }]), 'not_found')
    await refusal(at.tasks.submitMany(Array.from({ length: 1001 }, () => ({ prompt: 'p' }))), 'invalid_input')
    await refusal(at.tasks.submitMany('p' as never), 'invalid_input')
    expect((await at.tasks.list()).items).toEqual([])
  })
})

describe('whose a task is', () => {
  it('is for root to say, or to leave open', async () => {
    const { cairn } = await openStore()
    expect(await cairn.tasks.submit({ prompt: 'p' })).toMatchObject({ app: null, user: null, project: null })
    const named = { app: 'shop', user: 'bob', project: 'zeus' }
    expect(await cairn.tasks.submit({ prompt: 'p', ...named })).toMatchObject(named)
    await refusal(cairn.tasks.submit({ prompt: 'p', app: 'shop' }), 'invalid_input')
  })

  it('is the handle’s app and user for all others, or a project that it may write to', async () => {
    const { cairn } = await openStore()
    const at = cairn.as(alice)
    for (const other of [{ app: 'x' }, { user: 'bob' }, { project: 'apollo' }])
      await refusal(at.tasks.submit({ prompt: 'p', ...other }), 'forbidden')
    await refusal(cairn.as({ user: 'alice' }).tasks.submit({ prompt: 'p' }), 'invalid_input')
    await refusal(cairn.as({ project: 'apollo' }).tasks.submit({ prompt: 'p' }), 'forbidden')
    const grants = ['project:write' as const]
    const shared = await cairn.as({ project: 'apollo', grants }).tasks.submit({ prompt: 'p' })
    expect(shared).toMatchObject({ app: null, user: null, project: 'apollo' })
    const zeus = cairn.as({ ...alice, grants: [{ namespace: 'project:zeus', rights: ['read', 'write'] }] })
    expect(await zeus.tasks.submit({ prompt: 'p', project: 'zeus' })).toMatchObject({ ...alice, project: 'zeus' })
    const blind = cairn.as({ grants: [{ namespace: 'project:zeus', rights: ['write'] }] })
    await refusal(blind.tasks.submit({ prompt: 'p', project: 'zeus' }), 'forbidden')
  })
})

describe('lists', () => {
  it('come in pages, newest first, or in the order of the queue', async () => {
    const { at } = await openAlice()
    await at.tasks.submitMany(
      Array.from({ length: 7 }, (_, index) => ({ prompt: 'p', id: `t${index}`, priority: index % 3 })),
    )
    const ids = async (query: object) =>
      (await allPages((cursor) => at.tasks.list({ ...query, limit: 2, ...(cursor && { cursor }) }))).map(({ id }) => id)
    expect(await ids({})).toEqual(['t6', 't5', 't4', 't3', 't2', 't1', 't0'])
    expect(await ids({ status: 'ready' })).toEqual(['t2', 't5', 't1', 't4', 't0', 't3', 't6'])
    expect(await ids({ order: 'queue' })).toEqual(await ids({ status: 'ready' }))
    expect(await ids({ status: 'ready', order: 'newest' })).toEqual(await ids({}))
    expect(await ids({ agentType: 'coder' })).toEqual([])
    const { next } = await at.tasks.list({ limit: 2 })
    await refusal(at.tasks.list({ status: 'ready', cursor: next ?? '' }), 'invalid_input')
    await refusal(at.tasks.list({ limit: 0 }), 'invalid_input')
  })

  it('of children and dependencies need a task that is there', async () => {
    const { cairn, at } = await openAlice()
    await cairn.tasks.submit({ prompt: 'p', id: 'roots' })
    for (const id of ['roots', 'nowhere']) {
      await refusal(at.tasks.children(id), 'not_found')
      await refusal(at.tasks.dependencies(id), 'not_found')
      expect(await at.tasks.get(id)).toBeNull()
    }
  })
})

it('reads of tasks leave a line where that is switched on', async () => {
  const { cairn } = await openStore({ auditReads: 'full' })
  await cairn.tasks.submit({ prompt: 'p', id: 't' })
  await cairn.tasks.get('t')
  await cairn.tasks.list()
  await cairn.agents.get('a')
  await cairn.agents.list()
  const { items } = await cairn.audit.list()
  expect(items.map(({ subject, operation, task }) => [subject, operation, task])).toEqual([
    ...[
      ['agent', 'list', null],
      ['agent', 'read', null],
      ['task', 'list', null],
      ['task', 'read', 't'],
    ],
    ['task', 'create', 't'],
  ])
})
