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
  await fillMemories(sources, asker, fill, owners)
  unfit(fill, 'task', fill.fill('task', task ? [taskCandidate(task)] : []))
  const state = session ? stateCandidates(session.id, await sources.sessions.state(session.id)) : []
  unfit(fill, 'state', fill.fill('state', state))
  const more = fill.fill('events', session ? await recentEvents(sources, session.id) : [])
  const degraded = await fillFound(sources, asker, fill, { question, owners, session })
  unfit(fill, 'events', fill.fill('events', more, 1))
  const { included, ...rest } = fill.finish()
  const inside = new Set(included.map(idOf))
  const left = fill.left.filter((item) => item.why !== 'budget' || !inside.has(idOf(item)))
  const tookMs = Math.round((performance.now() - start) * 100) / 100
  return { ...rest, budget: request.budget, manifest: { included, left }, degraded, tookMs }
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
    ...(['app', 'project', 'user'] as const).flatMap((scope) => (owners[scope] ? [`${scope}-memories` as const] : [])),
    ...(task ? (['task'] as const) : []),
    ...(session ? (['state', 'events'] as const) : []),
    ...(question === undefined ? [] : (['found'] as const)),
  ]
}

async function fillMemories(sources: ContextSources, asker: Asker, fill: ContextFill, owners: Owners): Promise<void> {
  for (const scope of ['app', 'project', 'user'] as const) {
    const section = `${scope}-memories` as const
    const namespace = `${scope}:${owners[scope]}`
    const mayRead = owners[scope] !== undefined && asker.may('read', namespace)
    const memories = mayRead ? await scopeMemories(sources, namespace, most[scope]) : []
    const candidates = memories.map((memory) => memoryCandidate(memory, `memory of the ${scope}`))
    unfit(fill, section, fill.fill(section, unexpired(asker, fill, section, candidates)))
  }
}

interface FoundRequest {
  question: string | undefined
  session: Session | undefined
  owners: Owners
}

async function fillFound(
  sources: ContextSources,
  asker: Asker,
  fill: ContextFill,
  { question, session, owners }: FoundRequest,
): Promise<string[]> {
  if (question === undefined) return []
  const { hits, degraded } = await sources.search(question, {
    limit: mostFound,
    ...(isRoot(asker.caller) && within(owners, session)),
  })
  const candidates: Candidate[] = []
  for (const [rank, hit] of hits.entries()) {
    const candidate = await foundCandidate(sources, hit, rank)
    if (candidate === undefined) fill.leave('found', refOf(hit), 'not_found')
    else candidates.push(candidate)
  }
  unfit(fill, 'found', fill.fill('found', unexpired(asker, fill, 'found', candidates), 1))
  return degraded
}

/** What expired between being read and now is left out. */
function unexpired({ now }: Asker, fill: ContextFill, section: ContextSection, candidates: Candidate[]): Candidate[] {
  const moment = now()
  return candidates.filter(({ item, expiresAt }) => {
    const expired = expiresAt !== undefined && Date.parse(expiresAt) <= moment
    if (expired) fill.leave(section, item, 'expired')
    return !expired
  })
}

/** Root may find everything, but a context for somebody holds nothing of anybody else. */
function within(owners: Owners, session: Session | undefined): { namespaces?: string[] } {
  const scopes = Object.entries(owners).map(([scope, owner]) => `${scope}:${owner}`)
  const namespaces = session === undefined ? scopes : [...scopes, `session:${session.id}`]
  return namespaces.length === 0 ? {} : { namespaces }
}

function unfit(fill: ContextFill, section: ContextSection, candidates: Candidate[]): void {
  for (const { item } of candidates) fill.leave(section, item, 'budget')
}
