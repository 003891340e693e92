import { describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, databaseWith, fileWith, importTwice, readAll, sample } from './read.js'

const path = useTempFolder()
const from = 'mem0' as const

const pythonSchema = `
  create table history (id text primary key, memory_id text, old_memory text, new_memory text, event text,
    created_at datetime, updated_at datetime, is_deleted integer, actor_id text, role text);
  create table messages (id text primary key, session_scope text, role text, content text, name text, created_at datetime);`
const oldSchema = `create table history (id text primary key, memory_id text, prev_value text, new_value text, event text,
  timestamp datetime, is_deleted integer);`
const typescriptSchema = `create table memory_history (id integer primary key autoincrement, memory_id text not null,
  previous_value text, new_value text, action text not null, created_at text, updated_at text, is_deleted integer default 0);`

describe('the history database of mem0', () => {
  const rows = [
    {
      id: 'h3',
      memory_id: 'm1',
      old_memory: 'Likes green tea',
      new_memory: null,
      event: 'DELETE',
      created_at: '2026-01-01T08:00:00+00:00',
      updated_at: '2026-01-03T08:00:00+00:00',
      is_deleted: 1,
    },
    {
      id: 'h1',
      memory_id: 'm1',
      old_memory: null,
      new_memory: 'Likes tea',
      event: 'ADD',
      created_at: '2026-01-01T08:00:00+00:00',
      updated_at: null,
      is_deleted: 0,
      actor_id: 'bob',
      role: 'user',
    },
    {
      id: 'h2',
      memory_id: 'm1',
      old_memory: 'Likes tea',
      new_memory: 'Likes green tea',
      event: 'UPDATE',
      created_at: '2026-01-01T08:00:00+00:00',
      updated_at: '2026-01-02T00:00:00-08:00',
      is_deleted: 0,
      role: 'assistant',
    },
    {
      id: 'h4',
      memory_id: 'm2',
      old_memory: 'Was here before',
      new_memory: 'Is here',
      event: 'UPDATE',
      created_at: '2026-01-01T08:00:00+00:00',
      updated_at: '2026-01-01T09:00:00+00:00',
      is_deleted: 0,
    },
    {
      id: 'h5',
      memory_id: 'm2',
      old_memory: 'Is here',
      new_memory: 'Is here',
      event: 'NONE',
      created_at: null,
      updated_at: null,
      is_deleted: 0,
    },
    { id: 'h6', memory_id: null, new_memory: 'Nobody’s', event: 'ADD', is_deleted: 0 },
  ]
  const messages = [
    {
      id: 'x2',
      session_scope: 'user_id=bob',
      role: 'assistant',
      content: 'Noted',
      created_at: '2026-01-01T08:00:01+00:00',
    },
    {
      id: 'x1',
      session_scope: 'user_id=bob',
      role: 'user',
      content: 'I like tea',
      created_at: '2026-01-01T08:00:00+00:00',
    },
  ]

  it('becomes memories with every version and the deletion, in the order of time', async () => {
    const file = databaseWith(path('python.db'), pythonSchema, { history: rows, messages })
    const { of } = await readAll(file, { from })
    const versions = of('memory').filter(({ key }) => key === 'm1')
    expect(
      versions.map(({ version, value, deleted, recordedAt, supersededAt, updatedBy }) => [
        version,
        value,
        deleted,
        recordedAt,
        supersededAt,
        updatedBy,
      ]),
    ).toEqual([
      [1, 'Likes tea', false, '2026-01-01T08:00:00.000Z', '2026-01-02T08:00:00.000Z', 'user:bob'],
      [2, 'Likes green tea', false, '2026-01-02T08:00:00.000Z', '2026-01-03T08:00:00.000Z', 'agent'],
      [3, null, true, '2026-01-03T08:00:00.000Z', null, 'app:mem0'],
    ])
    expect(versions[0]).toMatchObject({ namespace: 'user:alice:mem0', type: 'semantic', createdBy: 'user:bob' })
    expect(new Set(versions.map(({ chain }) => chain)).size).toBe(1)
  })

  it('loses no text that only a later row remembers, and reports rows that say nothing', async () => {
    const { of, report } = await readAll(path('python.db'), { from })
    expect(
      of('memory')
        .filter(({ key }) => key === 'm2')
        .map(({ value }) => value),
    ).toEqual(['Was here before', 'Is here'])
    expect(countOf(report.mapped, 'text')).toBe(1)
    expect(countOf(report.left, 'rows')).toBe(2)
    expect(countOf(report.taken, 'versions')).toBe(5)
  })

  it('has the last messages of each scope, which become a session', async () => {
    const { of } = await readAll(path('python.db'), { from })
    expect(of('session')).toMatchObject([{ id: 'mem0 user_id=bob', lastSeq: 2, app: 'mem0' }])
    expect(of('event').map(({ actor, content }) => [actor, content.text])).toEqual([
      ['user:alice', 'I like tea'],
      ['agent', 'Noted'],
    ])
  })

  it('is stored as it is, and a second time found to be there', async () => {
    expect(await importTwice(path('python.db'), from)).toEqual({ session: 1, event: 2, memory: 5 })
  })

  it('is read as the TypeScript library and as older versions write it', async () => {
    const memory_history = [
      {
        memory_id: 'm1',
        previous_value: null,
        new_value: 'one',
        action: 'ADD',
        created_at: '2026-01-01T00:00:00.000Z',
        updated_at: null,
        is_deleted: 0,
      },
      {
        memory_id: 'm1',
        previous_value: 'one',
        new_value: null,
        action: 'DELETE',
        created_at: null,
        updated_at: '2026-01-02T00:00:00.000Z',
        is_deleted: 1,
      },
    ]
    const ts = await readAll(databaseWith(path('ts.db'), typescriptSchema, { memory_history }), { from })
    expect(ts.of('memory').map(({ value, deleted }) => [value, deleted])).toEqual([
      ['one', false],
      [null, true],
    ])
    const history = [
      {
        id: 'a',
        memory_id: 'm1',
        prev_value: null,
        new_value: 'one',
        event: 'ADD',
        timestamp: '2024-08-01 10:00:00.123456',
        is_deleted: 0,
      },
      {
        id: 'b',
        memory_id: 'm1',
        prev_value: 'one',
        new_value: 'two',
        event: 'UPDATE',
        timestamp: '2024-08-02 10:00:00.5',
        is_deleted: 0,
      },
    ]
    const old = await readAll(databaseWith(path('old.db'), oldSchema, { history }), { from })
    expect(old.of('memory').map(({ value, recordedAt }) => [value, recordedAt])).toEqual([
      ['one', '2024-08-01T10:00:00.123Z'],
      ['two', '2024-08-02T10:00:00.500Z'],
    ])
  })
})

describe('the JSON of mem0', () => {
  it('becomes a memory for each text, of the user that it names', async () => {
    const { of } = await readAll(sample('mem0.json'), { from })
    const [food, move] = of('memory')
    expect(food).toMatchObject({
      namespace: 'user:bob:mem0',
      key: '6a1f',
      value: 'Vegetarian since 2020',
      recordedAt: '2026-01-01T09:30:00.000Z',
      metadata: { source: 'mem0', hash: 'ab12', topic: 'food', agent_id: 'chef', categories: ['diet'] },
    })
    expect(move).toMatchObject({
      namespace: 'user:alice:mem0',
      expiresAt: '2026-06-01T00:00:00.000Z',
      recordedAt: '2026-01-02T00:00:00.000Z',
    })
    expect(of('memory')[2]).toMatchObject({
      namespace: 'user:alice:mem0:relations',
      key: 'bob lives_in paris',
      value: { source: 'bob', relationship: 'lives_in', target: 'paris' },
    })
  })

  it('says what was left', async () => {
    const { report } = await readAll(sample('mem0.json'), { from })
    expect(countOf(report.left, 'items', 'twice')).toBe(1)
    expect(countOf(report.left, 'items', 'no memory')).toBe(1)
    expect(report.taken).toEqual([
      { what: 'memories', count: 2 },
      { what: 'relations', count: 1 },
    ])
  })

  it('may be a plain list, and in the names of the TypeScript library', async () => {
    const item = {
      id: 'x',
      memory: 'Sails',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T01:00:00Z',
      userId: 'eve',
    }
    const { of } = await readAll(fileWith(path('list.json'), JSON.stringify([item])), { from })
    expect(of('memory')).toMatchObject([{ namespace: 'user:eve:mem0', recordedAt: '2026-01-01T01:00:00.000Z' }])
  })
})
