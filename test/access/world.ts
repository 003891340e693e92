import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Grant, Principal, Right } from '../../src/access/principal.js'
import type { Cairn } from '../../src/cairn.js'
import type { Memory } from '../../src/memories/memory.js'
import type { Session } from '../../src/sessions/session.js'
import type { Task } from '../../src/tasks/task.js'
import type { TestStore } from '../store.js'

/** Names that are as near to each other as names can be. */
export const apps = ['shop', 'shop2']
export const users = ['alice', 'alicebob', 'alice!x', 'bob']
export const projects = ['apollo', 'apollo11']
const parts = ['prefs', 'prefs2', 'p%', '_', '*', '😀']

export interface MemoryPlan {
  namespace: string
  fate: 'plain' | 'updated' | 'deleted' | 'restored' | 'episodic' | 'expired' | 'past' | 'windows'
}

export interface SessionPlan {
  app: string
  user: string
  project: string | undefined
  fate: 'open' | 'paused' | 'terminated' | 'archived' | 'forked' | 'rewound'
}

export interface WorkPlan {
  app: string | undefined
  user: string | undefined
  project: string | undefined
  fate: 'ready' | 'running' | 'completed' | 'failed' | 'blocked'
}

export interface World {
  memories: MemoryPlan[]
  sessions: SessionPlan[]
  work: WorkPlan[]
}

const sessionId = (index: number): string => `s${index}`
const taskId = (index: number): string => `task${index}`
const agentId = (index: number): string => `agent${index}`
const maxSessions = 4

export const namespaceArbitrary: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...users).map((user) => `user:${user}`) },
      { weight: 2, arbitrary: fc.constantFrom(...apps).map((app) => `app:${app}`) },
      { weight: 2, arbitrary: fc.constantFrom(...projects).map((project) => `project:${project}`) },
      { weight: 2, arbitrary: fc.nat(maxSessions).map((index) => `session:${sessionId(index)}`) },
    ),
    fc.array(fc.constantFrom(...parts), { maxLength: 2 }),
  )
  .map(([owner, rest]) => [owner, ...rest].join(':'))

export const worldArbitrary: fc.Arbitrary<World> = fc.record({
  memories: fc.array(
    fc.record({
      namespace: namespaceArbitrary,
      fate: fc.constantFrom<MemoryPlan['fate'][]>(
        ...(['plain', 'updated', 'deleted', 'restored', 'episodic', 'expired', 'past', 'windows'] as const),
      ),
    }),
    { minLength: 3, maxLength: 10 },
  ),
  sessions: fc.array(
    fc.record({
      app: fc.constantFrom(...apps),
      user: fc.constantFrom(...users),
      project: fc.option(fc.constantFrom(...projects), { nil: undefined }),
      fate: fc.constantFrom<SessionPlan['fate'][]>('open', 'paused', 'terminated', 'archived', 'forked', 'rewound'),
    }),
    { minLength: 1, maxLength: maxSessions },
  ),
  work: fc.array(
    fc
      .record({
        owner: fc.option(fc.tuple(fc.constantFrom(...apps), fc.constantFrom(...users)), { nil: undefined, freq: 4 }),
        project: fc.option(fc.constantFrom(...projects), { nil: undefined }),
        fate: fc.constantFrom<WorkPlan['fate'][]>('ready', 'running', 'completed', 'failed', 'blocked'),
      })
      .map(({ owner, ...rest }) => ({ app: owner?.[0], user: owner?.[1], ...rest })),
    { minLength: 1, maxLength: 4 },
  ),
})

const grantArbitrary: fc.Arbitrary<Grant> = fc.oneof(
  fc.constantFrom<Grant[]>('app:write', 'project:write'),
  fc.record({
    namespace: namespaceArbitrary,
    rights: fc.subarray<Right>(['read', 'write'], { minLength: 1 }),
  }),
)

const maybe = (names: string[]) => fc.option(fc.constantFrom(...names), { nil: undefined, freq: 4 })

export const principalArbitrary: fc.Arbitrary<Principal> = fc
  .record({
    app: maybe(apps),
    user: maybe(users),
    project: maybe(projects),
    session: fc.option(fc.nat(maxSessions).map(sessionId), { nil: undefined, freq: 1 }),
    agent: fc.option(fc.constantFrom('planner', 'root', 'alice'), { nil: undefined, freq: 1 }),
    grants: fc.array(grantArbitrary, { maxLength: 3 }),
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))

// ── who may, said another way than the policy says it ─────────────────────────────────────────────────────────────

/** Whether a principal has a right on a namespace: some prefix of its segments is one of those it was given. */
export function oracle(principal: Principal, right: Right, namespace: string): boolean {
  const { app, user, project, session, grants = [] } = principal
  const segments = namespace.split(':')
  for (let length = 2; length <= segments.length; length++) {
    const outer = segments.slice(0, length).join(':')
    if (outer === `user:${user}` || outer === `session:${session}`) return true
    if (outer === `app:${app}` && (right === 'read' || grants.includes('app:write'))) return true
    if (outer === `project:${project}` && (right === 'read' || grants.includes('project:write'))) return true
    const granted = (grant: Grant) =>
      typeof grant !== 'string' && grant.namespace === outer && grant.rights.includes(right)
    if (grants.some(granted)) return true
  }
  return false
}

export function owns(principal: Principal, session: { app: string; user: string }): boolean {
  return principal.app === session.app && principal.user === session.user
}

type WorkOwner = { app: string | null; user: string | null; project: string | null }

/** A task or an agent is its owner's; a project's members may read it, and those who may write there as well change it. */
export function ownsWork(principal: Principal, { app, user, project }: WorkOwner, right: Right): boolean {
  if (app !== null && user !== null && owns(principal, { app, user })) return true
  const may = (each: Right) => project !== null && oracle(principal, each, `project:${project}`)
  return may('read') && (right === 'read' || may('write'))
}

// ── planting ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a canary was put: whoever may read any of these places may find it. */
type Place = { namespace: string } | { app: string; user: string } | { work: WorkOwner }

export interface Planted {
  canaries: Map<string, Place[]>
  memories: { namespace: string; key: string }[]
  sessions: { id: string; app: string; user: string }[]
  /** Task and agent number n have the same owners. */
  work: (WorkOwner & { task: string; agent: string })[]
}

export async function plant({ cairn, clock, folder }: TestStore, world: World): Promise<Planted> {
  const planted: Planted = { canaries: new Map(), memories: [], sessions: [], work: [] }
  const canary = (...places: Place[]): string => {
    const name = `canary${planted.canaries.size}x`
    planted.canaries.set(name, places)
    return name
  }
  for (const [index, plan] of world.sessions.entries())
    await plantSession(cairn, sessionId(index), plan, canary, planted)
  for (const [index, plan] of world.work.entries()) await plantWork(cairn, index, plan, canary, planted)
  for (const plan of world.memories) await plantMemory({ cairn, clock }, plan, canary, planted)
  // Not in all namespaces: a file takes as long as ten memories.
  for (const place of planted.memories.slice(0, 3)) await plantDocument(cairn, folder, place, canary)
  return planted
}

type MakeCanary = (...places: Place[]) => string

async function plantSession(
  cairn: Cairn,
  id: string,
  { app, user, project, fate }: SessionPlan,
  canary: MakeCanary,
  planted: Planted,
): Promise<void> {
  const owner = { app, user }
  planted.sessions.push({ id, ...owner })
  const state: Record<string, string> = {
    theme: canary(owner),
    'user:theme': canary(owner, { namespace: `user:${user}` }),
    'app:theme': canary(owner, { namespace: `app:${app}` }),
    ...(project && { 'project:theme': canary(owner, { namespace: `project:${project}` }) }),
  }
  await cairn.sessions.create({ id, ...owner, ...(project && { project }), metadata: { tag: canary(owner) }, state })
  await cairn.sessions.appendEvents(id, [
    { type: 'message', actor: `user:${canary(owner)}`, content: { text: `the harbour ${canary(owner)}` } },
    { type: 'action', actor: 'agent', eventId: canary(owner), content: { note: `harbour ${canary(owner)}` } },
  ])
  if (fate === 'forked') await plantBranch(() => cairn.sessions.fork(id, { id: `${id}-fork`, atSeq: 2 }), planted)
  if (fate === 'rewound') {
    await plantBranch(
      async () => (await cairn.sessions.rewind(id, { toSeq: 2, branchId: `${id}-was` })).branch,
      planted,
    )
  }
  if (fate === 'paused') await cairn.sessions.updateStatus(id, 'paused')
  if (fate === 'terminated' || fate === 'archived') await cairn.sessions.terminate(id)
  if (fate === 'archived') await cairn.sessions.archive(id)
  const { metrics } = cairn.as(owner)
  await metrics.record('latency', planted.sessions.length, { tag: canary(owner) })
  await metrics.record(canary(owner), 1)
}

async function plantWork(
  cairn: Cairn,
  index: number,
  { app, user, project, fate }: WorkPlan,
  canary: MakeCanary,
  planted: Planted,
): Promise<void> {
  const [task, agent] = [taskId(index), agentId(index)]
  const work = { app: app ?? null, user: user ?? null, project: project ?? null }
  planted.work.push({ ...work, task, agent })
  const mark = () => canary({ work })
  const owners = { ...(app && { app }), ...(user && { user }), ...(project && { project }) }
  const before = fate === 'blocked' && index > 0 ? { dependsOn: [taskId(index - 1)], parent: taskId(index - 1) } : {}
  const content = { prompt: mark(), input: { text: mark() }, metadata: { tag: mark() }, priority: 10 }
  await cairn.tasks.submit({ id: task, ...content, ...before, ...owners })
  await cairn.agents.spawn({ id: agent, name: mark(), specialization: mark(), ...owners })
  for (const iteration of [0, 1]) await cairn.checkpoints.put(task, iteration, { note: mark() })
  if (fate === 'ready' || fate === 'blocked') return
  // Others may be there that come first.
  for (let claimed = await cairn.tasks.claim({ agent }); claimed; claimed = await cairn.tasks.claim({ agent })) {
    if (claimed.id !== task) continue
    if (fate === 'completed') await cairn.tasks.complete(claimed, mark())
    if (fate === 'failed') await cairn.tasks.fail(claimed, mark(), { retry: false })
    return
  }
}

async function plantBranch(make: () => Promise<Session | null>, planted: Planted): Promise<void> {
  const branch = await make()
  if (branch !== null) planted.sessions.push({ id: branch.id, app: branch.app, user: branch.user })
}

async function plantMemory(
  { cairn, clock }: Pick<TestStore, 'cairn' | 'clock'>,
  { namespace, fate }: MemoryPlan,
  canary: MakeCanary,
  planted: Planted,
): Promise<void> {
  const mark = () => canary({ namespace })
  const value = () => ({ text: `the harbour ${mark()}` })
  const key = mark()
  const deep = planted.memories.length % 3 === 0 ? `${namespace}:${mark()}` : namespace
  planted.memories.push({ namespace: deep, key })
  const type = fate === 'episodic' ? 'episodic' : fate === 'past' ? 'procedural' : 'semantic'
  const address = { namespace: deep, key, type, metadata: { tag: mark() } } as const
  const { memories } = cairn
  if (fate === 'past') await memories.add({ ...address, value: value(), validTo: '2020-01-01' })
  else if (fate === 'expired') await memories.add({ ...address, value: value(), expiresAt: clock() + 2 })
  else await memories.add({ ...address, value: value() })
  if (fate === 'updated') await memories.update(deep, key, value(), { metadata: { tag: mark() } })
  if (fate === 'windows') await memories.update(deep, key, value(), { validFrom: '2030-01-01' })
  if (fate === 'deleted' || fate === 'restored') await memories.delete(deep, key)
  if (fate === 'restored') await memories.restore(deep, key)
}

async function plantDocument(
  cairn: Cairn,
  folder: string,
  { namespace, key }: { namespace: string; key: string },
  canary: MakeCanary,
): Promise<void> {
  const mark = () => canary({ namespace })
  const root = join(folder, mark())
  mkdirSync(root)
  const text = `---\ntag: ${mark()}\n---\n# ${mark()}\n\nthe harbour ${mark()}\n\n## ${mark()}\n\nthe harbour again\n`
  writeFileSync(join(root, `${key}.md`), text)
  await cairn.documents.sync(root, { namespace })
}

/** The canaries in an answer. */
export function canariesIn(answer: unknown): string[] {
  return JSON.stringify(answer ?? null).match(/canary\d+x/g) ?? []
}

/** Whether a principal may read, or with `write` change, one of the places where a canary is. */
export function mayMeet(principal: Principal, places: Place[], rights: Right[]): boolean {
  return places.some((place) =>
    'namespace' in place
      ? rights.some((right) => oracle(principal, right, place.namespace))
      : 'work' in place
        ? ownsWork(principal, place.work, 'read')
        : owns(principal, place),
  )
}

// ── everything that a principal may not change ────────────────────────────────────────────────────────────────────

/** All that lies outside the write rights of a principal, seen through the root handle. */
export async function dumpOutside(root: Cairn, principal: Principal): Promise<object> {
  const outside = (namespace: string): boolean => !oracle(principal, 'write', namespace)
  const all = (await root.sessions.list({ limit: 1000 })).items
  const sessions = all.filter((session) => !owns(principal, session))
  // Who may delete a session may not write what it remembers for itself, which goes with it all the same.
  const mayGo = all.filter((session) => owns(principal, session)).map(({ id }) => `session:${id}`)
  const stays = (namespace: string): boolean => !mayGo.some((session) => `${namespace}:`.startsWith(`${session}:`))
  return {
    memories: await dumpMemories(root, (namespace) => outside(namespace) && stays(namespace)),
    sessions: await Promise.all(sessions.map((session) => dumpSession(root, session, outside))),
    shared: await dumpShared(root, outside),
    ...(await dumpWork(root, principal)),
    documents: await dumpDocuments(root, outside),
    metrics: (await root.metrics.query({ name: 'latency', limit: 1000 })).items.filter(
      ({ app, user }) => app === null || user === null || !owns(principal, { app, user }),
    ),
  }
}

/** What an unblocked or cancelled prerequisite does to its dependents is not the principal's doing, but the queue's. */
async function dumpWork(root: Cairn, principal: Principal): Promise<object> {
  const outside = (work: WorkOwner): boolean => !ownsWork(principal, work, 'write')
  const [tasks, agents] = [await root.tasks.list({ limit: 1000 }), await root.agents.list({ limit: 1000 })]
  return {
    tasks: tasks.items.filter(outside).map((task) => (isWaiting(task) ? { ...task, status: '', updatedAt: '' } : task)),
    agents: agents.items.filter(outside),
    checkpoints: await Promise.all(tasks.items.filter(outside).map(({ id }) => dumpCheckpoints(root, id))),
  }
}

async function dumpCheckpoints(root: Cairn, task: string): Promise<object> {
  return { list: await root.checkpoints.list(task), latest: await root.checkpoints.latest(task) }
}

const isWaiting = ({ status, attempt }: Task): boolean => attempt === 0 && (status === 'blocked' || status === 'ready')

async function dumpMemories(root: Cairn, outside: (namespace: string) => boolean): Promise<Memory[][]> {
  const alive = await root.memories.list({ limit: 1000 })
  const ages = await root.memories.list({ limit: 1000, knownAt: new Date('2100-01-01'), validAt: 0 })
  const deleted = await root.memories.list({ limit: 1000, deleted: true })
  const addresses = [...alive.items, ...ages.items, ...deleted.items].filter(({ namespace }) => outside(namespace))
  const names = new Set(addresses.map(({ namespace, key }) => JSON.stringify([namespace, key])))
  return Promise.all(
    [...names].sort().map(async (name) => {
      const [namespace, key] = JSON.parse(name)
      return (await root.memories.history(namespace, key)).items
    }),
  )
}

async function dumpDocuments(root: Cairn, outside: (namespace: string) => boolean): Promise<object[]> {
  const { items } = await root.documents.list({ limit: 1000 })
  const folders = (await root.documents.status()).items.filter(({ namespace }) => outside(namespace))
  const found = items.filter(({ namespace }) => outside(namespace))
  return [...folders, ...(await Promise.all(found.map(async ({ id }) => (await root.documents.get(id)) ?? {})))]
}

async function dumpSession(root: Cairn, session: Session, outside: (namespace: string) => boolean): Promise<object> {
  const { session: own, ...shared } = await root.sessions.state(session.id)
  return {
    session,
    own,
    shared: { user: outside(`user:${session.user}`) && shared.user, app: outside(`app:${session.app}`) && shared.app },
    events: (await root.sessions.events(session.id, { limit: 1000 })).items,
  }
}

/** The state that sessions share, looked at through sessions that are made for it and go again. */
async function dumpShared(root: Cairn, outside: (namespace: string) => boolean): Promise<object> {
  const found: Record<string, unknown> = {}
  for (const [index, user] of users.entries()) {
    const owners = { app: apps[index % 2] ?? '', user, project: projects[index % 2] ?? '' }
    const { id } = await root.sessions.create(owners)
    const state = await root.sessions.state(id)
    await root.sessions.delete(id)
    for (const scope of ['user', 'app', 'project'] as const) {
      const namespace = `${scope}:${owners[scope]}`
      if (outside(namespace)) found[namespace] = state[scope]
    }
  }
  return found
}
