import type { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseNamespace, parseSegment } from '../access/namespace.js'
import { type Owner, ownsSession, readable } from '../access/policy.js'
import { isRoot, rightsOf } from '../access/principal.js'
import type { EmbeddingWork } from '../embeddings/embedding-work.js'
import type { QueryVector } from '../embeddings/query-vectors.js'
import { CairnError, invalidInput } from '../errors.js'
import { describe } from '../json.js'
import { type MemoryType, memoryTypes } from '../memories/memory.js'
import { parseMoment } from '../memories/memory-inputs.js'
import { parse } from '../parse.js'
import { type EventType, eventTypes } from '../sessions/event.js'
import type { SpaceRow } from '../storage/embedding-store.js'
import type { HitExplanation, ItemAddress, LexicalHit, LexicalQuery } from '../storage/search-store.js'
import type { Storage } from '../storage/storage.js'
import { toIso } from '../time.js'
import { cutShort, isCutShort } from './query.js'
import { parseQuestion } from './question.js'
import {
  type NamedItem,
  parseFilters,
  parseItem,
  type SearchOptions,
  type SimilarTo,
  searchKinds,
  searchOptionsSchema,
} from './search-inputs.js'
import type { Snippet } from './snippet.js'
import { withoutVectors } from './without-vectors.js'

/**
 * Where in the documents: `path` is relative to `root`; the heading is null before the first; lines count from 1. `chunk` is
 * the number of the piece in its document, from 0: a long line may be cut into several.
 */
export interface DocumentRef {
  namespace: string
  root: string
  path: string
  heading: string | null
  lines: [from: number, to: number]
  chunk: number
}

/**
 * Something found. Scores compare within one answer only. `time` is the event's timestamp, the memory's recordedAt or when
 * the document was changed.
 */
export type SearchHit = {
  score: number
  time: string
  snippet: Snippet
  text?: string
  duplicates?: number
  explain?: HitExplanation
} & (
  | { kind: 'memory'; ref: { namespace: string; key: string; version: number } }
  | { kind: 'event'; ref: { session: string; seq: number; eventId: string } }
  | { kind: 'document'; ref: DocumentRef }
)

/** `degraded` names each retriever that could not run, or not to its end, and why. */
export interface SearchResult {
  hits: SearchHit[]
  degraded: string[]
  tookMs: number
}

/** Search over memories, session events and documents through one index. */
export class SearchService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #embeddings: EmbeddingWork

  constructor({ storage, guard, embeddings }: { storage: Storage; guard: Guard; embeddings: EmbeddingWork }) {
    this.#storage = storage
    this.#guard = guard
    this.#embeddings = embeddings
  }

  /**
   * Best first. Any text is a question; one without a word finds nothing. Rejects with `invalid_input`, `forbidden` or
   * `closed`. When root asks for an `owner`, events are those of all sessions of that one, whatever namespaces are named.
   */
  async search(text: string, options: SearchOptions = {}, owner?: Owner): Promise<SearchResult> {
    const start = performance.now()
    if (typeof text !== 'string') throw invalidInput(`The question must be a text, not ${describe(text)}.`)
    const parsed = parse(searchOptionsSchema, options, 'search')
    const question = parseQuestion(text, this.#guard.now())
    const { hits, degraded } = await this.#storage.search.lexical({
      ...question,
      ...(await this.#scope(parsed, owner)),
      ...parseMoment(parsed),
      ...parseFilters(parsed),
      ...(await this.#asVector(text, parsed)),
      now: this.#guard.now(),
    })
    await this.#guard.noteRead({ subject: 'store', operation: 'search' }, () => ({ text, options, found: hits.length }))
    const own = hits.filter((hit) => this.#mayFind(hit))
    const remarks = parsed.mode !== 'semantic' && isCutShort(text, question.terms) ? [...degraded, cutShort] : degraded
    return { hits: own.map(toHit), degraded: remarks, tookMs: Math.round((performance.now() - start) * 100) / 100 }
  }

  /**
   * What is like an item that was found, best first, without it. Rejects with `not_found` for what is not there or is not for
   * the caller, and like `search`.
   */
  async similar(item: SimilarTo, options: SearchOptions = {}): Promise<SearchResult> {
    const start = performance.now()
    const parsed = parse(searchOptionsSchema, options, 'search')
    const address = await this.#addressOf(parseItem(item))
    const answer =
      address &&
      (await this.#storage.search.similar({
        address,
        ...(await this.#scope(parsed)),
        ...parseMoment(parsed),
        ...parseFilters(parsed),
        now: this.#guard.now(),
      }))
    const found = answer?.hits.length ?? 0
    await this.#guard.noteRead({ subject: 'store', operation: 'search' }, () => ({ similar: address, options, found }))
    if (!answer) {
      throw new CairnError('not_found', 'There is no such item to look for similar ones.', {
        hint: 'It may have changed or gone since it was found. Search for it again.',
      })
    }
    const own = answer.hits.filter((hit) => this.#mayFind(hit))
    const tookMs = Math.round((performance.now() - start) * 100) / 100
    return { hits: own.map(toHit), degraded: answer.degraded, tookMs }
  }

  /** Whose a memory is, is looked at where it is read. */
  async #addressOf(item: NamedItem): Promise<ItemAddress | undefined> {
    if (item.kind !== 'memory') return item
    const { version = (await this.#storage.memories.get({ ...item, now: this.#guard.now() }))?.version } = item
    return version === undefined ? undefined : { ...item, version }
  }

  /** By words and vectors where there are vectors. A search waits for a model a while, and goes by words when there is no answer. */
  async #asVector(
    text: string,
    { mode, knownAt }: z.output<typeof searchOptionsSchema>,
  ): Promise<Pick<LexicalQuery, 'mode' | 'vector'>> {
    if (mode === 'lexical') return { mode }
    // Nobody is asked for a vector that nothing could be compared with.
    const spaces = await this.#storage.embeddings.spaces()
    const active = spaces.find(({ state }) => state === 'active')
    if (active === undefined) {
      const isMissing = spaces.length > 0 || this.#embeddings.isExpected()
      // A worker may open a space before this is answered.
      const vector = { missing: 'vector: the store had no vectors a moment ago' }
      return { mode: mode ?? (isMissing ? 'hybrid' : 'lexical'), vector }
    }
    const missing = withoutVectors(active.found, { mode, knownAt })
    return { mode: mode ?? 'hybrid', vector: missing ? { missing } : await this.#vectorOf(text, active) }
  }

  async #vectorOf(text: string, active: SpaceRow): Promise<QueryVector> {
    const found = await this.#askedOf(text, active)
    if (!('missing' in found)) return found
    // What a server says, and where it is, is for whoever runs the store.
    const isHidden = found.byModel && !isRoot(this.#guard.caller)
    return { missing: isHidden ? 'vector: the model gave no vector of the question' : found.missing }
  }

  async #askedOf(text: string, active: SpaceRow): Promise<QueryVector> {
    try {
      const queries = await this.#embeddings.queries(active)
      if ('of' in queries) return await queries.of(text, rightsOf(this.#guard.caller))
      return { missing: `vector: ${queries.reason} ${queries.hint}`.trim(), byModel: true }
    } catch (error) {
      return { missing: `vector: ${error instanceof Error ? error.message : String(error)}`, byModel: true }
    }
  }

  async #scope(
    options: z.output<typeof searchOptionsSchema>,
    asked?: Owner,
  ): Promise<Pick<LexicalQuery, 'memories' | 'events' | 'documents'>> {
    const { types, kinds: wanted = searchKinds } = options
    const named = options.namespaces?.map(parseNamespace)
    const session = options.session === undefined ? undefined : parseSegment(options.session, 'The session id')
    const withEvents = wanted.includes('event')
    const memories = wanted.includes('memory') ? await this.#memoryScope(named, session, types, withEvents) : undefined
    const events = withEvents ? this.#eventScope(named, session, types, asked) : undefined
    const documents = wanted.includes('document')
      ? await this.#documentScope(named, session, types, withEvents)
      : undefined
    return { ...(memories && { memories }), ...(events && { events }), ...(documents && { documents }) }
  }

  async #memoryScope(
    named: string[] | undefined,
    session: string | undefined,
    types: string[] | undefined,
    withEvents: boolean,
  ): Promise<LexicalQuery['memories']> {
    const asked = named ?? (session === undefined ? undefined : [`session:${session}`])
    const within = await this.#readableOf(asked, withEvents)
    const typed = types?.filter((type): type is MemoryType => (memoryTypes as readonly string[]).includes(type))
    return { ...(within && { namespaces: within }), ...(typed && { types: typed }) }
  }

  /** Documents have no types and are in no session. */
  async #documentScope(
    named: string[] | undefined,
    session: string | undefined,
    types: string[] | undefined,
    withEvents: boolean,
  ): Promise<LexicalQuery['documents']> {
    const within = await this.#readableOf(named, withEvents)
    if (session !== undefined || types !== undefined) return undefined
    return within ? { namespaces: within } : {}
  }

  /** The namespaces that are asked for, or else all that the caller may read; undefined means all. */
  async #readableOf(asked: string[] | undefined, withEvents: boolean): Promise<string[] | undefined> {
    if (asked === undefined) return readable(this.#guard.caller)
    const namespaces: string[] = []
    for (const namespace of asked) {
      // A caller's own session may be named for its events, though its memories are for whoever was given the session.
      const forEvents = withEvents && namespace.startsWith('session:') && !this.#guard.may('read', namespace)
      if (forEvents) continue
      await this.#guard.demand('read', namespace, { subject: 'store', operation: 'search' })
      namespaces.push(namespace)
    }
    return namespaces
  }

  #eventScope(
    named: string[] | undefined,
    session: string | undefined,
    types: string[] | undefined,
    asked: Owner | undefined,
  ): LexicalQuery['events'] {
    const { caller } = this.#guard
    if (!isRoot(caller) && (caller.app === undefined || caller.user === undefined)) return undefined
    const owner = isRoot(caller) ? asked : { app: caller.app ?? '', user: caller.user ?? '' }
    const typed = types?.filter((type): type is EventType => (eventTypes as readonly string[]).includes(type))
    const inNamespaces = asked ? undefined : named?.flatMap((namespace) => sessionOf(namespace) ?? [])
    const sessions = session === undefined ? inNamespaces : (inNamespaces ?? [session]).filter((id) => id === session)
    return { ...(owner && { owner }), ...(sessions && { sessions }), ...(typed && { types: typed }) }
  }

  /** Policy once more, on what was read: the last line of defence against a mistake above. */
  #mayFind(hit: LexicalHit): boolean {
    const { caller } = this.#guard
    if (hit.kind === 'event') return ownsSession(caller, hit.owner)
    return this.#guard.may('read', hit.namespace)
  }
}

/** The session whose events a namespace names, if it names a whole one. */
function sessionOf(namespace: string): string | undefined {
  const [prefix, id, ...rest] = namespace.split(':')
  return prefix === 'session' && rest.length === 0 ? id : undefined
}

function toHit(hit: LexicalHit): SearchHit {
  const { score, snippet, text, duplicates, explain } = hit
  const shown = {
    ...{ score: Math.round(score * 1e6) / 1e6, snippet },
    ...(text !== undefined && { text }),
    ...(duplicates !== undefined && { duplicates }),
    ...(explain && { explain }),
  }
  if (hit.kind === 'memory') {
    const { kind, namespace, key, version, recordedAt } = hit
    return { kind, ref: { namespace, key, version }, time: toIso(recordedAt), ...shown }
  }
  if (hit.kind === 'document') {
    const { kind, namespace, root, path, heading, lines, chunk, modifiedAt } = hit
    const ref = { namespace, root, path, heading: heading === '' ? null : heading, lines, chunk }
    return { kind, ref, time: toIso(modifiedAt), ...shown }
  }
  const { kind, session, seq, eventId, timestamp } = hit
  return { kind, ref: { session, seq, eventId }, time: toIso(timestamp), ...shown }
}
