import { beforeAll, describe, expect, it } from 'vitest'
import { useTempFolder } from '../../helpers/temp-folder.js'
import { countOf, databaseWith, importTwice, type Reading, readAll } from './read.js'

const path = useTempFolder()
const from = 'abathur' as const

// The tables of that program, without the checks that older ones lack.
const schema = `
  create table sessions (id text primary key, app_name text not null, user_id text not null, project_id text,
    status text not null default 'created', events text not null default '[]', state text not null default '{}',
    metadata text default '{}', created_at timestamp not null default current_timestamp,
    last_update_time timestamp not null default current_timestamp, terminated_at timestamp, archived_at timestamp);
  create table memory_entries (id integer primary key autoincrement, namespace text not null, key text not null,
    value text not null, memory_type text not null, version integer not null default 1, is_deleted boolean not null default 0,
    metadata text default '{}', created_by text, updated_by text, created_at timestamp not null default current_timestamp,
    updated_at timestamp not null default current_timestamp);
  create table document_index (id integer primary key, file_path text, title text);
  create table tasks (id text primary key, prompt text not null, agent_type text not null default 'general',
    priority integer not null default 5, status text not null, input_data text not null, result_data text, error_message text,
    retry_count integer default 0, max_retries integer default 3, max_execution_timeout_seconds integer default 3600,
    submitted_at timestamp not null, started_at timestamp, completed_at timestamp, last_updated_at timestamp, created_by text,
    parent_task_id text, dependencies text, session_id text, source text not null default 'human',
    dependency_type text not null default 'sequential', calculated_priority real not null default 5.0, deadline timestamp,
    estimated_duration_seconds integer, summary text not null default 'Task');
  create table task_dependencies (id text primary key, dependent_task_id text not null, prerequisite_task_id text not null,
    dependency_type text not null default 'sequential', created_at timestamp not null, resolved_at timestamp);
  create table agents (id text primary key, name text not null, specialization text not null, task_id text not null,
    state text not null, model text not null, spawned_at timestamp not null, terminated_at timestamp, resource_usage text,
    session_id text);
  create table state (id integer primary key autoincrement, task_id text not null, key text not null, value text not null,
    created_at timestamp not null, updated_at timestamp not null);
  create table audit (id integer primary key autoincrement, timestamp timestamp not null, agent_id text, task_id text,
    action_type text not null, action_data text, result text, memory_operation_type text, memory_namespace text,
    memory_entry_id integer);
  create table metrics (id integer primary key, timestamp timestamp, metric_name text, metric_value real, labels text);
  create table checkpoints (task_id text not null, iteration integer not null, state text not null,
    created_at timestamp not null, session_id text, primary key (task_id, iteration));`

const t = '2025-10-10T10:00:00+00:00'
const event = (event_id: string, more: object = {}): object => ({
  ...{
    event_id,
    timestamp: '2025-10-10T10:00:01.5+00:00',
    event_type: 'message',
    actor: 'user',
    content: { message: 'Hi' },
  },
  ...{ is_final_response: false, ...more },
})

const sessions = [
  {
    ...{
      id: 's1',
      app_name: 'abathur',
      user_id: 'bob',
      project_id: 'apollo',
      status: 'active',
      metadata: '{"note":1}',
    },
    // Two ways of writing a time in one row: the program does that.
    ...{ created_at: '2025-10-10 10:00:00', last_update_time: '2025-10-10T11:00:00+00:00' },
    events: JSON.stringify([
      event('e1'),
      event('e2', { actor: 'agent-7', event_type: 'thought', state_delta: { 'session:s1:step': 2 }, trace: 'x' }),
      'odd',
    ]),
    state: JSON.stringify({
      'session:s1:step': 2,
      topic: 'birds',
      'user:bob:theme': 'dark',
      'user:tone': 'dry',
      'temp:x': 1,
      'app:lang': 'en',
      'a:b': 0,
    }),
  },
  {
    ...{
      id: 's2',
      app_name: 'abathur',
      user_id: 'bob',
      status: 'terminated',
      created_at: t,
      last_update_time: '2025-10-11 10:00:00',
    },
    ...{ terminated_at: null, events: '{"not":"a list"}', metadata: '[1]' },
    state: JSON.stringify({ topic: 'ended', 'user:bob:theme': 'light', 'project:p': 1, 'app:lang': 'en' }),
  },
  {
    id: 's3',
    app_name: 'abathur',
    user_id: 'eve',
    status: 'sleeping',
    events: '[]',
    state: '{broken',
    created_at: 'yesterday',
    last_update_time: t,
  },
]

function memory(id: number, namespace: string, key: string, more: object = {}): Record<string, unknown> {
  return {
    ...{ id, namespace, key, value: '{"v":1}', memory_type: 'semantic', version: 1, is_deleted: 0, metadata: '{}' },
    ...{
      created_by: 'session:s1',
      updated_by: 'session:s1',
      created_at: '2025-10-10 10:00:00',
      updated_at: '2025-10-10 10:00:00',
      ...more,
    },
  }
}

const memory_entries = [
  memory(1, 'user:bob:prefs', 'tone'),
  memory(2, 'user:bob:prefs', 'tone', {
    version: 2,
    value: '{"v":2}',
    created_by: null,
    created_at: '2025-10-10 11:00:00',
    metadata: null,
  }),
  // Deleting flags every version.
  memory(3, 'user:bob:prefs', 'gone', { is_deleted: 1, updated_at: '2025-10-12 10:00:00' }),
  memory(4, 'user:bob:prefs', 'gone', {
    is_deleted: 1,
    version: 2,
    created_at: '2025-10-11 10:00:00',
    updated_at: '2025-10-12 10:00:00',
  }),
  // Version 1 was written again after it had been deleted.
  memory(5, 'user:bob:prefs', 'again', { is_deleted: 1, updated_at: '2025-10-11 10:00:00' }),
  memory(6, 'user:bob:prefs', 'again', { created_at: '2025-10-12 10:00:00' }),
  // Expiry took an old version only.
  memory(7, 'project:apollo:log', 'run', { memory_type: 'episodic', is_deleted: 1, updated_at: '2025-12-01 10:00:00' }),
  memory(8, 'project:apollo:log', 'run', { memory_type: 'episodic', version: 3, created_at: '2025-10-11 10:00:00' }),
  memory(9, 'user', 'theme'),
  memory(10, 'temp:s1', 'scratch'),
  memory(11, 'docs:readme', 'x\ny', { value: 'not json', memory_type: 'odd' }),
  memory(12, 'user:bob:half', 'k', { value: '{"x": NaN}' }),
  memory(13, 'user:bob:half', 'k', {
    version: 2,
    is_deleted: 1,
    created_at: '2025-10-11 10:00:00',
    updated_at: '2025-10-11 11:00:00',
  }),
]

function task(id: string, more: object = {}): Record<string, unknown> {
  return { id, prompt: `Do ${id}`, status: 'pending', input_data: '{}', submitted_at: t, last_updated_at: t, ...more }
}

const tasks = [
  task('a', {
    status: 'completed',
    completed_at: '2025-10-10T12:00:00+00:00',
    result_data: '{"ok":true}',
    session_id: 's1',
  }),
  task('b', { dependencies: '["a","c","nowhere",7]', priority: 15, summary: 'B' }),
  task('c', { dependencies: '["b"]', parent_task_id: 'd', source: 'agent_planner' }),
  task('d', { parent_task_id: 'c', status: 'bogus', session_id: 'lost' }),
  task('e', { status: 'running', max_execution_timeout_seconds: 5, parent_task_id: 'lost', retry_count: 1 }),
  task('f', { dependencies: '["a"]', status: 'blocked', deadline: '2026-01-01', max_retries: -1, input_data: 'oops' }),
]
const task_dependencies = [
  {
    id: 'x',
    dependent_task_id: 'b',
    prerequisite_task_id: 'a',
    dependency_type: 'parallel',
    created_at: t,
    resolved_at: t,
  },
  { id: 'y', dependent_task_id: 'lost', prerequisite_task_id: 'a', created_at: t },
]
const agents = [
  {
    id: 'g1',
    name: 'worker',
    specialization: 'code',
    task_id: 'a',
    state: 'working',
    model: 'm',
    spawned_at: t,
    resource_usage: '{"cpu":1}',
    session_id: 's1',
  },
  {
    id: 'g2',
    name: 'ghost',
    specialization: 'code',
    task_id: 'lost',
    state: 'idle',
    model: 'm',
    spawned_at: t,
    terminated_at: t,
    session_id: 'lost',
  },
]
const state = [
  { task_id: 'a', key: 'progress', value: '0.5', created_at: t, updated_at: t },
  { task_id: 'lost', key: 'progress', value: '1', created_at: t, updated_at: t },
]
const checkpoints = [
  { task_id: 'a', iteration: 1, state: '{"n":1}', created_at: t, session_id: 's1' },
  { task_id: 'a', iteration: 2, state: 'broken', created_at: t, session_id: 'lost' },
  { task_id: 'lost', iteration: 1, state: '{}', created_at: t },
]
const audit = [
  {
    timestamp: '2025-10-10 10:00:00',
    task_id: 'task:xyz',
    action_type: 'memory_create',
    action_data: '{"key":"tone"}',
    memory_operation_type: 'create',
    memory_namespace: 'user:bob:prefs',
    memory_entry_id: 2,
  },
  { timestamp: t, agent_id: 'g1', task_id: 'a', action_type: 'agent_spawned', action_data: null },
  { timestamp: t, action_type: 'vacuum' },
]

let reading: Reading

beforeAll(async () => {
  const rows = { sessions, memory_entries, tasks, task_dependencies, agents, state, checkpoints, audit }
  const left = { metrics: [{ metric_name: 'm', metric_value: 1 }], document_index: [{ file_path: 'a.md', title: 'A' }] }
  reading = await readAll(databaseWith(path('abathur.db'), schema, { ...rows, ...left }), { from })
})

describe('sessions of Abathur', () => {
  it('keep their owners, times and status; what cannot be is mended', () => {
    const [s1, s2, s3] = reading.of('session')
    expect(s1).toMatchObject({
      ...{ id: 's1', app: 'abathur', user: 'bob', project: 'apollo', status: 'active' },
      ...{ createdAt: '2025-10-10T10:00:00.000Z', updatedAt: '2025-10-10T11:00:00.000Z', metadata: { note: 1 } },
    })
    expect(s2).toMatchObject({
      status: 'terminated',
      terminatedAt: '2025-10-11T10:00:00.000Z',
      metadata: { value: [1] },
    })
    expect(s3).toMatchObject({ status: 'active', createdAt: '2025-10-10T10:00:00.000Z' })
    expect(countOf(reading.report.mapped, 'status')).toBe(1)
  })

  it('have a row for each event of the list', () => {
    const events = reading.of('event').filter(({ session }) => session === 's1')
    expect(events.map(({ eventId, type, actor, content }) => [eventId, type, actor, content]).slice(0, 3)).toEqual([
      ['e1', 'message', 'user:bob', { message: 'Hi' }],
      ['e2', 'action', 'agent:agent-7', { message: 'Hi', trace: 'x', eventType: 'thought' }],
      [expect.any(String), 'action', 'system', { value: 'odd' }],
    ])
    expect(events[1]?.stateDelta).toEqual({ step: 2 })
    expect(reading.of('session')[1]?.metadata.events).toEqual({ not: 'a list' })
  })

  it('have their state by scope, and a last event that makes it the fold of the deltas', () => {
    const own = reading.of('state').filter(({ scope }) => scope === 'session')
    expect(own.map(({ owner, key, value }) => [owner, key, value])).toEqual([
      ['s1', 'step', 2],
      ['s1', 'topic', 'birds'],
      ['s1', expect.stringMatching(/^a-b~/), 0],
      // State that is no JSON is a value, too.
      ['s3', 'value', '{broken'],
    ])
    const last = reading.of('event').findLast(({ session }) => session === 's1')
    expect(last).toMatchObject({ type: 'state_change', stateDelta: { topic: 'birds', 'user:tone': 'dry' } })
    expect(last?.stateDelta).not.toHaveProperty('step')
  })

  it('give the last value of what they share; older ones, temp and what ended is in the metadata', () => {
    const shared = reading.of('state').filter(({ scope }) => scope !== 'session')
    expect(shared.map(({ scope, owner, key, value, session }) => [scope, owner, key, value, session])).toEqual([
      ['user', 'bob', 'tone', 'dry', 's1'],
      ['user', 'bob', 'theme', 'light', 's2'],
      ['app', 'abathur', 'lang', 'en', 's2'],
    ])
    expect(reading.of('session')[0]?.metadata.state).toEqual({ 'user:bob:theme': 'dark', 'temp:x': 1 })
    expect(reading.of('session')[1]?.metadata.state).toEqual({ topic: 'ended', 'project:p': 1 })
    expect(countOf(reading.report.mapped, 'state', 'not JSON')).toBe(1)
  })
})

describe('memories of Abathur', () => {
  const chain = (namespace: string, key: string) =>
    reading.of('memory').filter((record) => record.namespace === namespace && record.key === key)

  it('keep their versions, with what each row leaves out carried on', () => {
    expect(chain('user:bob:prefs', 'tone')).toMatchObject([
      { version: 1, value: { v: 1 }, createdBy: 'session:s1', supersededAt: '2025-10-10T11:00:00.000Z' },
      {
        version: 2,
        value: { v: 2 },
        createdBy: 'session:s1',
        recordedAt: '2025-10-10T11:00:00.000Z',
        supersededAt: null,
      },
    ])
  })

  it('are deleted as a whole by a tombstone, and written again after it', () => {
    expect(chain('user:bob:prefs', 'gone').map(({ deleted }) => deleted)).toEqual([false, false, true])
    expect(chain('user:bob:prefs', 'gone')[2]?.recordedAt).toBe('2025-10-12T10:00:00.000Z')
    expect(
      chain('user:bob:prefs', 'again').map(({ version, deleted, metadata }) => [version, deleted, metadata]),
    ).toEqual([
      [1, false, {}],
      [2, true, {}],
      [3, false, { version: 1 }],
    ])
  })

  it('stay alive where expiry took an old version, and go where the newest one went', () => {
    expect(chain('project:apollo:log', 'run').map(({ deleted }) => deleted)).toEqual([false, false])
    expect(chain('user:bob:half', 'k').map(({ deleted, value }) => [deleted, value])).toEqual([
      [false, { x: 'NaN' }],
      [false, { v: 1 }],
      [true, null],
    ])
    expect(countOf(reading.report.mapped, 'deletion')).toBe(1)
  })

  it('get valid namespaces: of the session’s user, or below that of the import', () => {
    const mapped = reading.report.mapped.find(({ what }) => what === 'namespace')
    expect(mapped?.examples).toEqual([
      'docs:readme → project:abathur:import:docs:readme',
      'temp:s1 → project:abathur:import:temp:s1',
      'user → user:bob:state',
    ])
    expect(chain('user:bob:state', 'theme')).toHaveLength(1)
    expect(reading.of('memory').find(({ namespace }) => namespace.endsWith('docs:readme'))).toMatchObject({
      ...{ key: expect.stringMatching(/^x y~/), value: 'not json', type: 'semantic' },
    })
  })
})

describe('tasks of Abathur', () => {
  const byId = (id: string) => reading.of('task').find((record) => record.id === id)

  it('keep their dependencies, from the table and from the lists', () => {
    expect(byId('b')?.dependencies).toEqual([
      { task: 'a', type: 'parallel', createdAt: '2025-10-10T10:00:00.000Z', resolvedAt: '2025-10-10T10:00:00.000Z' },
      { task: 'c', type: 'sequential', createdAt: '2025-10-10T10:00:00.000Z', resolvedAt: null },
    ])
    expect(byId('b')?.metadata).toMatchObject({ dependencies: ['nowhere', 7], priority: 15, summary: 'B' })
    expect(byId('c')).toMatchObject({ dependencies: [], metadata: { dependencies: ['b'] }, source: 'agent_planner' })
    expect(countOf(reading.report.mapped, 'dependencies', 'circle')).toBe(1)
    expect(countOf(reading.report.left, 'dependencies')).toBe(1)
  })

  it('have a status that fits what they wait for', () => {
    expect(reading.of('task').map(({ id, status }) => [id, status])).toEqual([
      ['a', 'completed'],
      ['b', 'blocked'],
      ['c', 'ready'],
      ['d', 'cancelled'],
      ['e', 'running'],
      ['f', 'ready'],
    ])
    expect(byId('d')?.metadata.status).toBe('bogus')
    expect(byId('d')?.completedAt).toBe('2025-10-10T10:00:00.000Z')
    // What ran there is taken up again when its time is over.
    expect(byId('e')).toMatchObject({
      timeoutSeconds: 60,
      leaseUntil: '2025-10-10T10:01:00.000Z',
      attempt: 1,
      retryCount: 1,
    })
  })

  it('keep in their metadata what is not there or goes in circles', () => {
    expect(byId('a')).toMatchObject({
      session: 's1',
      user: 'bob',
      project: 'apollo',
      metadata: { state: { progress: 0.5 } },
    })
    expect(byId('d')).toMatchObject({
      session: null,
      user: 'alice',
      metadata: { session_id: 'lost', parent_task_id: 'c' },
    })
    expect(byId('c')?.parent).toBe('d')
    expect(byId('e')).toMatchObject({ parent: null, metadata: { parent_task_id: 'lost' } })
    expect(byId('f')).toMatchObject({ input: 'oops', maxRetries: 0, deadline: '2026-01-01T00:00:00.000Z' })
  })
})

describe('what else there is', () => {
  it('agents, with what they named', () => {
    expect(reading.of('agent')).toMatchObject([
      { id: 'g1', state: 'busy', task: 'a', session: 's1', resourceUsage: { cpu: 1 }, terminatedAt: null },
      {
        id: 'g2',
        state: 'terminated',
        task: null,
        session: null,
        resourceUsage: { imported: { task_id: 'lost', session_id: 'lost' } },
      },
    ])
  })

  it('checkpoints, and as memories those of no task', () => {
    expect(
      reading.of('checkpoint').map(({ task, iteration, state, session }) => [task, iteration, state, session]),
    ).toEqual([
      ['a', 1, { n: 1 }, 's1'],
      ['a', 2, 'broken', null],
    ])
    const kept = reading.of('memory').filter(({ namespace }) => namespace === 'project:abathur:import')
    expect(kept.map(({ key, type }) => [key, type])).toEqual([
      ['checkpoints lost 1', 'episodic'],
      ['state lost progress', 'episodic'],
    ])
  })

  it('the audit trail, in our words with theirs in the detail', () => {
    expect(reading.of('audit')).toMatchObject([
      {
        subject: 'memory',
        operation: 'create',
        namespace: 'user:bob:prefs',
        key: 'tone',
        version: 2,
        task: 'task:xyz',
      },
      { subject: 'agent', operation: 'create', actor: 'agent:g1', detail: { abathur: 2, action: 'agent_spawned' } },
      { subject: 'store', operation: 'update', actor: 'app:abathur', detail: { abathur: 3, action: 'vacuum' } },
    ])
  })

  it('is counted where it is left', () => {
    expect(reading.report.left).toMatchObject([
      { what: 'dependencies' },
      { what: 'session of a checkpoint' },
      { what: 'document_index', count: 1 },
      { what: 'metrics', count: 1 },
    ])
  })

  it('is the same the second time', async () => {
    expect((await readAll(path('abathur.db'), { from })).all).toEqual(reading.all)
  })

  it('is stored as it is, and a second time found to be there', async () => {
    const kinds = ['session', 'event', 'state', 'memory', 'task', 'agent', 'checkpoint', 'audit'] as const
    const all = Object.fromEntries(kinds.map((kind) => [kind, reading.of(kind).length]))
    expect(await importTwice(path('abathur.db'), from)).toEqual(all)
  })

  it('may come from an older program, with fewer columns and tables', async () => {
    const old = `create table tasks (id text primary key, template_name text, priority integer, status text, input_data text,
      prompt text, submitted_at timestamp)`
    const rows = [
      { id: 'a', template_name: 'old one', priority: 1, status: 'failed', input_data: '{}', submitted_at: t },
    ]
    const { of } = await readAll(databaseWith(path('older.db'), old, { tasks: rows }), { from, project: 'p' })
    expect(of('task')).toMatchObject([
      { prompt: 'old one', status: 'failed', completedAt: '2025-10-10T10:00:00.000Z', project: 'p' },
    ])
  })
})
