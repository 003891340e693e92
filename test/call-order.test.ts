import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../src/access/principal.js'
import { Cairn } from '../src/cairn.js'
import { documentWork } from '../src/documents/document-work.js'
import { noEmbeddings } from '../src/embeddings/embedding-work.js'
import type { Origin } from '../src/memories/origin.js'
import { OperationTimes } from '../src/observe/operation-times.js'
import { openForeignDatabase } from '../src/storage/sqlite/foreign-database.js'
import { openSqliteStorage } from '../src/storage/sqlite/sqlite-storage.js'
import { everyMethod } from './access/every-method.js'
import { type Outcome, openStore, outcomeOf, type TestStore, withStore } from './store.js'

const owners = { app: 'shop', user: 'alice', project: 'apollo' }
const alice = { ...owners, grants: ['app:write' as const, 'project:write' as const] }
const message = (text: string, stateDelta?: Record<string, unknown>) => ({
  ...{ type: 'message' as const, actor: 'user', content: { text } },
  ...(stateDelta && { stateDelta }),
})

type Call = (at: Cairn) => Promise<unknown>

const namespace = 'user:alice'
const key = fc.constantFrom('k1', 'k2')
const id = fc.constantFrom('s1', 's2')
const value = fc.nat(3)
const version = fc.integer({ min: 1, max: 4 })
const delta = fc.dictionary(
  fc.constantFrom('own', 'user:a', 'user:b', 'user:alice:c', 'app:d', 'project:e'),
  fc.option(value),
)
const branch = fc.constantFrom('s3', 's4')
const seq = fc.nat(3)
const origin: fc.Arbitrary<Origin> = fc.oneof(
  key.map((key) => ({ memory: { namespace, key } })),
  id.map((session) => ({ event: { session, eventId: 'e' } })),
)
const status = fc.constantFrom('active' as const, 'paused' as const)
const options = fc.record({ ifVersion: version }, { requiredKeys: [] })

/** Every way to write to one of two memories, sessions or tasks; each may be refused, as the calls before it have left things. */
const callArbitrary: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(key, value).map(
    ([key, value]): Call =>
      (at) =>
        at.memories.add({ namespace, key, value, type: 'semantic' }),
  ),
  value.map((value): Call => {
    const entries = ['k1', 'k2'].map((key) => ({ namespace, key, value, type: 'semantic' as const }))
    return (at) => at.memories.addMany(entries)
  }),
  fc.tuple(key, value, options).map(
    ([key, value, options]): Call =>
      (at) =>
        at.memories.update(namespace, key, value, options),
  ),
  fc.tuple(key, options).map(
    ([key, options]): Call =>
      (at) =>
        at.memories.delete(namespace, key, options),
  ),
  key.map(
    (key): Call =>
      (at) =>
        at.memories.restore(namespace, key),
  ),
  fc.tuple(key, version).map(
    ([key, version]): Call =>
      (at) =>
        at.memories.rollback(namespace, key, version),
  ),
  fc.tuple(id, delta).map(([id, state]): Call => {
    return (at) => at.sessions.create({ ...owners, id, state })
  }),
  fc.tuple(id, value, delta).map(
    ([id, value, delta]): Call =>
      (at) =>
        at.sessions.appendEvent(id, message(`${value}`, delta)),
  ),
  id.map(
    (id): Call =>
      (at) =>
        at.sessions.appendEvent(id, { ...message('named'), eventId: 'e' }),
  ),
  fc.tuple(id, delta, delta).map(
    ([id, one, two]): Call =>
      (at) =>
        at.sessions.appendEvents(id, [message('one', one), message('two', two)]),
  ),
  fc.tuple(id, value).map(
    ([id, value]): Call =>
      (at) =>
        at.sessions.setState(id, 'user:a', value),
  ),
  fc.tuple(id, status).map(
    ([id, status]): Call =>
      (at) =>
        at.sessions.updateStatus(id, status),
  ),
  id.map(
    (id): Call =>
      (at) =>
        at.sessions.terminate(id),
  ),
  id.map(
    (id): Call =>
      (at) =>
        at.sessions.delete(id),
  ),
  fc.tuple(id, branch, seq).map(
    ([id, newId, atSeq]): Call =>
      (at) =>
        at.sessions.fork(id, { id: newId, atSeq }),
  ),
  fc.tuple(fc.oneof(id, branch), branch, seq).map(
    ([id, branchId, toSeq]): Call =>
      (at) =>
        at.sessions.rewind(id, { toSeq, branchId }),
  ),
  fc.tuple(id, fc.constantFrom('op1', 'op2'), delta).map(
    ([id, operation, delta]): Call =>
      (at) =>
        at.sessions.applyHistory(id, operation, { append: [message('applied', delta)] }),
  ),
  fc.tuple(key, key, options).map(
    ([from, key, options]): Call =>
      (at) =>
        at.memories.publish({ namespace, key: from }, namespace, { key, ...options }),
  ),
  fc.constantFrom('root', 'user:alice').map(
    (by): Call =>
      (at) =>
        at.memories.undo({ by, since: new Date('2020-01-01'), namespace }),
  ),
  fc.tuple(key, origin).map(
    ([key, origin]): Call =>
      (at) =>
        at.memories.link(namespace, key, origin),
  ),
  fc.tuple(key, value, origin).map(
    ([key, value, origin]): Call =>
      (at) =>
        at.memories.update(namespace, key, value, { origins: [origin] }),
  ),
  fc.constant<Call>((at) => at.seed('shop')),
  id.map(
    (id): Call =>
      (at) =>
        at.tasks.submit({ id, prompt: 'work', ...(id === 's1' ? { session: id } : owners) }),
  ),
  fc.tuple(id, version, value).map(
    ([id, iteration, value]): Call =>
      (at) =>
        at.checkpoints.put(id, iteration, value, { session: 's2' }),
  ),
  id.map(
    (id): Call =>
      (at) =>
        at.checkpoints.prune(id, { keep: 1 }),
  ),
  value.map(
    (value): Call =>
      (at) =>
        at.metrics.record('m', value),
  ),
)

async function everything({ cairn }: TestStore): Promise<unknown> {
  const histories = ['k1', 'k2'].map((key) => cairn.memories.history(namespace, key))
  const sessions = (await cairn.sessions.list()).items
  const tasks = (await cairn.tasks.list()).items
  return {
    memories: await Promise.all([...histories, cairn.memories.list()]),
    origins: await Promise.all(['k1', 'k2'].map((key) => outcomeOf(() => cairn.memories.origins(namespace, key)))),
    sessions,
    events: await Promise.all(sessions.map(({ id }) => cairn.sessions.events(id))),
    state: await Promise.all(sessions.map(({ id }) => cairn.sessions.state(id))),
    tasks,
    checkpoints: await Promise.all(tasks.map(({ id }) => cairn.checkpoints.list(id))),
    metrics: await cairn.metrics.query({ name: 'm' }),
    audit: await cairn.audit.list({ limit: 1000 }),
  }
}

type Run = (calls: [Call, boolean][], handles: (asRoot: boolean) => Cairn) => Promise<Outcome[]>

const inOneTurn: Run = (calls, handle) =>
  Promise.all(calls.map(([call, asRoot]) => outcomeOf(() => call(handle(asRoot)))))

const oneByOne: Run = async (calls, handle) => {
  const outcomes: Outcome[] = []
  for (const [call, asRoot] of calls) outcomes.push(await outcomeOf(() => call(handle(asRoot))))
  return outcomes
}

describe('writes that are called in one turn', () => {
  it('do what they do when each waits for the one before', async () => {
    const play = (calls: [Call, boolean][], run: Run) =>
      withStore(async (store) => {
        const handle = store.cairn.as(alice)
        const outcomes = await run(calls, (asRoot) => (asRoot ? store.cairn : handle))
        return { outcomes, everything: await everything(store) }
      })
    const calls = fc.array(fc.tuple(callArbitrary, fc.boolean()), { minLength: 2, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(calls, async (calls) => {
        expect(await play(calls, inOneTurn)).toEqual(await play(calls, oneByOne))
      }),
      { numRuns: 150, interruptAfterTimeLimit: 15_000 },
    )
  }, 60_000)

  it.each([false, true])('happen in the order of the calls, with threads: %j', async (threads) => {
    const { cairn } = await openStore({ threads })
    const { sessions, memories } = cairn.as(alice)
    await memories.add({ namespace, key: 'k', value: 1, type: 'semantic' })
    const [updated, deleted] = await Promise.all([memories.update(namespace, 'k', 2), memories.delete(namespace, 'k')])
    expect([updated.version, deleted]).toEqual([2, true])

    const created = sessions.create({ id: 's' })
    const first = sessions.appendEvent('s', message('first', { 'user:a': 1, 'user:b': 1, 'user:c': 1 }))
    const second = sessions.appendEvent('s', message('second'))
    const [, one, two] = await Promise.all([created, first, second, sessions.terminate('s')])
    expect([one.event.seq, two.event.seq]).toEqual([1, 2])
    expect((await sessions.get('s'))?.status).toBe('terminated')
  })
})

describe('a write', () => {
  const reads = [
    'get',
    'list',
    'history',
    'origins',
    'event',
    'children',
    'tree',
    'namespaces',
    'events',
    'state',
    'lexical',
    'info',
    'points',
    'buckets',
    'names',
  ]
  const writes = Object.entries(everyMethod).filter(([, { kind }]) => kind === 'write')
  // Closing is no write of a service, `next` and `work` go on asking until there is a task, and imports and syncs are many
  // writes, which come when files have been read
  // or a model has answered.
  const whole = ['import', 'importForeign', 'documents.sync', 'documents.watch', 'embeddings.migrate', 'embeddings.run']
  const others = ['close', String(Symbol.asyncDispose), 'tasks.next', 'tasks.work', ...whole]

  it.each(writes.filter(([name]) => !others.includes(name)))(
    'reaches the store before its call returns: %s',
    async (name, { calls }) => {
      const { cairn, called } = await openRecorded()
      const handle = name === 'sessions.create' ? cairn.as(alice) : cairn
      await cairn.sessions.create({ id: 's1', ...owners })
      for (const call of calls) {
        called.length = 0
        const answer = outcomeOf(() => call(handle, { namespace, key: 'k1', session: 's1', task: 't1', agent: 'a1' }))
        expect(called).toHaveLength(1)
        expect(called[0]).not.toBe('audit.record')
        expect(reads).not.toContain(called[0]?.split('.').at(-1))
        await answer
        expect(called).toHaveLength(1)
      }
    },
  )
})

/** A store whose root handle tells which methods of the store it has called. */
async function openRecorded(): Promise<{ cairn: Cairn; called: string[] }> {
  const { cairn, path, clock } = await openStore()
  await cairn.close()
  const settings = { path, create: false, threads: false, durability: 'off' as const, busyTimeoutMs: 0, maxPages: 0 }
  const called: string[] = []
  const storage = recorded(await openSqliteStorage(settings), called)
  onTestFinished(() => storage.close())
  const limits = { valueBytes: 1e6, checkpointBytes: 1e6, documents: documentWork({ maxBytes: 1e6, threads: false }) }
  const parts = { now: clock, newId: () => `${Math.random()}`, auditReads: 'off' as const, times: new OperationTimes() }
  const opened = new Cairn({
    storage,
    caller: root,
    openDatabase: openForeignDatabase,
    embeddings: noEmbeddings,
    ...limits,
    ...parts,
  })
  return { cairn: opened, called }
}

function recorded<Store extends object>(store: Store, called: string[], path = ''): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member === 'object' && member !== null) return recorded(member, called, `${path}${String(name)}.`)
      if (typeof member !== 'function') return member
      return (...input: unknown[]) => {
        called.push(`${path}${String(name)}`)
        return Reflect.apply(member, target, input)
      }
    },
  })
}
