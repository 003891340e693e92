import { describe, expect, it } from 'vitest'
import { refusal } from '../helpers/refusal.js'
import { allPages, openStore } from '../store.js'

const alice = { app: 'shop', user: 'alice' }

describe('creating a session', () => {
  it('takes app, user and project from the handle', async () => {
    const { cairn } = await openStore()
    const handle = cairn.as({ ...alice, project: 'apollo' })
    const session = await handle.sessions.create({ metadata: { channel: 'web' } })
    expect(session).toEqual({
      id: expect.any(String),
      ...alice,
      project: 'apollo',
      status: 'created',
      metadata: { channel: 'web' },
      lastSeq: 0,
      parent: null,
      forkedAtSeq: null,
      createdAt: expect.stringMatching(/^2026-01-01T/),
      updatedAt: session.createdAt,
      terminatedAt: null,
      archivedAt: null,
    })
    expect(await handle.sessions.get(session.id)).toEqual(session)
  })

  it('by root names app and user', async () => {
    const { cairn } = await openStore()
    expect(await cairn.sessions.create({ ...alice, id: 'mine' })).toMatchObject({ id: 'mine', ...alice, project: null })
    await refusal(cairn.sessions.create({ app: 'shop' }), 'invalid_input')
    await refusal(cairn.as({ user: 'alice' }).sessions.create(), 'invalid_input')
  })

  it('is for nobody but oneself', async () => {
    const { cairn } = await openStore()
    const handle = cairn.as({ ...alice, project: 'apollo' })
    for (const other of [{ user: 'bob' }, { app: 'desk' }, { project: 'apollo11' }])
      await refusal(handle.sessions.create(other), 'forbidden')
    await refusal(cairn.as(alice).sessions.create({ project: 'apollo' }), 'forbidden')
    expect((await cairn.sessions.list()).items).toEqual([])
  })

  it('knows a name in any spelling', async () => {
    const { cairn } = await openStore()
    const handle = cairn.as({ app: 'cafe\u0301', user: 'alice' })
    const { id } = await handle.sessions.create({ app: 'cafe\u0301' })
    expect((await cairn.sessions.list({ app: 'cafe\u0301' })).items.map((session) => session.id)).toEqual([id])
    expect((await handle.sessions.list({ app: 'caf\u00e9' })).items).toHaveLength(1)
    expect((await handle.sessions.list({ app: 'cafe\u0301' })).items).toHaveLength(1)
  })

  it('refuses an id that is taken, by whomever', async () => {
    const { cairn } = await openStore()
    await cairn.sessions.create({ ...alice, id: 'mine' })
    await refusal(cairn.sessions.create({ ...alice, id: 'mine' }), 'already_exists')
    await refusal(cairn.as({ app: 'desk', user: 'bob' }).sessions.create({ id: 'mine' }), 'already_exists')
    expect((await cairn.sessions.list()).items).toHaveLength(1)
  })

  it.each([
    [{ id: 'a:b' }, 'has a colon'],
    [{ id: '' }, 'is empty'],
    [{ id: 'x'.repeat(201) }, 'over 200 characters'],
    [{ user: 'a:b' }, 'has a colon'],
    [{ metadata: [] }, 'metadata: expected an object'],
    [{ metadata: new Map() }, 'metadata: expected an object, received a Map'],
    [{ metadata: { at: new Date(0) } }, 'metadata.at is a Date'],
    [{ state: { k: Number.NaN } }, 'stateDelta.k is NaN'],
    [{ state: { 'team:k': 1 } }, "unknown scope 'team'"],
    [{ state: { 'project:k': 1 } }, 'has no project'],
    [{ name: 'x' }, 'name'],
  ])('refuses %j', async (input, why) => {
    const { cairn } = await openStore()
    const error = await refusal(cairn.sessions.create({ ...alice, ...input } as never), 'invalid_input')
    expect(error.message).toContain(why)
    expect((await cairn.info()).rows.sessions).toBe(0)
  })

  it('with state begins with an event that carries it, and is still no active session', async () => {
    const { cairn } = await openStore()
    const handle = cairn.as(alice)
    const state = { topic: 'shipping', 'user:theme': 'dark', 'temp:turn': 1 }
    const session = await handle.sessions.create({ state })
    expect(session).toMatchObject({ status: 'created', lastSeq: 1 })
    expect(await handle.sessions.get(session.id)).toEqual(session)
    const { items } = await handle.sessions.events(session.id)
    expect(items).toMatchObject([
      {
        seq: 1,
        type: 'state_change',
        actor: 'system',
        content: { reason: 'initial state' },
        stateDelta: { topic: 'shipping', 'user:theme': 'dark' },
      },
    ])
    expect((await handle.sessions.state(session.id)).merged).toEqual({ topic: 'shipping', theme: 'dark' })
  })

  it('with nothing but temp: state has no event', async () => {
    const { cairn } = await openStore()
    expect((await cairn.sessions.create({ ...alice, state: { 'temp:turn': 1 } })).lastSeq).toBe(0)
    expect((await cairn.sessions.create({ ...alice, state: {} })).lastSeq).toBe(0)
  })

  it('writes shared state by grant only, and is not created when one key is refused', async () => {
    const { cairn } = await openStore()
    const state = { 'app:motd': 'hello', topic: 'x' }
    await refusal(cairn.as(alice).sessions.create({ state }), 'forbidden')
    expect((await cairn.sessions.list()).items).toEqual([])
    const granted = cairn.as({ ...alice, grants: ['app:write'] })
    expect((await granted.sessions.create({ state })).lastSeq).toBe(1)
  })

  it('keeps metadata as it was given', async () => {
    const { cairn } = await openStore()
    const metadata = JSON.parse('{"__proto__":{"x":1},"a":[null]}')
    const { id } = await cairn.sessions.create({ ...alice, metadata })
    expect(JSON.stringify((await cairn.sessions.get(id))?.metadata)).toBe('{"__proto__":{"x":1},"a":[null]}')
  })
})

describe('getting a session', () => {
  it("answers with nothing for an unknown one and for another's", async () => {
    const { cairn } = await openStore()
    await cairn.sessions.create({ ...alice, id: 'mine' })
    expect(await cairn.sessions.get('nobody')).toBeNull()
    expect(await cairn.as({ app: 'shop', user: 'bob' }).sessions.get('mine')).toBeNull()
    expect(await cairn.as({ app: 'desk', user: 'alice' }).sessions.get('mine')).toBeNull()
    expect(await cairn.as({ user: 'alice' }).sessions.get('mine')).toBeNull()
    expect(await cairn.as(alice).sessions.get('mine')).toMatchObject({ id: 'mine' })
    await refusal(cairn.sessions.get(''), 'invalid_input')
  })
})

describe('listing sessions', () => {
  it("is newest first, page by page, and only of one's own", async () => {
    const { cairn } = await openStore()
    for (const id of ['s1', 's2', 's3', 's4']) await cairn.sessions.create({ ...alice, id })
    await cairn.sessions.create({ app: 'desk', user: 'alice', id: 's5' })
    await cairn.sessions.create({ app: 'shop', user: 'bob', id: 's6' })
    const handle = cairn.as(alice)
    for (const limit of [1, 3, 50]) {
      const items = await allPages((cursor) => handle.sessions.list({ limit, ...(cursor !== undefined && { cursor }) }))
      expect(items.map(({ id }) => id)).toEqual(['s4', 's3', 's2', 's1'])
    }
    expect((await cairn.sessions.list()).items).toHaveLength(6)
    expect((await cairn.sessions.list({ user: 'alice' })).items).toHaveLength(5)
    expect((await cairn.sessions.list({ app: 'shop', user: 'bob' })).items.map(({ id }) => id)).toEqual(['s6'])
  })

  it('takes status and project', async () => {
    const { cairn } = await openStore()
    await cairn.sessions.create({ ...alice, id: 's1', project: 'apollo' })
    await cairn.sessions.create({ ...alice, id: 's2', project: 'apollo11' })
    await cairn.sessions.create({ ...alice, id: 's3' })
    await cairn.sessions.updateStatus('s2', 'active')
    const ids = async (query: object) => (await cairn.sessions.list(query)).items.map(({ id }) => id)
    expect(await ids({ status: 'active' })).toEqual(['s2'])
    expect(await ids({ status: 'created' })).toEqual(['s3', 's1'])
    expect(await ids({ project: 'apollo' })).toEqual(['s1'])
    expect(await ids({ project: 'apollo', user: 'bob' })).toEqual([])
    const own = await cairn.as(alice).sessions.list({ project: 'apollo11', status: 'active' })
    expect(own.items.map(({ id }) => id)).toEqual(['s2'])
  })

  it('of others is refused to whoever is not root', async () => {
    const { cairn } = await openStore()
    await refusal(cairn.as(alice).sessions.list({ user: 'bob' }), 'forbidden')
    await refusal(cairn.as(alice).sessions.listActive({ app: 'desk' }), 'forbidden')
    await refusal(cairn.as({ user: 'alice' }).sessions.list({ app: 'shop' }), 'forbidden')
    expect((await cairn.as({ user: 'alice' }).sessions.list({ user: 'alice' })).items).toEqual([])
  })

  it('of active and paused ones has the last updated first', async () => {
    const { cairn } = await openStore()
    for (const id of ['created', 'active', 'paused', 'ended']) await cairn.sessions.create({ ...alice, id })
    await cairn.sessions.create({ app: 'shop', user: 'bob', id: 'other' })
    for (const id of ['paused', 'active', 'ended', 'other']) await cairn.sessions.updateStatus(id, 'active')
    await cairn.sessions.updateStatus('paused', 'paused')
    await cairn.sessions.terminate('ended')
    await cairn.sessions.appendEvent('active', { type: 'message', actor: 'user', content: {} })
    const own = await cairn.as(alice).sessions.listActive()
    expect(own.items.map(({ id }) => id)).toEqual(['active', 'paused'])
    const all = await allPages((cursor) =>
      cairn.sessions.listActive({ limit: 1, ...(cursor !== undefined && { cursor }) }),
    )
    expect(all.map(({ id }) => id)).toEqual(['active', 'paused', 'other'])
    expect((await cairn.sessions.listActive({ user: 'bob' })).items.map(({ id }) => id)).toEqual(['other'])
  })

  it.each([{ limit: 0 }, { status: 'open' }, { cursor: 'x' }, { user: 'a:b' }, { owner: 'alice' }])(
    'refuses %j',
    async (query) => {
      const { cairn } = await openStore()
      await refusal(cairn.sessions.list(query as never), 'invalid_input')
    },
  )
})
