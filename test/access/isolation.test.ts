import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Principal } from '../../src/access/principal.js'
import type { Cairn } from '../../src/cairn.js'
import { CairnError } from '../../src/errors.js'
import type { OpenOptions } from '../../src/open.js'
import { fakeEmbedder } from '../embeddings/fake-embedder.js'
import { type Outcome, openStore, outcomeOf, type TestStore, withStore } from '../store.js'
import { everyMethod, type Method, publicMethods, type Target, unboundReads } from './every-method.js'
import {
  canariesIn,
  dumpOutside,
  mayMeet,
  oracle,
  owns,
  ownsWork,
  type Planted,
  plant,
  principalArbitrary,
  worldArbitrary,
} from './world.js'

/** Runs of each property; on a slow machine fewer, but never without a result. */
const limits = { numRuns: 30, interruptAfterTimeLimit: 20_000 }
const missing = {
  ...{ key: 'nothing-is-here', part: 'nowhere', session: 'missing-session' },
  ...{ task: 'missing-task', agent: 'missing-agent' },
}

/** Every session, and as many of the memories; what is planted is in no order, so any of them will do. */
function targetsOf(planted: Planted): Target[] {
  return Array.from({ length: Math.max(3, planted.sessions.length, planted.work.length) }, (_, index) => {
    const { namespace = '', key = '' } = planted.memories[index % planted.memories.length] ?? {}
    const session = planted.sessions[index % planted.sessions.length]?.id ?? ''
    const { task = '', agent = '' } = planted.work[index % planted.work.length] ?? {}
    return { namespace, key, session, task, agent }
  })
}

/** One world for several principals: planting costs more than asking. */
function forAnyPrincipals(
  test: (store: TestStore, planted: Planted, principal: Principal, handle: Cairn) => Promise<void>,
  options: OpenOptions = {},
): Promise<void> {
  const property = fc.asyncProperty(
    worldArbitrary,
    fc.array(principalArbitrary, { minLength: 1, maxLength: 2 }),
    (world, principals) =>
      withStore(async (store) => {
        const planted = await plant(store, world)
        for (const principal of principals) await test(store, planted, principal, store.cairn.as(principal))
      }, options),
  )
  return fc.assert(property, limits)
}

describe('whatever a principal asks', () => {
  it('no read returns anything that it may not read', async () => {
    await forAnyPrincipals(async (_store, planted, principal, handle) => {
      const reads = Object.entries(everyMethod).filter(([, method]) => method.kind === 'read')
      for (const target of targetsOf(planted)) {
        for (const [name, { calls }] of reads) {
          for (const call of calls) expectOwn(name, planted, principal, await outcomeOf(() => call(handle, target)))
        }
      }
      for (const call of unboundReads) {
        expectOwn(String(call), planted, principal, await outcomeOf(() => call(handle)))
      }
    })
  }, 60_000)

  it('lists and searches answer with exactly what it may read', async () => {
    const withVectors = { embedder: fakeEmbedder(), background: false }
    await forAnyPrincipals(async ({ cairn: root }, _planted, principal, handle) => {
      await root.embeddings.migrate()
      await root.embeddings.run()
      const readable = ({ namespace }: { namespace: string | null }) =>
        namespace !== null && oracle(principal, 'read', namespace)
      const both = [root, handle] as const

      const [lists, listed] = await Promise.all(both.map((at) => at.memories.list({ limit: 1000 })))
      expect(listed?.items).toEqual(lists?.items.filter(readable))
      const [tombs, deleted] = await Promise.all(both.map((at) => at.memories.list({ deleted: true, limit: 1000 })))
      expect(deleted?.items).toEqual(tombs?.items.filter(readable))
      const [counts, counted] = await Promise.all(both.map((at) => at.memories.namespaces()))
      expect(counted?.items).toEqual(counts?.items.filter(readable))
      const [trails, trail] = await Promise.all(both.map((at) => at.audit.list({ limit: 1000 })))
      expect(trail?.items).toEqual(trails?.items.filter(readable))
      const [threads, owned] = await Promise.all(both.map((at) => at.sessions.list()))
      expect(owned?.items).toEqual(threads?.items.filter((session) => owns(principal, session)))
      const [tasks, seenTasks] = await Promise.all(both.map((at) => at.tasks.list()))
      expect(seenTasks?.items).toEqual(tasks?.items.filter((task) => ownsWork(principal, task, 'read')))
      const [agents, seenAgents] = await Promise.all(both.map((at) => at.agents.list()))
      expect(seenAgents?.items).toEqual(agents?.items.filter((agent) => ownsWork(principal, agent, 'read')))

      const [documents, seen] = await Promise.all(both.map((at) => at.documents.list({ limit: 1000 })))
      expect(seen?.items).toEqual(documents?.items.filter(readable))
      const [folders, shown] = await Promise.all(both.map((at) => at.documents.status()))
      expect(shown?.items).toEqual(folders?.items.filter(readable))

      const [points, own] = await Promise.all(both.map((at) => at.metrics.query({ name: 'latency' })))
      const mine = points?.items.filter(({ app, user }) => owns(principal, { app: app ?? '', user: user ?? '' }))
      expect(own?.items).toEqual(mine)

      const sessions = new Map(threads?.items.map((session) => [session.id, session]))
      for (const mode of ['lexical', 'semantic', 'hybrid'] as const) {
        const [all, found] = await Promise.all(both.map((at) => at.search('harbour', { limit: 100, mode })))
        const wanted = all?.hits.filter((hit) => {
          if (hit.kind !== 'event') return readable(hit.ref)
          const session = sessions.get(hit.ref.session)
          return session !== undefined && owns(principal, session)
        })
        const refs = (hits: unknown[] | undefined) => hits?.map((hit) => JSON.stringify(hit)).sort()
        expect(refs(found?.hits.map(({ ref }) => ref))).toEqual(refs(wanted?.map(({ ref }) => ref)))
      }
    }, withVectors)
  }, 60_000)

  it.each([
    ['words', {}],
    ['words and vectors', { embedder: fakeEmbedder(), background: false }],
  ])(
    'no answer of a search by %s changes with what others keep, scores included',
    async (_name, options) => {
      await forAnyPrincipals(async (store, _planted, _principal, handle) => {
        const { cairn: root } = store
        if ('embedder' in options) await root.embeddings.migrate()
        const questions = ['harbour', 'the harbour note', 'note canary1x', 'stranger', 'harbuor', 'nota of a strangr']
        const times = [{}, { knownAt: new Date('2027-01-01') }, { kinds: ['memory' as const] }]
        const ask = async () => {
          if ('embedder' in options) await root.embeddings.run()
          const answers = questions.flatMap((text) => times.map((at) => handle.search(text, { limit: 100, ...at })))
          return (await Promise.all(answers)).map(({ tookMs: _, ...answer }) => answer)
        }
        const before = await ask()
        const namespace = 'user:stranger'
        const text = 'the harbour note of a stranger'
        const entries = Array.from({ length: 20 }, (_, index) => ({ namespace, key: `k${index}`, value: text }))
        await root.memories.addMany(entries.map((entry) => ({ ...entry, type: 'semantic' })))
        const { id } = await root.sessions.create({ app: 'shop', user: 'stranger' })
        await root.sessions.appendEvents(id, Array(20).fill({ type: 'message', actor: 'user', content: { text } }))
        const folder = join(store.folder, 'strange')
        mkdirSync(folder, { recursive: true })
        for (const index of entries.keys()) writeFileSync(join(folder, `${index}.md`), text)
        await root.documents.sync(folder, { namespace })
        expect(await ask()).toEqual(before)
        for (const { key } of entries) await root.memories.delete(namespace, key)
        await root.sessions.delete(id)
        await root.documents.remove(folder)
        expect(await ask()).toEqual(before)
      }, options)
    },
    60_000,
  )

  it('no write changes anything that it may not write, and none answers with what it may not see', async () => {
    await forAnyPrincipals(async ({ cairn: root }, planted, principal, handle) => {
      const before = await dumpOutside(root, principal)
      const trail = (await root.audit.list({ limit: 1000 })).items
      for (const target of targetsOf(planted)) {
        for (const [name, { kind, calls }] of Object.entries(everyMethod)) {
          if (kind === 'read') continue
          for (const call of calls) {
            const outcome = await outcomeOf(() => call(handle, target))
            expectOwn(name, planted, principal, outcome, 'value' in outcome)
          }
        }
      }
      expect(await dumpOutside(root, principal)).toEqual(before)
      await expectTrailOf(root, principal, trail)
    })
  }, 60_000)

  it('a session that takes the id of a deleted one gets nothing of what that one had', async () => {
    await forAnyPrincipals(async ({ cairn: root }, planted, principal, handle) => {
      for (const { id, ...owner } of planted.sessions) {
        if (owns(principal, owner)) continue
        await root.sessions.delete(id)
        const before = await dumpOutside(root, principal)
        const trail = (await root.audit.list({ limit: 1000 })).items
        const steps = [
          () => handle.sessions.create({ id, state: { theme: 'mine' } }),
          () => handle.sessions.events(id),
          () => handle.sessions.state(id),
          () => handle.search('harbour', { session: id, kinds: ['event'] }),
          () => handle.sessions.terminate(id),
          () => handle.memories.list({ limit: 1000 }),
          () => handle.sessions.delete(id),
        ]
        for (const step of steps) expectOwn(String(step), planted, principal, await outcomeOf(step))
        expect(await dumpOutside(root, principal)).toEqual(before)
        await expectTrailOf(root, principal, trail)
      }
    })
  }, 60_000)

  it('no answer tells whether a thing that it may not touch exists', async () => {
    await forAnyPrincipals(async (_store, planted, principal, handle) => {
      for (const target of targetsOf(planted)) {
        for (const [name, { about, calls }] of Object.entries(everyMethod)) {
          const twins = twinsOf(about, target)
          if (!isForeign(name, principal, target, planted)) continue
          for (const call of calls) {
            const answer = await outcomeOf(() => call(handle, target))
            for (const twin of twins) {
              const other = await outcomeOf(() => call(handle, twin))
              expect(renamed(other, twin, target), name).toEqual(renamed(answer, target, target))
            }
          }
        }
      }
    })
  }, 60_000)
})

/** Targets of which a method must say the same as of this one, if it must say nothing. */
function twinsOf(about: Method['about'], target: Target): Target[] {
  if (about === 'session') return [{ ...target, session: missing.session }]
  if (about === 'task') return [{ ...target, task: missing.task }]
  if (about === 'agent') return [{ ...target, agent: missing.agent }]
  const nowhere = { ...target, namespace: `${target.namespace}:${missing.part}` }
  return [{ ...target, key: missing.key }, nowhere, { ...nowhere, session: missing.session }]
}

function expectOwn(what: string, planted: Planted, principal: Principal, outcome: Outcome, write = false): void {
  // A refusal names what was asked for; whether it tells more is for the property about twins.
  if ('error' in outcome) return
  const rights = write ? (['read', 'write'] as const) : (['read'] as const)
  for (const name of canariesIn(outcome.value)) {
    const places = planted.canaries.get(name) ?? []
    if (!mayMeet(principal, places, [...rights]))
      expect.fail(`${what} shows ${JSON.stringify(principal)} ${name} of ${JSON.stringify(places)}`)
  }
}

/**
 * The trail only grew, by lines of this principal, and tells of no success where it has no right, but for what a session
 * that it deleted remembered for itself.
 */
async function expectTrailOf(root: Cairn, principal: Principal, before: { id: number }[]): Promise<void> {
  const after = (await root.audit.list({ limit: 1000 })).items
  const old = new Map(before.map((entry) => [entry.id, entry]))
  const deleted = after.filter(({ subject, operation }) => subject === 'session' && operation === 'delete')
  const deletedWith = (namespace: string | null): boolean =>
    deleted.some(({ session }) => `${namespace}:`.startsWith(`session:${session}:`))
  for (const entry of after) {
    if (old.delete(entry.id) || entry.actor === 'root') continue
    expect(entry.principal).toEqual(principal.grants?.length === 0 ? { ...principal, grants: undefined } : principal)
    expect(JSON.stringify(entry)).not.toContain('intruder was here')
    if (entry.operation === 'purge') expect(deletedWith(entry.namespace), `${entry.namespace}`).toBe(true)
    else if (entry.outcome === 'ok' && entry.namespace !== null)
      expect(oracle(principal, 'write', entry.namespace), entry.namespace).toBe(true)
  }
  expect([...old.values()]).toEqual([])
}

/** Whether a method has nothing to say to this principal about this target. */
function isForeign(name: string, principal: Principal, target: Target, planted: Planted): boolean {
  const { about, kind } = everyMethod[name] ?? {}
  const own = planted.sessions.filter((session) => owns(principal, session)).map(({ id }) => id)
  const ownSession = own.includes(target.session)
  const mayRead = oracle(principal, 'read', target.namespace)
  const mayWrite = oracle(principal, 'write', target.namespace)
  const takesBoth = ['memories.restore', 'memories.rollback', 'memories.undo', 'memories.link']
  if (takesBoth.includes(name)) return !mayRead || !mayWrite
  if (name === 'memories.publish') return !mayRead && !mayWrite
  if (name === 'memories.lookup') return !mayRead && !oracle(principal, 'read', `session:${target.session}`)
  if (about === 'session') return !ownSession
  if (about === 'task' || about === 'agent') {
    const work = planted.work.find((each) => each[about] === target[about])
    return work === undefined || !ownsWork(principal, work, 'read')
  }
  if (['search', 'semanticSearch', 'hybridSearch'].includes(name)) {
    // The events of one's own session are found by its id, and by its namespace as well.
    const ownEvents = ownSession || own.some((id) => target.namespace === `session:${id}`)
    return !mayRead && !ownEvents && !oracle(principal, 'read', `session:${target.session}`)
  }
  if (about === 'memory') return kind === 'read' ? !mayRead : !mayWrite
  return false
}

/** An outcome about a twin as if it were about the target; twins have names that occur nowhere else. */
function renamed(outcome: Outcome, twin: Target, target: Target): string {
  const inText = (name: string): string => JSON.stringify(name).slice(1, -1)
  const text = JSON.stringify(outcome, (field, value) => (field === 'tookMs' ? 0 : value))
  const fields = (['namespace', 'key', 'session', 'task', 'agent'] as const).filter(
    (field) => twin[field] !== target[field],
  )
  return fields.reduce((found, field) => found.replaceAll(inText(twin[field]), inText(target[field])), text)
}

describe('the sole exception', () => {
  it('is that an id chosen for a new session can be taken, and then nothing but that is told', async () => {
    const { cairn } = await openStore()
    await cairn.sessions.create({ id: 'mine', app: 'shop', user: 'bob', metadata: { secret: 'x' } })
    const alice = cairn.as({ app: 'shop', user: 'alice' })
    expect(await outcomeOf(() => alice.sessions.create({ id: 'mine' }))).toEqual({
      error: {
        code: 'already_exists',
        message: 'The session id mine is taken.',
        hint: 'Leave the id out to get a new one.',
      },
    })
  })
})

describe('the properties above', () => {
  it('try every public method of every service', async () => {
    const { cairn } = await openStore()
    expect(publicMethods(cairn)).toEqual(Object.keys(everyMethod).sort())
  })

  it('see refusals as what they are', async () => {
    const { cairn } = await openStore()
    const refused = await outcomeOf(() => cairn.as({}).memories.get('user:alice', 'k'))
    expect(refused).toMatchObject({ error: { code: 'forbidden' } })
    await expect(outcomeOf(() => Promise.reject(new TypeError('a bug')))).rejects.not.toBeInstanceOf(CairnError)
  })
})
