import type { Database } from 'better-sqlite3'
import { seededRandom } from '../../../bench/seeded.mjs'

const random = seededRandom(7)

/** A few of many, most of the time: what users, sessions and namespaces are like. */
const skewed = (count: number): number => Math.floor(count * random() ** 3)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
const mostly = <T>(usual: T, others: readonly T[], share = 0.85): T => (random() < share ? usual : pick(others))

const day = 86_400_000
export const populatedAt = Date.UTC(2026, 0, 1)
const sometime = (): number => populatedAt - Math.floor(random() ** 2 * 400 * day)

type Row = Record<string, string | number | Buffer | null>

/** Fills every table with some 20,000 rows in all, spread as in a store that has been in use for a year. */
export function populate(db: Database): void {
  db.transaction(() => {
    fill(db, 'sessions', 1_000, session)
    fill(db, 'session_events', 5_000, event)
    fill(db, 'session_snapshots', 600, snapshot)
    fill(db, 'session_operations', 500, operation)
    fill(db, 'state', 1_000, state)
    fill(db, 'memory_entries', 6_000, memory)
    fill(db, 'memory_origins', 2_000, origin)
    fill(db, 'document_folders', 40, documentFolder)
    fill(db, 'documents', 2_000, document)
    fill(db, 'document_chunks', 4_000, documentChunk)
    fill(db, 'tasks', 1_500, task)
    fill(db, 'task_dependencies', 700, dependency)
    fill(db, 'agents', 1_000, agent)
    fill(db, 'checkpoints', 1_200, checkpoint)
    fill(db, 'audit', 4_000, auditLine)
    fill(db, 'metrics', 2_000, metric)
    fill(db, 'metric_histograms', 1_500, histogram)
    fill(db, 'leases', 3, lease)
    fill(db, 'jobs', 500, job)
    fill(db, 'search_items', 2_000, searchItem)
    fill(db, 'search_text', 2_000, searchText)
    fill(db, 'embedding_spaces', 3, space)
    fill(db, 'embedding_codes', 3_000, code)
    fill(db, 'embedding_vectors', 3_000, vector)
    fill(db, 'embedding_jobs', 500, embeddingJob)
  })()
}

function fill(db: Database, table: string, count: number, make: (index: number) => Row): void {
  const columns = Object.keys(make(0))
  const values = columns.map((column) => `:${column}`)
  const insert = db.prepare(`insert into ${table} (${columns.join(', ')}) values (${values.join(', ')})`)
  for (let index = 0; index < count; index++) insert.run(make(index))
}

function session(index: number): Row {
  const status = mostly('archived', ['created', 'active', 'paused', 'terminated'] as const, 0.7)
  const created = sometime()
  const ended = status === 'terminated' || status === 'archived'
  return {
    ...{ id: `s${index}`, app_id: mostly('support', ['sales', 'ops']), user_id: `u${skewed(200)}`, status },
    ...{ project_id: random() < 0.5 ? null : `p${skewed(20)}`, created_at: created, updated_at: created + 1_000 },
    ...{ terminated_at: ended ? created + 2_000 : null, archived_at: status === 'archived' ? created + 3_000 : null },
    ...(index > 0 && index % 8 === 0
      ? { parent_session_id: `s${skewed(index)}`, forked_at_seq: index % 5 }
      : { parent_session_id: null, forked_at_seq: null }),
  }
}

function event(index: number): Row {
  const time = sometime()
  const type = mostly('message', ['action', 'tool_call', 'reflection', 'state_change'], 0.6)
  return {
    ...{ session_id: `s${index % 1_000}`, seq: Math.floor(index / 1_000) + 1, event_id: `e${index}`, type },
    ...{
      actor: mostly('user', ['agent', 'tool:grep']),
      timestamp: time,
      recorded_at: time,
      content: '{"text":"hello"}',
      state_delta: index % 4 === 0 ? '{"topic":"release"}' : null,
    },
  }
}

function snapshot(index: number): Row {
  return { session_id: `s${index % 300}`, seq: Math.floor(index / 300) * 1_000, state: '{"topic":"release"}' }
}

function operation(index: number): Row {
  const session = `s${index % 100}`
  return {
    session_id: session,
    operation_id: `op${index}`,
    digest: 'd',
    first_seq: 1,
    last_seq: 2,
    created_at: sometime(),
  }
}

function origin(index: number): Row {
  const kind = mostly('event', ['memory', 'document'], 0.6)
  const source = JSON.stringify(
    kind === 'event' ? { eventId: `e${index}`, session: `s${skewed(1_000)}` } : { path: `docs/${index % 50}.md` },
  )
  return { memory_id: index + 1, kind, source, created_at: sometime(), created_by: 'user:alice' }
}

function state(index: number): Row {
  const scope = mostly('session', ['user', 'app', 'project'], 0.6)
  return {
    scope,
    owner: `o${skewed(300)}`,
    key: `k${index}`,
    value: '1',
    session_id: `s${skewed(1_000)}`,
    updated_at: sometime(),
  }
}

/** Chains of one to a few versions: index → which key and which version of it. */
function memory(index: number): Row {
  const chain = Math.floor(index / 3)
  const version = (index % 3) + 1
  const latest = version === 3
  const time = sometime()
  const bounded = random() < 0.05
  return {
    ...{ chain: `c${chain}`, namespace: `user:u${chain % 150}:area${chain % 7}`, key: `k${chain}`, version },
    ...{
      type: mostly('semantic', ['episodic', 'procedural'], 0.7),
      value: '"text"',
      is_deleted: latest && random() < 0.05 ? 1 : 0,
    },
    ...{ valid_from: bounded ? time : null, valid_to: null, expires_at: random() < 0.1 ? time + 30 * day : null },
    ...{ recorded_at: time, superseded_at: latest ? null : time + 1, created_at: time },
    ...{
      created_by: mostly('user:alice', ['user:bob', 'agent:scout']),
      updated_by: 'user:alice',
      metadata: '{"source":"chat"}',
    },
  }
}

function documentFolder(index: number): Row {
  const namespace = `project:p${index % 20}`
  return { id: `f${index}`, namespace, root: `/notes/${index}`, identity: `1:${index}`, created_at: sometime() }
}

function document(index: number): Row {
  const folder = skewed(40)
  const failed = random() < 0.01
  return {
    ...{ id: `d${index}`, folder_id: `f${folder}`, namespace: `project:p${folder % 20}`, path: `docs/${index}.md` },
    ...{ title: 'Guide', sha256: 'a'.repeat(64), bytes: 100, chunks: 2, modified_at: sometime(), stamp: '1 2 3 4' },
    ...{ status: failed ? 'failed' : 'synced', error: failed ? 'permission denied' : null },
    ...{ read_at: sometime(), synced_at: sometime(), created_at: sometime() },
  }
}

function documentChunk(index: number): Row {
  const position = Math.floor(index / 2_000)
  return {
    ...{ document_id: `d${index % 2_000}`, position, heading: 'Guide', line_from: 1, line_to: 9, tokens: 99 },
    text: `word${skewed(500)}`,
  }
}

function task(index: number): Row {
  const time = sometime()
  const status = mostly('completed', ['pending', 'blocked', 'ready', 'running', 'failed', 'cancelled'], 0.9)
  return {
    ...{ id: `t${index}`, prompt: 'do it', priority: Math.floor(random() * 11), created_by: 'user:alice', status },
    ...{
      submitted_at: time,
      updated_at: time,
      parent_task_id: index > 0 && random() < 0.2 ? `t${skewed(index)}` : null,
    },
    ...{ run_after: status === 'pending' ? time + day : null, lease_until: status === 'running' ? time + day : null },
    ...{ claimed_by: status === 'running' ? `a${skewed(20)}` : null, ...workOwners() },
    session_id: random() < 0.5 ? `s${skewed(1_000)}` : null,
  }
}

function workOwners(): Row {
  const owner = random() < 0.8 ? { app_id: mostly('support', ['sales', 'ops']), user_id: `u${skewed(200)}` } : {}
  return { app_id: null, user_id: null, project_id: random() < 0.5 ? null : `p${skewed(20)}`, ...owner }
}

function dependency(index: number): Row {
  return { dependent_task_id: `t${index + 1}`, prerequisite_task_id: `t${skewed(index + 1)}`, created_at: sometime() }
}

function agent(index: number): Row {
  const ended = random() < 0.9
  const time = sometime()
  return {
    ...{ id: `a${index}`, name: 'scout', state: ended ? 'terminated' : pick(['idle', 'busy']), spawned_at: time },
    ...{ heartbeat_at: time + 1_000, terminated_at: ended ? populatedAt : null, ...workOwners() },
    ...{ task_id: `t${skewed(1_500)}`, session_id: `s${skewed(1_000)}` },
  }
}

function checkpoint(index: number): Row {
  const session = random() < 0.5 ? `s${skewed(1_000)}` : null
  return {
    task_id: `t${index % 300}`,
    iteration: Math.floor(index / 300),
    base: index < 300 ? null : Math.floor(index / 300) - 1,
    chain: Math.floor(index / 300),
    data: Buffer.from('{}'),
    bytes: 2,
    checksum: 1,
    session_id: session,
    created_at: sometime(),
  }
}

function auditLine(index: number): Row {
  const forbidden = random() < 0.02
  return {
    ...{ timestamp: sometime(), subject: mostly('memory', ['session', 'event', 'store'], 0.7) },
    ...{ operation: mostly('update', ['create', 'delete', 'read'], 0.5), outcome: forbidden ? 'forbidden' : 'ok' },
    ...{
      actor: 'user:alice',
      principal: `{"user":"u${index}"}`,
      namespace: `user:u${skewed(150)}`,
      key: `k${skewed(2_000)}`,
    },
    ...{
      session_id: random() < 0.3 ? `s${skewed(1_000)}` : null,
      task_id: random() < 0.1 ? `t${skewed(1_500)}` : null,
    },
    agent_id: random() < 0.2 ? `a${skewed(20)}` : null,
  }
}

function metric(): Row {
  const owned = random() < 0.8
  return {
    ...{ timestamp: sometime(), name: `metric${skewed(20)}`, value: random() },
    ...{ app_id: owned ? mostly('support', ['sales']) : null, user_id: owned ? `u${skewed(200)}` : null },
  }
}

function histogram(index: number): Row {
  const minute = populatedAt - Math.floor(index / 15) * 60_000
  return { name: `operation${index % 15}`, minute, count: 1, sum: 1, min: 1, max: 1, buckets: '{"1":1}' }
}

function lease(index: number): Row {
  return { name: `lease${index}`, holder: 'process 1', expires_at: populatedAt }
}

function job(index: number): Row {
  return { kind: mostly('embed', ['expire'], 0.95), subject: index, run_after: sometime(), created_at: sometime() }
}

function searchItem(index: number): Row {
  return {
    kind: index % 2 === 0 ? 'memory' : 'event',
    ref: index + 1,
    namespace: 'user:u1',
    type: 'semantic',
    time: sometime(),
    text_version: 1,
  }
}

function searchText(index: number): Row {
  return {
    rowid: index + 1,
    scope: `scope${skewed(150)}`,
    title: `k${index}`,
    body: `word${skewed(500)} and word${skewed(500)}`,
  }
}

function space(index: number): Row {
  const state = (['active', 'filling', 'kept'] as const)[index] ?? 'kept'
  return {
    ...{ name: `ollama/model${index}/8`, provider: 'ollama', model: `model${index}`, dimensions: 8, state },
    ...{ document_prefix: '', query_prefix: '', created_at: sometime(), activated_at: sometime() },
  }
}

/** Most in the active space, some in the others; a few are gone. */
function code(index: number): Row {
  const isGone = random() < 0.02
  return {
    ...{ item: (index % 1_500) + 1, space_id: index < 1_500 ? 1 : 2 + (index % 2) },
    text_hash: isGone ? null : Buffer.alloc(16, skewed(250)),
    code: isGone ? null : Buffer.alloc(1, index % 256),
  }
}

function vector(index: number): Row {
  return { change_seq: index + 1, vector: Buffer.alloc(32) }
}

function embeddingJob(index: number): Row {
  const failed = random() < 0.05
  return {
    ...{ space_id: mostly(2, [1]), item: 1_501 + index, attempts: failed ? 8 : 0 },
    ...{ run_after: failed ? null : mostly(1, [0, populatedAt]), last_error: failed ? 'too long' : null },
  }
}
