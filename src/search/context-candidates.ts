import type { Owner } from '../access/policy.js'
import { CairnError } from '../errors.js'
import type { Memory } from '../memories/memory.js'
import type { MemoryService } from '../memories/memory-service.js'
import type { SessionEvent } from '../sessions/event.js'
import type { SessionService } from '../sessions/session-service.js'
import { type MergedState, storedScopes } from '../sessions/state.js'
import type { Task } from '../tasks/task.js'
import type { TaskService } from '../tasks/task-service.js'
import type { Candidate, ContextRef } from './context-fill.js'
import { passageIn } from './context-passage.js'
import { quoteName, valueText } from './context-text.js'
import type { SearchOptions } from './search-inputs.js'
import type { SearchHit, SearchResult } from './search-service.js'

/** The services of one handle: what they refuse is not in its contexts. */
export interface ContextSources {
  sessions: SessionService
  memories: MemoryService
  tasks: TaskService
  search: (text: string, options: SearchOptions, owner?: Owner) => Promise<SearchResult>
}

const mostRecent = 50

/** The facts and rules of a namespace and below, last changed first. What happened is left to the search. */
export async function scopeMemories({ memories }: ContextSources, namespace: string, most: number): Promise<Memory[]> {
  const pages = await Promise.all(
    (['semantic', 'procedural'] as const).map((type) =>
      memories.list({ namespace, type, order: 'newest', limit: most }),
    ),
  )
  const all = pages.flatMap(({ items }) => items)
  return all.sort((a, b) => compare(b.recordedAt, a.recordedAt) || compare(placeOf(a), placeOf(b))).slice(0, most)
}

export function memoryCandidate(memory: Memory, why: string): Candidate {
  const { namespace, key, version, value, type, expiresAt } = memory
  return {
    item: { kind: 'memory', ref: { namespace, key }, version },
    heading: `${quoteName(namespace)} ${quoteName(key)} v${version} ${type}`,
    body: valueText(value),
    place: placeOf(memory),
    ...{ name: key, why },
    ...(expiresAt !== null && { expiresAt }),
  }
}

/** By namespace and key; a name has no character before the space. */
function placeOf({ namespace, key }: Memory): string {
  return `${namespace}\u0000${key}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function taskCandidate({ id, prompt, status, input }: Task): Candidate {
  const given = input === null || (typeof input === 'object' && Object.keys(input).length === 0)
  return {
    item: { kind: 'task', ref: { task: id } },
    heading: `task ${quoteName(id)} ${status}`,
    body: given ? prompt : `${prompt}\nInput: ${JSON.stringify(input)}`,
    ...{ place: 0, name: id, why: 'named', shrinks: true },
  }
}

/** Values by scope and key, the session's own first. */
export function stateCandidates(session: string, state: MergedState): Candidate[] {
  return storedScopes.flatMap((scope, index) =>
    Object.entries(state[scope])
      .sort(([a], [b]) => compare(a, b))
      .map(([key, value]) => ({
        item: { kind: 'state' as const, ref: { session, scope, key } },
        heading: `${scope} ${quoteName(key)}`,
        body: valueText(value),
        place: `${index}${key}`,
        ...{ name: key, why: 'state of the session' },
      })),
  )
}

/** The last events, newest first. What was set is in the state. */
export async function recentEvents({ sessions }: ContextSources, session: string): Promise<Candidate[]> {
  const { items } = await sessions.events(session, { order: 'desc', limit: mostRecent })
  const told = items.filter(({ type }) => type !== 'state_change')
  return told.map((event, index) => ({
    ...eventCandidate(session, event, 'recent'),
    ...{ turn: true, place: event.seq },
    ...(index === 0 && { shrinks: true }),
  }))
}

function eventCandidate(session: string, event: SessionEvent, why: string): Candidate {
  const { seq, eventId, type, actor, timestamp, content } = event
  return {
    item: { kind: 'event', ref: { session, seq, eventId } },
    heading: `#${seq} ${type} ${quoteName(actor)} ${timestamp}`,
    body: valueText(content),
    ...{ place: seq, name: `${session} ${seq}`, why },
  }
}

/** What a hit with its text stands for, in full where there is room, the best in part at least; undefined when it is there no more. */
export async function foundCandidate(
  sources: ContextSources,
  hit: SearchHit,
  rank: number,
): Promise<Candidate | undefined> {
  const why = `found for the query, place ${rank + 1}`
  const candidate = await candidateOf(sources, hit, why)
  if (candidate === undefined) return undefined
  const passage = passageIn(candidate.body, hit.snippet)
  return { ...candidate, place: rank, ...(passage && { passage }), ...(rank === 0 && { shrinks: true }) }
}

async function candidateOf(sources: ContextSources, hit: SearchHit, why: string): Promise<Candidate | undefined> {
  if (hit.kind === 'memory') {
    const memory = await sources.memories.get(hit.ref.namespace, hit.ref.key)
    return memory === null ? undefined : memoryCandidate(memory, why)
  }
  if (hit.kind === 'document') return documentCandidate(hit, why)
  const { session, seq } = hit.ref
  const { items } = await absent(sources.sessions.events(session, { afterSeq: seq - 1, limit: 1 }), {
    items: [],
    next: null,
  })
  const [event] = items
  if (event?.eventId !== hit.ref.eventId) return undefined
  const candidate = eventCandidate(session, event, why)
  return { ...candidate, heading: `event of session ${quoteName(session)} ${candidate.heading}` }
}

function documentCandidate(hit: SearchHit & { kind: 'document' }, why: string): Candidate {
  const { path, heading, lines } = hit.ref
  const place = heading === null ? '' : ` ${quoteName(heading)}`
  return {
    item: refOf(hit),
    heading: `document ${quoteName(path)}${place} lines ${lines.join('-')}`,
    body: hit.text ?? hit.snippet.text,
    ...{ place: 0, name: path, why },
  }
}

/** How a hit is named in the manifest. */
export function refOf(hit: SearchHit): ContextRef {
  if (hit.kind === 'event') return { kind: 'event', ref: hit.ref }
  if (hit.kind === 'memory') {
    const { namespace, key, version } = hit.ref
    return { kind: 'memory', ref: { namespace, key }, version }
  }
  const { namespace, root, path, lines, chunk } = hit.ref
  return { kind: 'document', ref: { namespace, root, path, lines, chunk } }
}

/** The session of what was found a moment ago may be gone. */
async function absent<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof CairnError && error.code === 'not_found') return otherwise
    throw error
  }
}
