import { type Caller, isRoot, type Right } from '../access/principal.js'
import { CairnError } from '../errors.js'
import type { Session } from '../sessions/session.js'
import type { Task } from '../tasks/task.js'
import {
  type ContextSources,
  foundCandidate,
  memoryCandidate,
  recentEvents,
  refOf,
  scopeMemories,
  stateCandidates,
  taskCandidate,
} from './context-candidates.js'
import {
  type Candidate,
  ContextFill,
  type ContextRef,
  type ContextSection,
  type IncludedItem,
  idOf,
  type LeftItem,
} from './context-fill.js'
import { parseContextOptions } from './context-inputs.js'
import { lineCounter } from './context-tokens.js'

/** A prompt context: its text, and what is in it and what is not. The text is empty when nothing went in. */
export interface ContextResult {
  text: string
  /** Of the text; never more than `budget`. */
  tokens: number
  budget: number
  /** In the order of the text. */
  sections: { name: ContextSection; tokens: number; items: number }[]
  manifest: { included: IncludedItem[]; left: LeftItem[] }
  /** What the search for the query could not do, and why. */
  degraded: string[]
  tookMs: number
}

/** Who asks, and what they may read: what is theirs is not even asked for where they may not. */
interface Asker {
  caller: Caller
  may: (right: Right, namespace: string) => boolean
  now: () => number
}

interface Owners {
  app?: string
  project?: string
  user?: string
}

/** What had no room in its section, and where it goes if all the others leave some. */
interface Unfit {
  section: ContextSection
  to: ContextSection
  candidates: Candidate[]
}

const scopes = ['app', 'project', 'user'] as const
const most = { app: 20, project: 40, user: 40 }
const mostFound = 30

/** What a prompt should begin with. See `Cairn.context`. */
export async function buildContext(sources: ContextSources, asker: Asker, options: unknown): Promise<ContextResult> {
  const start = performance.now()
  const request = parseContextOptions(options)
  const session = request.session === undefined ? undefined : await findSession(sources, request.session)
  const task = request.task === undefined ? undefined : await findTask(sources, request.task)
  // One tokenizer for the product; its tables take a while to load.
  const { tokensOf } = await import('../documents/tokens.js')
  const owners = ownersOf(asker, session, task)
  const question = request.query ?? task?.prompt
  const fill = new ContextFill(request.budget, sectionsOf({ owners, session, task, question }), lineCounter(tokensOf))
  const { memories, state, events, found } = await readAll(sources, asker, { owners, session, question })
  const unfit: Unfit[] = memories.map(([scope, candidates]) => {
    const section = `${scope}-memories` as const
    return { section, to: 'more-memories', candidates: fill.fill(section, lasting(asker, fill, section, candidates)) }
  })
  leave(fill, 'task', fill.fill('task', task ? [taskCandidate(task)] : []))
  unfit.push({ section: 'state', to: 'state', candidates: fill.fill('state', state) })
  const earlier = fill.fill('events', events)
  for (const ref of found.gone) fill.leave('found', ref, 'not_found')
  leave(fill, 'found', fill.fillRest('found', lasting(asker, fill, 'found', found.candidates)))
  leave(fill, 'events', fill.fillRest('events', earlier))
  for (const { section, to, candidates } of unfit) {
    const missing = candidates.filter((candidate) => !fill.holds(candidate))
    leave(fill, section, fill.fillRest(to, lasting(asker, fill, to, missing)))
  }
  const { included, ...rest } = fill.finish()
  const inside = new Set(included.map(idOf))
  const left = fill.left.filter((item) => item.why !== 'budget' || !inside.has(idOf(item)))
  const tookMs = Math.round((performance.now() - start) * 100) / 100
  return { ...rest, budget: request.budget, manifest: { included, left }, degraded: found.degraded, tookMs }
}

async function findSession({ sessions }: ContextSources, id: string): Promise<Session> {
  const session = await sessions.get(id)
  if (session !== null) return session
  throw new CairnError('not_found', `There is no session ${id}.`, { hint: 'Look for it with sessions.list().' })
}

async function findTask({ tasks }: ContextSources, id: string): Promise<Task> {
  const task = await tasks.get(id)
  if (task !== null) return task
  throw new CairnError('not_found', `There is no task ${id}.`, { hint: 'Look for it with tasks.list().' })
}

/** Whose memories: the session's, else the task's, else the caller's. A session without a project is in that of documents. */
function ownersOf({ caller }: Asker, session: Session | undefined, task: Task | undefined): Owners {
  const { app, user, project } = session ?? task ?? (isRoot(caller) ? {} : caller)
  const named = session ?? task
  const own = project ?? (named && isRoot(caller) ? 'default' : undefined)
  return { ...(app && { app }), ...(user && { user }), ...(own && { project: own }) }
}

/** What is asked for. It is the same from turn to turn, so that shares are, too. */
function sectionsOf({ owners, session, task, question }: FoundRequest & { task: Task | undefined }): ContextSection[] {
  return [
    ...scopes.flatMap((scope) => (owners[scope] ? [`${scope}-memories` as const] : [])),
    ...(task ? (['task'] as const) : []),
    ...(session ? (['state', 'events'] as const) : []),
    ...(question === undefined ? [] : (['found'] as const)),
  ]
}

interface FoundRequest {
  question: string | undefined
  session: Session | undefined
  owners: Owners
}

/** All at once: nothing here needs anything else, and most of it waits for a thread. */
async function readAll(sources: ContextSources, asker: Asker, request: FoundRequest) {
  const { session, owners } = request
  const [memories, state, events, found] = await Promise.all([
    Promise.all(
      scopes.map(async (scope) => [scope, await readMemories(sources, asker, scope, owners[scope])] as const),
    ),
    session ? sources.sessions.state(session.id).then((merged) => stateCandidates(session.id, merged)) : [],
    session ? recentEvents(sources, session.id) : [],
    readFound(sources, asker, request),
  ])
  return { memories, state, events, found }
}

async function readMemories(
  sources: ContextSources,
  asker: Asker,
  scope: (typeof scopes)[number],
  owner: string | undefined,
): Promise<Candidate[]> {
  const namespace = `${scope}:${owner}`
  if (owner === undefined || !asker.may('read', namespace)) return []
  const memories = await scopeMemories(sources, namespace, most[scope])
  return memories.map((memory) => memoryCandidate(memory, `memory of the ${scope}`))
}

interface Found {
  candidates: Candidate[]
  /** What was found and is there no more. */
  gone: ContextRef[]
  degraded: string[]
}

async function readFound(
  sources: ContextSources,
  asker: Asker,
  { question, session, owners }: FoundRequest,
): Promise<Found> {
  if (question === undefined) return { candidates: [], gone: [], degraded: [] }
  const options = { limit: mostFound, detail: 'full' } as const
  const { app, user } = owners
  const owner = app !== undefined && user !== undefined ? { app, user } : undefined
  const { hits, degraded } = isRoot(asker.caller)
    ? await sources.search(question, { ...options, ...within(owners, session) }, owner)
    : await sources.search(question, options)
  const read = await Promise.all(hits.map((hit, rank) => foundCandidate(sources, hit, rank)))
  const gone = hits.filter((_, rank) => read[rank] === undefined).map(refOf)
  return { candidates: read.filter((candidate) => candidate !== undefined), gone, degraded }
}

/** Without what has expired since it was read. */
function lasting({ now }: Asker, fill: ContextFill, section: ContextSection, candidates: Candidate[]): Candidate[] {
  const moment = now()
  const isExpired = ({ expiresAt }: Candidate): boolean => expiresAt !== undefined && Date.parse(expiresAt) <= moment
  for (const { item } of candidates.filter(isExpired)) fill.leave(section, item, 'expired')
  return candidates.filter((candidate) => !isExpired(candidate))
}

function leave(fill: ContextFill, section: ContextSection, candidates: Candidate[]): void {
  for (const { item } of candidates) fill.leave(section, item, 'budget')
}

/** Root may find everything, but a context for somebody holds nothing of anybody else. */
function within(owners: Owners, session: Session | undefined): { namespaces?: string[] } {
  const owned = Object.entries(owners).map(([scope, owner]) => `${scope}:${owner}`)
  const namespaces = session === undefined ? owned : [...owned, `session:${session.id}`]
  return namespaces.length === 0 ? {} : { namespaces }
}
