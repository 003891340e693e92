import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { auditOperations, auditSubjects } from '../../../src/audit/audit.js'
import type { DocumentStatus } from '../../../src/documents/document.js'
import { memoryTypes } from '../../../src/memories/memory.js'
import { eventTypes } from '../../../src/sessions/event.js'
import { sessionStatuses } from '../../../src/sessions/lifecycle.js'
import { storedScopes } from '../../../src/sessions/state.js'
import type { SpaceState } from '../../../src/storage/embedding-store.js'
import { migrate } from '../../../src/storage/sqlite/migrations.js'
import { agentStates } from '../../../src/tasks/agent.js'
import { taskSources, taskStatuses } from '../../../src/tasks/task.js'
import { goodRows, type Row } from './good-rows.js'

let db: Database.Database
beforeEach(() => {
  db = new Database(':memory:')
  migrate(db, { now: 0 })
  for (const [table, row] of Object.entries(goodRows)) insert(table, row)
  insert('tasks', { ...row('tasks'), id: 't2' })
  insert('task_dependencies', dependency)
  insert('embedding_codes', { ...row('embedding_codes'), item: 2 })
  return () => db.close()
})

const documentStatuses: DocumentStatus[] = ['synced', 'failed']
const spaceStates: SpaceState[] = ['filling', 'active', 'kept']
const dependency = { dependent_task_id: 't1', prerequisite_task_id: 't2', created_at: 0 }

function row(table: string): Row {
  return table === 'task_dependencies' ? dependency : (goodRows[table] ?? {})
}

function insert(table: string, values: Row): void {
  const columns = Object.keys(values)
  const places = columns.map(() => '?').join(', ')
  db.prepare(`insert into ${table} (${columns.join(', ')}) values (${places})`).run(Object.values(values))
}

/** Keys of a second good row, so that a case is refused for its fault and not for being a duplicate. */
const secondKeys: Record<string, Row> = {
  sessions: { id: 's2' },
  session_events: { seq: 2, event_id: 'e2' },
  session_snapshots: { seq: 2 },
  session_operations: { operation_id: 'op2' },
  memory_origins: { source: '{"path":"other.md"}' },
  state: { key: 'other' },
  memory_entries: { key: 'other' },
  document_folders: { id: 'f2', root: '/other' },
  documents: { id: 'd2', path: 'b.md' },
  document_chunks: { position: 1 },
  tasks: { id: 't3' },
  agents: { id: 'a2' },
  checkpoints: { iteration: 2 },
  metric_histograms: { name: 'other' },
  leases: { name: 'other' },
  jobs: { subject: 2 },
  search_items: { ref: 8 },
  task_dependencies: { dependent_task_id: 't2', prerequisite_task_id: 't1' },
  embedding_spaces: { name: 'other' },
  embedding_codes: { item: 3 },
  embedding_vectors: { change_seq: 2 },
  embedding_jobs: { item: 2 },
}

/** Why SQLite refuses a good second row with one change; undefined when it takes it. */
function refusalOf(table: string, change: Row): string | undefined {
  const count = () => db.prepare(`select count(*) from ${table}`).pluck().get()
  const before = count()
  try {
    insert(table, { ...row(table), ...secondKeys[table], ...change })
    return undefined
  } catch (error) {
    expect(count()).toBe(before)
    return (error as Error).message
  }
}

const long = 'x'.repeat(201)
const notAnObject = ['', 'no json', '{', '[]', '1', '"text"', 'null', "{'a':1}"]
const notJson = ['', 'no json', '{"a"', 'undefined', 'NaN']

/** table, column, values that must be refused. */
const cases: [table: string, column: string, values: (string | number | null | Buffer)[]][] = [
  ['sessions', 'id', ['', long]],
  ['sessions', 'status', ['', 'Active', 'bogus']],
  ['sessions', 'metadata', notAnObject],
  ['sessions', 'last_seq', [-1]],
  ['sessions', 'forked_at_seq', [-1]],
  ['session_snapshots', 'seq', [-1]],
  ['session_snapshots', 'state', notAnObject],
  ['session_operations', 'operation_id', ['', long]],
  ['memory_origins', 'kind', ['', 'bogus', 'Event']],
  ['memory_origins', 'source', notAnObject],
  ['session_events', 'seq', [0, -1]],
  ['session_events', 'event_id', ['', long]],
  ['session_events', 'type', ['', 'bogus', 'Message']],
  ['session_events', 'content', notAnObject],
  ['session_events', 'state_delta', notAnObject],
  ['session_events', 'is_final', [2, -1]],
  ['state', 'scope', ['', 'temp', 'bogus']],
  ['state', 'key', ['']],
  ['state', 'value', notJson],
  ['memory_entries', 'namespace', ['', 'user', ':alice']],
  ['memory_entries', 'key', ['']],
  ['memory_entries', 'version', [0, -1]],
  ['memory_entries', 'type', ['', 'bogus', 'Semantic']],
  ['memory_entries', 'value', notJson],
  ['memory_entries', 'is_deleted', [2, -1]],
  ['memory_entries', 'metadata', notAnObject],
  ['memory_entries', 'valid_to', [1, 0]],
  ['document_folders', 'id', ['', long]],
  ['document_folders', 'namespace', ['', 'project', ':default']],
  ['document_folders', 'root', ['']],
  ['document_folders', 'skipped', ['x', '{}']],
  ['document_folders', 'skipped_count', [-1]],
  ['documents', 'id', ['', long]],
  ['documents', 'namespace', ['', 'project', ':default']],
  ['documents', 'path', ['']],
  ['documents', 'metadata', notAnObject],
  ['documents', 'sha256', ['', 'a'.repeat(63)]],
  ['documents', 'bytes', [-1]],
  ['documents', 'chunks', [-1]],
  ['documents', 'status', ['', 'bogus', 'failed']],
  ['document_chunks', 'position', [-1]],
  ['document_chunks', 'line_from', [0, -1]],
  ['document_chunks', 'line_to', [0]],
  ['document_chunks', 'tokens', [-1]],
  ['tasks', 'id', ['', long]],
  ['tasks', 'source', ['bogus']],
  ['tasks', 'priority', [-1, 11, 999]],
  ['tasks', 'status', ['bogus']],
  ['tasks', 'input', notJson],
  ['tasks', 'result', notJson],
  ['tasks', 'retry_count', [-1]],
  ['tasks', 'max_retries', [-1]],
  ['tasks', 'timeout_seconds', [59, 0]],
  ['tasks', 'attempt', [-1]],
  ['tasks', 'metadata', notAnObject],
  ['task_dependencies', 'dependency_type', ['bogus']],
  ['task_dependencies', 'dependent_task_id', ['t1']],
  ['agents', 'id', ['', long]],
  ['agents', 'state', ['bogus', 'terminated']],
  ['agents', 'resource_usage', notAnObject],
  ['agents', 'terminated_at', [1]],
  ['checkpoints', 'iteration', [-1]],
  ['checkpoints', 'bytes', [-1]],
  ['checkpoints', 'chain', [-1, 0]],
  ['checkpoints', 'chain_bytes', [-1]],
  ['checkpoints', 'base', [2]],
  ['checkpoints', 'checksum', [null]],
  ['audit', 'subject', ['bogus']],
  ['audit', 'operation', ['bogus']],
  ['audit', 'outcome', ['bogus']],
  ['audit', 'principal', notAnObject],
  ['audit', 'occurrences', [0]],
  ['audit', 'detail', notAnObject],
  ['metrics', 'value', [-0.001, -1]],
  ['metrics', 'labels', notAnObject],
  ['metric_histograms', 'count', [0, -1]],
  ['metric_histograms', 'buckets', notAnObject],
  ['jobs', 'payload', notAnObject],
  ['jobs', 'attempts', [-1]],
  ['sessions', 'terminated_at', [1]],
  ['sessions', 'archived_at', [1]],
  ['embedding_spaces', 'name', ['', 'x'.repeat(501)]],
  ['embedding_spaces', 'provider', ['']],
  ['embedding_spaces', 'model', ['']],
  ['embedding_spaces', 'dimensions', [0, -1, 65_537]],
  ['embedding_spaces', 'state', ['', 'Active', 'bogus']],
  ['embedding_spaces', 'unqueued_to', [-1]],
  ['embedding_spaces', 'pruned_to', [-1]],
  ['embedding_spaces', 'found', [-0.1, 1.1]],
  ['embedding_spaces', 'tried_with', [-1]],
  ['embedding_spaces', 'tried_to', [-1]],
  ['embedding_spaces', 'activated_at', [null]],
  ['embedding_codes', 'text_hash', [null, Buffer.alloc(0), Buffer.alloc(15), Buffer.alloc(32)]],
  ['embedding_codes', 'code', [null]],
  ['embedding_vectors', 'vector', [Buffer.alloc(0), Buffer.alloc(3)]],
  ['embedding_jobs', 'attempts', [-1]],
]

describe('a check', () => {
  it.each(cases)('of %s.%s refuses what it must', (table, column, values) => {
    expect(refusalOf(table, {})).toBeUndefined()
    db.exec("delete from sessions where id = 's2'")
    for (const value of values) {
      db.exec('savepoint attempt')
      const reason = refusalOf(table, { [column]: value })
      db.exec('rollback to attempt')
      expect(reason, `${column} = ${value}`).toMatch(/^CHECK constraint failed|^malformed JSON/)
    }
  })

  it('is broken by a case above, whichever it is', () => {
    const expressions = new Set<string>()
    for (const { sql } of db.prepare<[], { sql: string }>("select sql from sqlite_schema where type = 'table'").all())
      for (const expression of checksIn(sql)) expressions.add(expression)
    expect(expressions.size).toBeGreaterThan(30)
    for (const [table, column, values] of cases)
      for (const value of values) {
        db.exec('savepoint attempt')
        const reason = refusalOf(table, { [column]: value })
        db.exec('rollback to attempt')
        expressions.delete(reason?.replace('CHECK constraint failed: ', '') ?? '')
      }
    const failedWithoutReason = refusalOf('embedding_jobs', { run_after: null, last_error: null })
    expressions.delete(failedWithoutReason?.replace('CHECK constraint failed: ', '') ?? '')
    // A session that is archived without having ended, or has a time of ending and has not.
    expect([...expressions]).toEqual([])
  })

  it('of a session’s end wants its time and its status to agree', () => {
    const end = (status: string, terminated_at: number | null, archived_at: number | null) =>
      refusalOf('sessions', { status, terminated_at, archived_at })
    expect(end('terminated', null, null)).toMatch(/^CHECK/)
    expect(end('active', 1, null)).toMatch(/^CHECK/)
    expect(end('archived', 1, null)).toMatch(/^CHECK/)
    expect(end('archived', null, 1)).toMatch(/^CHECK/)
    expect(end('terminated', 1, 1)).toMatch(/^CHECK/)
    expect(end('archived', 1, 2)).toBeUndefined()
  })

  it('of enumerations lets through exactly what the code knows', () => {
    const enumerations: [table: string, column: string, values: readonly string[], with_: (value: string) => Row][] = [
      ['session_events', 'type', eventTypes, () => ({})],
      ['memory_entries', 'type', memoryTypes, () => ({})],
      ['audit', 'subject', auditSubjects, () => ({})],
      ['audit', 'operation', auditOperations, () => ({})],
      ['state', 'scope', storedScopes, () => ({})],
      ['tasks', 'status', taskStatuses, () => ({})],
      ['tasks', 'source', taskSources, () => ({})],
      ['agents', 'state', agentStates, (value) => ({ terminated_at: value === 'terminated' ? 1 : null })],
      ['sessions', 'status', sessionStatuses, endTimes],
      ['documents', 'status', documentStatuses, () => ({ error: 'why' })],
      ['embedding_spaces', 'state', spaceStates, () => ({})],
    ]
    for (const [table, column, values, others] of enumerations) {
      const { sql } = db
        .prepare<[string], { sql: string }>('select sql from sqlite_schema where name = ?')
        .get(table) ?? { sql: '' }
      const listed = checksIn(sql).find((check) => check.startsWith(`${column} in (`)) ?? ''
      expect(
        [...listed.matchAll(/'(\w+)'/g)].map((match) => match[1]),
        `${table}.${column}`,
      ).toEqual([...values])
      for (const value of values) {
        db.exec('savepoint attempt')
        expect(refusalOf(table, { [column]: value, ...others(value) }), value).toBeUndefined()
        db.exec('rollback to attempt')
      }
    }
  })
})

function endTimes(status: string): Row {
  const ended = status === 'terminated' || status === 'archived'
  return { terminated_at: ended ? 1 : null, archived_at: status === 'archived' ? 2 : null }
}

/** The expressions of all checks in a table's text. */
function checksIn(sql: string): string[] {
  return [...sql.matchAll(/check \(/g)].map(({ index }) => {
    const start = index + 'check ('.length
    let depth = 1
    let end = start
    for (; depth > 0; end++) depth += Number(sql[end] === '(') - Number(sql[end] === ')')
    return sql.slice(start, end - 1)
  })
}

interface Column {
  table: string
  name: string
  type: string
  notnull: number
  rowid: number
  title: string
}

const columns = ((): Column[] => {
  const schema = new Database(':memory:')
  migrate(schema, { now: 0 })
  const found = schema
    .prepare<[], Omit<Column, 'title'>>(
      `select t.name as "table", c.name, c.type, c."notnull", c.pk = 1 and c.type = 'INTEGER' as rowid
       from pragma_table_list t
       join pragma_table_info(t.name) c
       where t.schema = 'main' and t.type = 'table' and t.name not like 'sqlite%' and t.name <> 'schema_migrations'`,
    )
    .all()
  schema.close()
  return found.map((column) => ({
    ...column,
    type: column.type.toUpperCase(),
    title: `${column.table}.${column.name}`,
  }))
})()

describe('a column', () => {
  it.each(columns.filter(({ notnull }) => notnull === 1))('$title is never null', ({ table, name }) => {
    expect(refusalOf(table, { [name]: null })).toBe(`NOT NULL constraint failed: ${table}.${name}`)
  })

  it.each(columns.filter(({ rowid }) => rowid === 0))('$title holds nothing but $type', ({ table, name, type }) => {
    const other = type === 'TEXT' ? new Uint8Array([1]) : 'seven'
    expect(refusalOf(table, { [name]: other })).toMatch(
      new RegExp(
        `^cannot store (?:TEXT|BLOB) value in ${type} column ${table}\\.${name}|^CHECK constraint failed|^malformed JSON`,
      ),
    )
  })

  it('is never nullable in a key', () => {
    const keys = columns.filter(({ name, type }) => name === 'id' && type === 'TEXT')
    expect(keys.map(({ table }) => table)).toEqual(expect.arrayContaining(['sessions', 'tasks', 'agents']))
    expect(keys.filter(({ notnull }) => notnull === 0)).toEqual([])
  })
})

describe('a key', () => {
  const twice: [what: string, table: string, change: Row, constraint: string][] = [
    ['a session id', 'sessions', { id: 's1' }, 'sessions.id'],
    ['a sequence number in a session', 'session_events', { seq: 1 }, 'session_events.session_id, session_events.seq'],
    [
      'an event id in a session',
      'session_events',
      { event_id: 'e1' },
      'session_events.session_id, session_events.event_id',
    ],
    ['a snapshot of a moment', 'session_snapshots', { seq: 1 }, 'session_snapshots.session_id, session_snapshots.seq'],
    [
      'an operation on a session',
      'session_operations',
      { operation_id: 'op1' },
      'session_operations.session_id, session_operations.operation_id',
    ],
    [
      'an origin of a version',
      'memory_origins',
      { source: '{"path":"notes.md"}' },
      'memory_origins.memory_id, memory_origins.kind, memory_origins.source',
    ],
    ['a key of state', 'state', { key: 'theme' }, 'state.scope, state.owner, state.key'],
    [
      'a version of a memory',
      'memory_entries',
      { key: 'tone', superseded_at: 1 },
      'memory_entries.namespace, memory_entries.key, memory_entries.version',
    ],
    [
      'the latest version of a memory',
      'memory_entries',
      { key: 'tone', version: 2 },
      'memory_entries.namespace, memory_entries.key',
    ],
    ['a folder id', 'document_folders', { id: 'f1' }, 'document_folders.id'],
    [
      'a folder of a namespace',
      'document_folders',
      { root: '/notes' },
      'document_folders.namespace, document_folders.root',
    ],
    ['a document id', 'documents', { id: 'd1' }, 'documents.id'],
    ['a path in a folder', 'documents', { path: 'a.md' }, 'documents.folder_id, documents.path'],
    [
      'a chunk of a document',
      'document_chunks',
      { position: 0 },
      'document_chunks.document_id, document_chunks.position',
    ],
    ['a task id', 'tasks', { id: 't1' }, 'tasks.id'],
    [
      'a dependency',
      'task_dependencies',
      { ...dependency },
      'task_dependencies.dependent_task_id, task_dependencies.prerequisite_task_id',
    ],
    ['an agent id', 'agents', { id: 'a1' }, 'agents.id'],
    ['an iteration of a task', 'checkpoints', { iteration: 1 }, 'checkpoints.task_id, checkpoints.iteration'],
    [
      'a minute of an operation',
      'metric_histograms',
      { name: 'memories.add' },
      'metric_histograms.name, metric_histograms.minute',
    ],
    ['a lease', 'leases', { name: 'expire' }, 'leases.name'],
    ['a job', 'jobs', { subject: 1 }, 'jobs.kind, jobs.subject'],
    ['a search item', 'search_items', { ref: 7 }, 'search_items.kind, search_items.ref'],
    ['a space', 'embedding_spaces', { name: 'ollama/nomic/1' }, 'embedding_spaces.name'],
    ['an item of a space', 'embedding_codes', { item: 1 }, 'embedding_codes.space_id, embedding_codes.item'],
    ['a vector', 'embedding_vectors', { change_seq: 1 }, 'embedding_vectors.change_seq'],
    ['what a space has to embed', 'embedding_jobs', { item: 1 }, 'embedding_jobs.space_id, embedding_jobs.item'],
  ]

  it.each(twice)('holds %s once', (_, table, change, constraint) => {
    expect(refusalOf(table, change)).toBe(`UNIQUE constraint failed: ${constraint}`)
  })

  it('lets versions go on, in any number, with one latest', () => {
    db.exec('update memory_entries set superseded_at = 1')
    expect(refusalOf('memory_entries', { key: 'tone', version: 2 })).toBeUndefined()
    expect(refusalOf('memory_entries', { key: 'tone', version: 3 })).toMatch(/^UNIQUE/)
  })

  it.each(['active', 'filling'])('lets one space be %s', (state) => {
    const activated_at = state === 'active' ? 1 : null
    expect(refusalOf('embedding_spaces', { state, activated_at })).toBeUndefined()
    expect(refusalOf('embedding_spaces', { name: 'third', state, activated_at })).toBe(
      'UNIQUE constraint failed: embedding_spaces.state',
    )
    expect(refusalOf('embedding_spaces', { name: 'third' })).toBeUndefined()
  })

  it('of a space or of a change of a vector is never given anew', () => {
    const last = (table: string, key: string) => db.prepare(`select max(${key}) from ${table}`).pluck().get()
    db.exec('delete from embedding_codes; delete from embedding_spaces')
    insert('embedding_spaces', row('embedding_spaces'))
    insert('embedding_codes', { ...row('embedding_codes'), space_id: 2 })
    expect([last('embedding_spaces', 'id'), last('embedding_codes', 'change_seq')]).toEqual([2, 3])
  })

  it('counts refusals once a minute, and what was done as often as it was', () => {
    const refused = { outcome: 'forbidden', namespace: 'app:web' }
    expect(refusalOf('audit', refused)).toBeUndefined()
    expect(refusalOf('audit', { ...refused, timestamp: 59_999 })).toMatch(/^UNIQUE/)
    expect(refusalOf('audit', { ...refused, timestamp: 60_000 })).toBeUndefined()
    expect(refusalOf('audit', { ...refused, namespace: null })).toBeUndefined()
    expect(refusalOf('audit', { ...refused, namespace: null })).toMatch(/^UNIQUE/)
    expect(refusalOf('audit', {})).toBeUndefined()
    expect(refusalOf('audit', {})).toBeUndefined()
  })
})
