import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseNamespace, parseSegment } from '../access/namespace.js'
import { ownsSession, readable } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { invalidInput } from '../errors.js'
import { describe } from '../json.js'
import { type MemoryType, memoryTypes } from '../memories/memory.js'
import { parseMoment } from '../memories/memory-inputs.js'
import { parse } from '../parse.js'
import { type EventType, eventTypes } from '../sessions/event.js'
import type { LexicalHit, LexicalQuery } from '../storage/search-store.js'
import type { Storage } from '../storage/storage.js'
import { toIso } from '../time.js'
import { parseQuestion } from './question.js'
import type { Snippet } from './snippet.js'

const kinds = ['memory', 'event'] as const
const time = z.union([z.date(), z.string(), z.number()])

export const searchOptionsSchema = z.strictObject({
  kinds: z.array(z.enum(kinds)).min(1).optional(),
  namespaces: z.array(z.string()).min(1).max(100).optional(),
  types: z
    .array(z.enum([...memoryTypes, ...eventTypes]))
    .min(1)
    .optional(),
  session: z.string().optional(),
  limit: z.number().int().min(1).max(100).optional(),
  offset: z.number().int().min(0).max(1000).optional(),
  knownAt: time.optional(),
  validAt: time.optional(),
})

/**
 * Filters, all applied before any limit. `namespaces` and what is below them; `types` of memories and of events; one
 * `session`; the clocks of memories. `limit` 10, at most 100; `offset` at most 1,000.
 */
export type SearchOptions = z.input<typeof searchOptionsSchema>

/** Something found. Scores compare within one answer only. `time` is the event's timestamp or the memory's recordedAt. */
export type SearchHit = { score: number; time: string; snippet: Snippet } & (
  | { kind: 'memory'; ref: { namespace: string; key: string; version: number } }
  | { kind: 'event'; ref: { session: string; seq: number; eventId: string } }
)

/** `degraded` names each retriever that could not run, or not to its end, and why. */
export interface SearchResult {
  hits: SearchHit[]
  degraded: string[]
  tookMs: number
}

/** Search over memories and session events through one index. */
export class SearchService {
  readonly #storage: Storage
  readonly #guard: Guard

  constructor({ storage, guard }: { storage: Storage; guard: Guard }) {
    this.#storage = storage
    this.#guard = guard
  }

  /** Best first. Any text is a question; one without a word finds nothing. Rejects with `invalid_input`, `forbidden` or `closed`. */
  async search(text: string, options: SearchOptions = {}): Promise<SearchResult> {
    const start = performance.now()
    if (typeof text !== 'string') throw invalidInput(`The question must be a text, not ${describe(text)}.`)
    const parsed = parse(searchOptionsSchema, options, 'search')
    const { limit = 10, offset = 0 } = parsed
    const { hits, degraded } = await this.#storage.search.lexical({
      ...parseQuestion(text, this.#guard.now()),
      ...(await this.#scope(parsed)),
      ...parseMoment(parsed),
      now: this.#guard.now(),
      offset,
      limit,
    })
    await this.#guard.noteRead({ subject: 'store', operation: 'search' }, () => ({ text, options, found: hits.length }))
    const own = hits.filter((hit) => this.#mayFind(hit))
    return { hits: own.map(toHit), degraded, tookMs: Math.round((performance.now() - start) * 100) / 100 }
  }

  async #scope(options: z.output<typeof searchOptionsSchema>): Promise<Pick<LexicalQuery, 'memories' | 'events'>> {
    const { types, kinds: wanted = kinds } = options
    const named = options.namespaces?.map(parseNamespace)
    const session = options.session === undefined ? undefined : parseSegment(options.session, 'The session id')
    const memories = wanted.includes('memory')
      ? await this.#memoryScope(named, session, types, wanted.includes('event'))
      : undefined
    const events = wanted.includes('event') ? this.#eventScope(named, session, types) : undefined
    return { ...(memories && { memories }), ...(events && { events }) }
  }

  async #memoryScope(
    named: string[] | undefined,
    session: string | undefined,
    types: string[] | undefined,
    withEvents: boolean,
  ): Promise<LexicalQuery['memories']> {
    const asked = named ?? (session === undefined ? undefined : [`session:${session}`])
    const namespaces: string[] = []
    for (const namespace of asked ?? []) {
      // A caller's own session may be named for its events, though its memories are for whoever was given the session.
      const forEvents = withEvents && namespace.startsWith('session:') && !this.#guard.may('read', namespace)
      if (forEvents) continue
      await this.#guard.demand('read', namespace, { subject: 'store', operation: 'search' })
      namespaces.push(namespace)
    }
    const within = asked === undefined ? readable(this.#guard.caller) : namespaces
    const typed = types?.filter((type): type is MemoryType => (memoryTypes as readonly string[]).includes(type))
    return { ...(within && { namespaces: within }), ...(typed && { types: typed }) }
  }

  #eventScope(
    named: string[] | undefined,
    session: string | undefined,
    types: string[] | undefined,
  ): LexicalQuery['events'] {
    const { caller } = this.#guard
    if (!isRoot(caller) && (caller.app === undefined || caller.user === undefined)) return undefined
    const owner = isRoot(caller) ? undefined : { app: caller.app ?? '', user: caller.user ?? '' }
    const typed = types?.filter((type): type is EventType => (eventTypes as readonly string[]).includes(type))
    const inNamespaces = named?.flatMap((namespace) => sessionOf(namespace) ?? [])
    const sessions = session === undefined ? inNamespaces : (inNamespaces ?? [session]).filter((id) => id === session)
    return { ...(owner && { owner }), ...(sessions && { sessions }), ...(typed && { types: typed }) }
  }

  /** Policy once more, on what was read: the last line of defence against a mistake above. */
  #mayFind(hit: LexicalHit): boolean {
    const { caller } = this.#guard
    if (hit.kind === 'memory') return this.#guard.may('read', hit.namespace)
    return ownsSession(caller, hit.owner)
  }
}

/** The session whose events a namespace names, if it names a whole one. */
function sessionOf(namespace: string): string | undefined {
  const [prefix, id, ...rest] = namespace.split(':')
  return prefix === 'session' && rest.length === 0 ? id : undefined
}

function toHit(hit: LexicalHit): SearchHit {
  const shown = { score: Math.round(hit.score * 1e6) / 1e6, snippet: hit.snippet }
  if (hit.kind === 'memory') {
    const { kind, namespace, key, version, recordedAt } = hit
    return { kind, ref: { namespace, key, version }, time: toIso(recordedAt), ...shown }
  }
  const { kind, session, seq, eventId, timestamp } = hit
  return { kind, ref: { session, seq, eventId }, time: toIso(timestamp), ...shown }
}
