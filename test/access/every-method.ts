import type { Cairn } from '../../src/cairn.js'
import { encodeCursor } from '../../src/page.js'

/** A memory, a session, a task and an agent for a call to be about: there or not, the caller's or another's. */
export interface Target {
  namespace: string
  key: string
  session: string
  task: string
  agent: string
}

type Call = (handle: Cairn, target: Target) => Promise<unknown>

export interface Method {
  /** What the rights are asked for: a memory's namespace, a session, a task, an agent, or nothing in particular. */
  about: 'memory' | 'session' | 'task' | 'agent' | 'store'
  kind: 'read' | 'write'
  calls: Call[]
}

const read = (about: Method['about'], ...calls: Call[]): Method => ({ about, kind: 'read', calls })
const write = (about: Method['about'], ...calls: Call[]): Method => ({ about, kind: 'write', calls })

const message = { type: 'message' as const, actor: 'user', content: { text: 'an intruder was here' } }
const epoch = new Date(0)
const soon = '2026-01-01T00:00:00.015Z'

/**
 * Every public method of every service, in all the ways that the isolation properties try. The last test of
 * isolation.test.ts fails when a method is missing here.
 */
export const everyMethod: Record<string, Method> = {
  'memories.get': read(
    'memory',
    (at, { namespace, key }) => at.memories.get(namespace, key),
    (at, { namespace, key }) => at.memories.get(namespace, key, { version: 1 }),
    (at, { namespace, key }) => at.memories.get(namespace, key, { knownAt: soon }),
    (at, { namespace, key }) => at.memories.get(namespace, key, { validAt: epoch }),
  ),
  'memories.list': read(
    'memory',
    (at, { namespace }) => at.memories.list({ namespace, limit: 1000 }),
    (at, { namespace }) => at.memories.list({ namespace, order: 'newest' }),
    (at, { namespace }) => at.memories.list({ namespace, deleted: true }),
    (at, { namespace }) => at.memories.list({ namespace, knownAt: soon, type: 'semantic' }),
    (at, { namespace }) => at.memories.list({ namespace, validAt: epoch, createdBy: 'root' }),
  ),
  'memories.history': read('memory', (at, { namespace, key }) => at.memories.history(namespace, key)),
  'memories.namespaces': read('memory', (at, { namespace }) => at.memories.namespaces({ within: namespace })),
  'memories.add': write(
    'memory',
    (at, { namespace, key }) => at.memories.add({ namespace, key, value: 'intruder', type: 'semantic' }),
    (at, { namespace }) => at.memories.add({ namespace, value: 'intruder', type: 'episodic' }),
  ),
  'memories.addMany': write('memory', (at, { namespace, key }) =>
    at.memories.addMany([
      { namespace, key: 'intruder', value: 'intruder', type: 'semantic' },
      { namespace, key, value: 'intruder', type: 'semantic' },
    ]),
  ),
  'memories.update': write(
    'memory',
    (at, { namespace, key }) => at.memories.update(namespace, key, 'intruder', { metadata: {} }),
    (at, { namespace, key }) => at.memories.update(namespace, key, 'intruder', { ifVersion: 1 }),
  ),
  'memories.rollback': write(
    'memory',
    (at, { namespace, key }) => at.memories.rollback(namespace, key, 1),
    (at, { namespace, key }) => at.memories.rollback(namespace, key, 1, { validFrom: null }),
  ),
  'memories.delete': write(
    'memory',
    (at, { namespace, key }) => at.memories.delete(namespace, key, { ifVersion: 1 }),
    (at, { namespace, key }) => at.memories.delete(namespace, key),
  ),
  'memories.restore': write(
    'memory',
    (at, { namespace, key }) => at.memories.restore(namespace, key, { version: 1 }),
    (at, { namespace, key }) => at.memories.restore(namespace, key),
  ),
  'memories.diff': read(
    'memory',
    (at, { namespace, key }) => at.memories.diff(namespace, key),
    (at, { namespace, key }) => at.memories.diff(namespace, key, { from: 1, to: 1 }),
  ),
  'memories.diffNamespace': read(
    'memory',
    (at, { namespace }) => at.memories.diffNamespace(namespace, { from: epoch }),
    (at, { namespace }) => at.memories.diffNamespace(namespace, { from: epoch, to: soon, clock: 'validAt' }),
  ),
  'memories.undo': write(
    'memory',
    (at, { namespace }) => at.memories.undo({ by: 'root', since: epoch, namespace, dryRun: true }),
    (at, { namespace }) => at.memories.undo({ by: 'root', since: soon, namespace }),
    (at, { namespace }) => at.memories.undo({ by: 'root', since: epoch, namespace }),
  ),
  'memories.publish': write(
    'memory',
    (at, { namespace, key }) => at.memories.publish({ namespace, key }, 'user:alice:published'),
    (at, { namespace, key }) => at.memories.publish({ namespace, key }, namespace, { key: 'published' }),
    (at, { namespace, key }) => at.memories.publish({ namespace: 'app:shop', key: 'none' }, namespace, { key }),
  ),
  'memories.lookup': read(
    'memory',
    (at, { key, session }) => at.memories.lookup(key, { session }),
    (at, { namespace, key }) => at.memories.lookup(key, { within: namespace.split(':').slice(2).join(':') || 'prefs' }),
  ),
  'memories.link': write(
    'memory',
    (at, { namespace, key }) => at.memories.link(namespace, key, { document: { path: 'intruder.md' } }),
    (at, { namespace, key, session }) => at.memories.link(namespace, key, { event: { session, eventId: key } }),
    (at, { namespace, key }) => at.memories.link(namespace, key, { memory: { namespace, key } }, { version: 1 }),
  ),
  'memories.origins': read(
    'memory',
    (at, { namespace, key }) => at.memories.origins(namespace, key),
    (at, { namespace, key }) => at.memories.origins(namespace, key, { version: 1 }),
  ),
  'memories.fromOrigin': read(
    'memory',
    (at, { namespace, key }) => at.memories.fromOrigin({ memory: { namespace, key } }),
    (at, { namespace, key }) => at.memories.fromOrigin({ memory: { namespace, key, version: 1 } }),
  ),
  'memories.cleanupExpired': write('store', (at) => at.memories.cleanupExpired({ ttlDays: 0 })),
  'audit.list': read(
    'memory',
    (at, { namespace }) => at.audit.list({ namespace }),
    (at, { namespace, key }) => at.audit.list({ namespace, key }),
    (at, { session }) => at.audit.list({ session }),
    (at, { namespace, session }) => at.audit.list({ namespace, session }),
  ),
  'sessions.get': read('session', (at, { session }) => at.sessions.get(session)),
  'sessions.events': read(
    'session',
    (at, { session }) => at.sessions.events(session),
    (at, { session }) => at.sessions.events(session, { order: 'desc', limit: 1 }),
  ),
  'sessions.getState': read(
    'session',
    (at, { session }) => at.sessions.getState(session, 'theme'),
    (at, { session }) => at.sessions.getState(session, 'user:theme'),
    (at, { session }) => at.sessions.getState(session, 'app:theme'),
    (at, { session }) => at.sessions.getState(session, 'project:theme'),
    (at, { session }) => at.sessions.getState(session, `session:${session}:theme`),
  ),
  'sessions.state': read('session', (at, { session }) => at.sessions.state(session)),
  'sessions.appendEvent': write(
    'session',
    (at, { session }) => at.sessions.appendEvent(session, message),
    (at, { session }) => at.sessions.appendEvent(session, message, { expectedSeq: 0 }),
    (at, { session }) => at.sessions.appendEvent(session, { ...message, stateDelta: { 'app:theme': 'intruder' } }),
    (at, { session }) => at.sessions.appendEvent(session, { ...message, stateDelta: { 'project:theme': 'intruder' } }),
  ),
  'sessions.appendEvents': write('session', (at, { session }) => at.sessions.appendEvents(session, [message, message])),
  'sessions.setState': write(
    'session',
    (at, { session }) => at.sessions.setState(session, 'theme', 'intruder'),
    (at, { session }) => at.sessions.setState(session, 'user:theme', 'intruder'),
    (at, { session }) => at.sessions.setState(session, 'app:theme', null),
    (at, { session }) => at.sessions.setState(session, 'project:theme', null),
  ),
  'sessions.updateStatus': write('session', (at, { session }) => at.sessions.updateStatus(session, 'paused')),
  'sessions.terminate': write('session', (at, { session }) => at.sessions.terminate(session)),
  'sessions.archive': write('session', (at, { session }) => at.sessions.archive(session)),
  'sessions.delete': write('session', (at, { session }) => at.sessions.delete(session)),
  'sessions.fork': write(
    'session',
    (at, { session }) => at.sessions.fork(session, { atSeq: 1 }),
    (at, { session }) => at.sessions.fork(session),
  ),
  'sessions.rewind': write(
    'session',
    (at, { session }) => at.sessions.rewind(session, { toSeq: 2 }),
    (at, { session }) => at.sessions.rewind(session, { toSeq: 0, expectedSeq: 99 }),
  ),
  'sessions.applyHistory': write(
    'session',
    (at, { session }) => at.sessions.applyHistory(session, 'op', { append: [message] }),
    (at, { session }) => at.sessions.applyHistory(session, 'op2', { replaceSuffix: { expected: [], with: [message] } }),
  ),
  'sessions.children': read('session', (at, { session }) => at.sessions.children(session)),
  'sessions.tree': read('session', (at, { session }) => at.sessions.tree(session)),
  'sessions.list': read(
    'store',
    (at) => at.sessions.list(),
    (at) => at.sessions.list({ project: 'apollo' }),
    (at) => at.sessions.list({ app: 'shop', user: 'alice' }),
    (at) => at.sessions.list({ cursor: encodeCursor([Number.MAX_SAFE_INTEGER, 'z']) }),
  ),
  'sessions.listActive': read(
    'store',
    (at) => at.sessions.listActive(),
    (at) => at.sessions.listActive({ user: 'alice' }),
  ),
  'sessions.create': write(
    'store',
    (at) => at.sessions.create({ app: 'shop', user: 'alice' }),
    (at) => at.sessions.create({ project: 'apollo', state: { 'project:theme': 'intruder', 'app:theme': 'intruder' } }),
    (at) => at.sessions.create({ state: { 'user:theme': 'intruder' } }),
  ),
  'tasks.submit': write(
    'task',
    (at, { task }) => at.tasks.submit({ prompt: 'intruder', parent: task }),
    (at, { task }) => at.tasks.submit({ prompt: 'intruder', dependsOn: [task] }),
  ),
  'tasks.submitMany': write('session', (at, { session }) =>
    at.tasks.submitMany([
      { prompt: 'intruder', app: 'shop', user: 'alice' },
      { prompt: 'intruder', session },
    ]),
  ),
  'tasks.claim': write(
    'store',
    (at) => at.tasks.claim(),
    (at) => at.tasks.claim({ project: 'apollo', agentTypes: ['general', 'other'] }),
    (at) => at.tasks.claim({ session: 's0', agent: 'intruder' }),
  ),
  'tasks.next': write('store', (at) => at.tasks.next({ waitMs: 0 })),
  'tasks.work': write('store', (at) => at.tasks.work(() => 'intruder', { waitMs: 0 })),
  'tasks.heartbeat': write('task', (at, { task }) => at.tasks.heartbeat({ id: task, attempt: 1 })),
  'tasks.complete': write(
    'task',
    (at, { task }) => at.tasks.complete({ id: task, attempt: 0 }),
    (at, { task }) => at.tasks.complete({ id: task, attempt: 1 }, 'intruder'),
  ),
  'tasks.fail': write('task', (at, { task }) => at.tasks.fail({ id: task, attempt: 1 }, 'intruder')),
  'tasks.release': write('task', (at, { task }) => at.tasks.release({ id: task, attempt: 1 })),
  'tasks.cancel': write('task', (at, { task }) => at.tasks.cancel(task, { force: true, cascade: true })),
  'tasks.retry': write('task', (at, { task }) => at.tasks.retry(task)),
  'tasks.get': read('task', (at, { task }) => at.tasks.get(task)),
  'tasks.list': read(
    'store',
    (at) => at.tasks.list({ limit: 1000 }),
    (at) => at.tasks.list({ project: 'apollo' }),
    (at) => at.tasks.list({ order: 'queue' }),
    (at) => at.tasks.list({ session: 's0' }),
    (at) => at.tasks.list({ parent: 'task0', cursor: encodeCursor([Number.MAX_SAFE_INTEGER, 'z']) }),
  ),
  'tasks.children': read('task', (at, { task }) => at.tasks.children(task)),
  'tasks.dependencies': read('task', (at, { task }) => at.tasks.dependencies(task)),
  'tasks.deadLetters': read('store', (at) => at.tasks.deadLetters()),
  'tasks.reprocess': write(
    'store',
    (at) => at.tasks.reprocess({ project: 'apollo' }),
    (at) => at.tasks.reprocess(['task0', 'task1', 'task2']),
  ),
  'agents.spawn': write(
    'task',
    (at, { task }) => at.agents.spawn({ name: 'intruder', task }),
    (at, { task }) => at.agents.spawn({ name: 'intruder', task, app: 'shop', user: 'alice' }),
  ),
  'agents.get': read('agent', (at, { agent }) => at.agents.get(agent)),
  'agents.list': read(
    'store',
    (at) => at.agents.list({ limit: 1000 }),
    (at) => at.agents.list({ task: 'task0' }),
    (at) => at.agents.list({ state: 'spawning' }),
    (at) => at.agents.list({ project: 'apollo', cursor: encodeCursor([Number.MAX_SAFE_INTEGER, 'z']) }),
  ),
  'agents.heartbeat': write('agent', (at, { agent }) => at.agents.heartbeat(agent, { resourceUsage: { intruder: 1 } })),
  'agents.setState': write('agent', (at, { agent }) => at.agents.setState(agent, 'busy')),
  'agents.silent': read('store', (at) => at.agents.silent({ seconds: 0 })),
  'agents.terminate': write('agent', (at, { agent }) => at.agents.terminate(agent)),
  'agents.releaseSilent': write('store', (at) => at.agents.releaseSilent({ seconds: 0 })),
  'checkpoints.get': read('task', (at, { task }) => at.checkpoints.get(task, 1)),
  'checkpoints.latest': read('task', (at, { task }) => at.checkpoints.latest(task)),
  'checkpoints.list': read(
    'task',
    (at, { task }) => at.checkpoints.list(task),
    (at, { task }) => at.checkpoints.list(task, { limit: 1, cursor: encodeCursor([9e15]) }),
  ),
  'checkpoints.put': write(
    'task',
    (at, { task }) => at.checkpoints.put(task, 1, 'an intruder was here'),
    (at, { task }) => at.checkpoints.put(task, 7, 'an intruder was here'),
    (at, { task, session }) => at.checkpoints.put(task, 7, 'an intruder was here', { session }),
  ),
  'checkpoints.prune': write(
    'task',
    (at, { task }) => at.checkpoints.prune(task, { keep: 1, dryRun: true }),
    (at, { task }) => at.checkpoints.prune(task, { keep: 1 }),
  ),
  'metrics.record': write('store', (at) => at.metrics.record('latency', 7, { intruder: true })),
  'metrics.recordMany': write('store', (at) => at.metrics.recordMany([{ name: 'latency', value: 7 }])),
  'metrics.query': read(
    'store',
    (at) => at.metrics.query({ name: 'latency' }),
    (at) => at.metrics.query({ name: 'latency', bucketSeconds: 60 }),
    (at) => at.metrics.query({ name: 'latency', cursor: encodeCursor([9e15, 9e15]), limit: 1000 }),
  ),
  'metrics.names': read('store', (at) => at.metrics.names()),
  'metrics.operations': read('store', (at) => at.metrics.operations()),
  'embeddings.check': read('store', (at) => at.embeddings.check()),
  'embeddings.status': read(
    'store',
    (at) => at.embeddings.status(),
    (at) => at.embeddings.status({ ask: true }),
  ),
  'embeddings.migrate': write('store', (at) => at.embeddings.migrate()),
  'embeddings.rollback': write('store', (at) => at.embeddings.rollback('custom/none/8')),
  'embeddings.drop': write('store', (at) => at.embeddings.drop('custom/none/8')),
  'embeddings.retry': write('store', (at) => at.embeddings.retry('custom/none/8')),
  'embeddings.run': write('store', (at) => at.embeddings.run()),
  'documents.get': read(
    'memory',
    (at, { namespace, key }) => at.documents.get(`${key}.md`, { namespace }),
    (at, { namespace, key }) => at.documents.get(`/nowhere/${key}.md`, { namespace }),
  ),
  'documents.list': read(
    'memory',
    (at, { namespace }) => at.documents.list({ namespace, limit: 1000 }),
    (at, { namespace }) => at.documents.list({ namespace, failed: true, cursor: encodeCursor(['app', '', '']) }),
  ),
  'documents.status': read('memory', (at, { namespace }) => at.documents.status({ namespace })),
  'documents.sync': write('memory', (at, { namespace }) => at.documents.sync('test/access/intruder', { namespace })),
  'documents.watch': write('memory', async (at, { namespace }) => {
    const watcher = await at.documents.watch('test/access/intruder', { namespace })
    await watcher.close()
  }),
  'documents.remove': write(
    'memory',
    (at, { namespace, key }) => at.documents.remove(`${key}.md`, { namespace }),
    (at, { namespace, key }) => at.documents.remove(`/nowhere/${key}.md`, { namespace }),
  ),
  search: read(
    'memory',
    (at, { namespace }) => at.search('harbour', { namespaces: [namespace] }),
    (at, { namespace }) => at.search('harbour', { namespaces: [namespace], kinds: ['memory'], knownAt: soon }),
    (at, { namespace }) => at.search('harbour', { namespaces: [namespace], kinds: ['document', 'event'] }),
    (at, { session }) => at.search('harbour', { session }),
    (at, { session }) => at.search('harbour', { session, kinds: ['event'], knownAt: new Date('2027-01-01') }),
    (at, { session }) => at.search('harbour', { session, kinds: ['memory'], types: ['semantic'] }),
    (at, { namespace }) => at.search('harbour', { namespaces: [namespace], detail: 'full', explain: true }),
    (at, { session }) => at.search('harbour', { session, from: epoch, threshold: 0.1, duplicates: true }),
  ),
  semanticSearch: read('memory', (at, { namespace }) => at.semanticSearch('harbour', { namespaces: [namespace] })),
  hybridSearch: read('memory', (at, { namespace }) => at.hybridSearch('harbour', { namespaces: [namespace] })),
  similar: read('memory', (at, { namespace, key }) =>
    at.similar({ kind: 'memory', ref: { namespace, key, version: 1 } }, { namespaces: [namespace], detail: 'full' }),
  ),
  as: read('store', async (at) => at.as({ user: 'alice', app: 'shop' }).sessions.list()),
  importForeign: write('store', (at) => at.importForeign('/nowhere', { from: 'mem0', user: 'alice' })),
  context: read(
    'session',
    (at, { session }) => at.context({ session }),
    (at, { session }) => at.context({ session, query: 'harbour', budgetTokens: 20_000 }),
    (at, { session, task }) => at.context({ session, task }),
    (at, { task }) => at.context({ task }),
    (at) => at.context({ query: 'harbour' }),
  ),
  export: read(
    'store',
    (at) => at.export().next(),
    (at, { namespace }) => at.export({ namespace }).next(),
    (at, { session }) => at.export({ session }).next(),
  ),
  import: write(
    'store',
    (at) => at.import([]),
    (at) => at.import('/nowhere', { dryRun: true }),
  ),
  seed: write('store', (at) => at.seed('shop')),
  info: read('store', (at) => at.info()),
  close: write('store', (at) => at.close()),
  // Node has named this symbol in two ways.
  [String(Symbol.asyncDispose)]: write('store', (at) => at[Symbol.asyncDispose]()),
}

/** Reads of all that a caller has, which name nothing; the property compares what they answer with what it should be. */
export const unboundReads: ((handle: Cairn) => Promise<unknown>)[] = [
  (at) => at.memories.list({ limit: 1000 }),
  (at) => at.memories.list({ order: 'newest', limit: 1000 }),
  (at) => at.memories.list({ order: 'newest', createdBy: 'root', cursor: encodeCursor([9e15, 9e15]) }),
  (at) => at.memories.list({ deleted: true, order: 'newest' }),
  (at) => at.memories.list({ knownAt: soon, limit: 1000 }),
  (at) => at.memories.list({ validAt: epoch, cursor: encodeCursor(['user:alice', '']) }),
  (at) => at.memories.namespaces(),
  (at) => at.memories.namespaces({ cursor: encodeCursor(['app']) }),
  (at) => at.search('harbour', { limit: 100 }),
  async (at) => {
    const { items } = await at.sessions.list()
    return Promise.all(
      items.map(({ id }) => at.similar({ kind: 'event', ref: { session: id, seq: 1 } }, { limit: 100 })),
    )
  },
  (at) => at.search('harbour', { limit: 100, detail: 'full', explain: true, duplicates: true }),
  (at) => at.search('harbour', { knownAt: soon, limit: 100 }),
  (at) => at.search('harbour', { knownAt: new Date('2027-01-01'), limit: 100 }),
  (at) => at.search('harbour', { types: ['semantic', 'message'], validAt: epoch }),
  (at) => at.context({ query: 'harbour', budgetTokens: 20_000 }),
  (at) => at.context(),
  (at) => at.memories.undo({ by: 'root', since: epoch, dryRun: true }),
  (at) => at.memories.undo({ by: 'nobody', since: epoch }),
  (at) => at.memories.lookup('tone'),
  (at) => at.memories.fromOrigin({ document: { path: 'notes.md' } }),
  (at) => at.documents.list({ limit: 1000 }),
  (at) => at.documents.list({ failed: true, cursor: encodeCursor(['', '', '']) }),
  (at) => at.documents.status(),
  (at) => at.search('harbour', { kinds: ['document'], limit: 100 }),
  (at) => at.audit.list({ limit: 1000 }),
  (at) => at.audit.list({ outcome: 'forbidden', cursor: encodeCursor([9e15, 9e15]) }),
]

/** The names of all public methods that can be reached from a handle, as `everyMethod` writes them. */
export function publicMethods(handle: Cairn): string[] {
  const services = Object.entries(handle).filter(([, service]) => typeof service === 'object' && service !== null)
  const methods = services.flatMap(([name, service]) => methodsOf(service).map((method) => `${name}.${method}`))
  return [...methodsOf(handle), ...methods].sort()
}

/** Those of its class and of the classes that this one extends. */
function methodsOf(instance: object): string[] {
  const prototype: object = Object.getPrototypeOf(instance)
  if (prototype === Object.prototype) return []
  const own = Reflect.ownKeys(prototype).flatMap((name) => (name === 'constructor' ? [] : [String(name)]))
  return [...own, ...methodsOf(prototype)]
}
