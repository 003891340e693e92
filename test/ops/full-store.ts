import Database from 'better-sqlite3'
import type { Cairn } from '../../src/cairn.js'
import type { ExportOptions } from '../../src/index.js'
import { refusal } from '../helpers/refusal.js'
import type { TestStore } from '../store.js'

/** What an export gives, as one text. */
export async function exported(cairn: Cairn, options: ExportOptions = {}): Promise<string> {
  let text = ''
  for await (const line of cairn.export(options)) text += line
  return text
}

/** The records of an exported text, without the first and the last line. */
export function recordsOf(text: string): Record<string, unknown>[] {
  const lines = text.trimEnd().split('\n')
  return lines.slice(1, -1).map((line) => JSON.parse(line))
}

/** A text of the lines given, with its first and its last line as they should be. */
export function fileOf(records: (object | string)[], scope: object = {}): string {
  const lines = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)))
  const header = JSON.stringify({ format: 'cairn', record: 'header', scope, version: 1 })
  return [header, ...lines, JSON.stringify({ record: 'end', lines: lines.length + 1 }), ''].join('\n')
}

/** Something of everything that a store can hold, and of all that makes trouble in a file. */
export async function fill({ cairn, clock, path }: TestStore): Promise<void> {
  const shop = cairn.as({ app: 'shop', user: 'alice', project: 'apollo', grants: ['project:write', 'app:write'] })
  await fillSessions(shop)
  await fillMemories(cairn, shop, clock)
  await refusal(cairn.as({ user: 'mallory' }).memories.get('user:alice', 'tone'), 'forbidden')
  await refusal(cairn.as({ user: 'mallory' }).memories.get('user:alice', 'tone'), 'forbidden')
  await refusal(cairn.as({ user: 'mallory' }).info(), 'forbidden')
  await fillBranches(cairn, shop)
  addWork(path)
  await fillWork(cairn, shop)
}

async function fillSessions(shop: Cairn): Promise<void> {
  const state = { topic: { 10: 'ten', 2: 'two', b: 1, a: null }, 'user:theme': 'dark', 'project:phase': 2 }
  for (const id of ['s-é', 's-😀', 's-\ue000']) await shop.sessions.create({ id, state, metadata: { z: 1, a: [1, 2] } })
  for (let n = 1; n <= 40; n++) {
    const content = { text: `Turn ${n} about harbours`, nested: { b: [{ d: 1, c: 2 }], a: n } }
    const isFinalResponse = n % 10 === 0
    await shop.sessions.appendEvent('s-é', { type: 'message', actor: 'user:alice', content, isFinalResponse })
  }
  await shop.sessions.setState('s-é', 'topic', null)
  await shop.sessions.setState('s-é', 'phase', { b: 1, a: 2 })
  await shop.sessions.terminate('s-😀')
  await shop.sessions.archive('s-😀')
}

async function fillMemories(root: Cairn, shop: Cairn, clock: TestStore['clock']): Promise<void> {
  const odd = JSON.parse('{"__proto__":1,"10":1,"9":2,"ö":"\\u2028","n":1e-7}')
  await shop.memories.add({
    namespace: 'user:alice',
    key: 'tone',
    value: odd,
    type: 'semantic',
    metadata: { b: 1, a: 2 },
  })
  await shop.memories.update('user:alice', 'tone', 'warm', { validFrom: '2025-01-01', validTo: '2025-06-01' })
  await shop.memories.update('user:alice', 'tone', 'cool', { expiresAt: 8_640_000_000_000_000 })
  await shop.memories.delete('user:alice', 'tone')
  await shop.memories.add({ namespace: 'user:alice', key: 'tone', value: 'new life', type: 'procedural' })
  await shop.memories.add({ namespace: 'user:alice:notes', key: '\ue000', value: null, type: 'semantic' })
  await shop.memories.add({ namespace: 'user:alice:notes', key: '😀', value: 'smile', type: 'semantic' })
  await shop.memories
    .add({ namespace: 'user:alice;', key: 'near', value: 'not below alice', type: 'semantic' })
    .catch(() => undefined)
  await root.memories.add({ namespace: 'user:alicebob', key: 'k', value: 'another', type: 'semantic' })
  await root.memories.add({ namespace: 'user:alice;', key: 'k', value: 'another still', type: 'semantic' })
  await root.memories.add({ namespace: 'session:s-é:notes', key: 'k', value: 'of a session', type: 'episodic' })
  // All at one moment, so that lines of the trail are equal in everything but the key, and some in that, too.
  clock.set(clock() + 1000)
  await shop.memories.addMany(
    Array.from({ length: 30 }, (_, n) => ({
      namespace: 'project:apollo',
      key: `k${n}`,
      value: `fact ${n}`,
      type: 'semantic' as const,
    })),
  )
}

async function fillBranches(root: Cairn, { sessions, memories }: Cairn): Promise<void> {
  const message = (text: string) => ({ type: 'message' as const, actor: 'user:alice', content: { text } })
  await sessions.fork('s-é', { id: 'a-fork', atSeq: 10, metadata: { way: 'another' } })
  await sessions.appendEvent('a-fork', { ...message('A different way'), timestamp: new Date(-5) })
  await sessions.setState('a-fork', 'mood', 'calm')
  await sessions.fork('a-fork', { id: '0-fork' })
  // The fork of the fork goes with the event that is taken back, to a session whose name sorts after both.
  await sessions.rewind('a-fork', { toSeq: 11, branchId: 'taken-back' })
  await sessions.appendEvent('a-fork', message('A third way'))
  const [, last] = await sessions.appendEvents('s-\ue000', [message('One'), message('Two')])
  await sessions.applyHistory('s-\ue000', 'op-1', { append: [{ ...message('Three'), eventId: 'three' }] })
  await memories.link('user:alice', 'tone', { event: { session: 's-\ue000', eventId: 'three' } })
  const expected = [last?.event.eventId ?? '', 'three']
  await sessions.applyHistory('s-\ue000', 'op-0', { replaceSuffix: { expected, with: [message('Other')] } })
  await memories.link('user:alice', 'tone', { document: { path: 'a.md', lines: [3, 5] } }, { version: 1 })
  await memories.link('user:alice', 'tone', { memory: { namespace: 'user:alice:notes', key: '😀' } }, { version: 1 })
  await memories.publish({ namespace: 'user:alice', key: 'tone' }, 'project:apollo')
  await root.seed('shop')
}

async function fillWork(root: Cairn, { tasks, agents }: Cairn): Promise<void> {
  await agents.spawn({ id: 'agent-3', name: 'tester', specialization: 'tests' })
  await tasks.submit({ id: 't-4', prompt: 'ship', priority: 9, metadata: { b: 1, a: 2 } })
  await tasks.submit({ id: 't-5', prompt: 'tell', dependsOn: ['t-4'], session: 's-é', input: { a: [1, { b: 2 }] } })
  await tasks.claim({ agentTypes: ['general'] })
  // Large enough to be stored as what changed.
  const notes = Array.from({ length: 200 }, (_, index) => `note ${index} ${'x'.repeat(20)}`)
  for (let iteration = 0; iteration < 20; iteration++) {
    notes[iteration] = `changed in ${iteration}`
    await root.checkpoints.put(
      't-4',
      iteration,
      { notes, z: iteration, a: 1 },
      iteration === 5 ? { session: 's-é' } : {},
    )
  }
  await root.checkpoints.put('t-4', 3, 'put again')
}

/** Rows that the services would write at other times of a task's life, and a trail in which lines say the same. */
function addWork(path: string): void {
  const db = new Database(path)
  try {
    db.exec(`
      insert into tasks (id, prompt, status, input, result, submitted_at, updated_at, created_by, parent_task_id, session_id, app_id, user_id, metadata)
      values ('t-3', 'plan', 'blocked', '{"b":1,"a":2}', null, 1, 2, 'root', null, 's-é', 'shop', 'alice', '{}'),
             ('t-2', 'build', 'completed', '[]', '{"ok":true}', 1, 2, 'root', 't-3', null, null, null, '{"x":1}'),
             ('t-1', 'test', 'running', 'null', null, 1, 2, 'agent:a', 't-2', null, null, null, '{}');
      insert into task_dependencies (dependent_task_id, prerequisite_task_id, created_at, resolved_at)
      values ('t-3', 't-2', 1, 2), ('t-3', 't-1', 1, null), ('t-1', 't-2', 1, 2);
      insert into agents (id, name, state, model, task_id, session_id, resource_usage, spawned_at, terminated_at)
      values ('agent-2', 'scout', 'busy', 'm', 't-1', 's-é', '{"tokens":5,"cpu":0.5}', 3, null),
             ('agent-1', 'old', 'terminated', null, null, null, '{}', 1, 2);
      insert into checkpoints (task_id, iteration, data, bytes, session_id, created_at)
      values ('t-1', 10, cast('{"step":10,"a":[1]}' as blob), 19, null, 5),
             ('t-1', 9, cast('"nine"' as blob), 6, 's-é', 4);
      insert into audit (timestamp, subject, operation, actor, principal, task_id)
      values (5, 'task', 'create', 'root', '{"root":true}', 't-1'), (5, 'task', 'create', 'root', '{"root":true}', 't-1'),
             (5, 'task', 'create', 'root', '{"root":true}', 't-2'), (5, 'task', 'create', 'root', '{"root":true}', 't-1');
    `)
  } finally {
    db.close()
  }
}
