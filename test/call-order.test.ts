import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../src/access/principal.js'
import { Cairn } from '../src/cairn.js'
import { openSqliteStorage } from '../src/storage/sqlite/sqlite-storage.js'
import { everyMethod } from './access/every-method.js'
import { type Outcome, openStore, outcomeOf, type TestStore, withStore } from './store.js'

const alice = {
  app: 'shop',
  user: 'alice',
  project: 'apollo',
  grants: ['app:write' as const, 'project:write' as const],
}
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
const status = fc.constantFrom('active' as const, 'paused' as const)
const options = fc.record({ ifVersion: version }, { requiredKeys: [] })

/** Every way to write to one of two memories or sessions; each may be refused, as the calls before it have left things. */
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
    const { app, user, project } = alice
    return (at) => at.sessions.create({ app, user, project, id, state })
  }),
  fc.tuple(id, value, delta).map(
    ([id, value, delta]): Call =>
      (at) =>
        at.sessions.appendEvent(id, message(`${value}`, delta)),
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
)

async function everything({ cairn }: TestStore): Promise<unknown> {
  const histories = ['k1', 'k2'].map((key) => cairn.memories.history(namespace, key))
  const sessions = (await cairn.sessions.list()).items
  return {
    memories: await Promise.all([...histories, cairn.memories.list()]),
    sessions,
    events: await Promise.all(sessions.map(({ id }) => cairn.sessions.events(id))),
    state: await Promise.all(sessions.map(({ id }) => cairn.sessions.state(id))),
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
  const reads = ['get', 'list', 'history', 'namespaces', 'events', 'state', 'lexical', 'info', 'record']
  const writes = Object.entries(everyMethod).filter(([, { kind }]) => kind === 'write')
  // Closing is no write of a service, and `next` and `work` go on asking until there is a task.
  const others = ['close', String(Symbol.asyncDispose), 'tasks.next', 'tasks.work']

  it.each(writes.filter(([name]) => !others.includes(name)))(
    'reaches the store before its call returns: %s',
    async (name, { calls }) => {
      const { cairn, called } = await openRecorded()
      const handle = name === 'sessions.create' ? cairn.as(alice) : cairn
      const { app, user, project } = alice
      await cairn.sessions.create({ id: 's1', app, user, project })
      for (const call of calls) {
        called.length = 0
        const answer = outcomeOf(() => call(handle, { namespace, key: 'k1', session: 's1', task: 't1', agent: 'a1' }))
        expect(called).toHaveLength(1)
        expect(reads).not.toContain(called[0])
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
  const parts = { now: clock, newId: () => `${Math.random()}`, auditReads: 'off' as const, valueBytes: 1e6 }
  return { cairn: new Cairn({ storage, caller: root, ...parts }), called }
}

function recorded<Store extends object>(store: Store, called: string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member === 'object' && member !== null) return recorded(member, called)
      if (typeof member !== 'function') return member
      return (...input: unknown[]) => {
        called.push(String(name))
        return Reflect.apply(member, target, input)
      }
    },
  })
}
