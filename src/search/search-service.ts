import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseNamespace, parseSegment } from '../access/namespace.js'
import { ownsSession, readable } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { CairnError, invalidInput } from '../errors.js'
import { describe, encodeJsonObject } from '../json.js'
import { type MemoryType, memoryTypes } from '../memories/memory.js'
import { parseMoment } from '../memories/memory-inputs.js'
import { objectOf, parse } from '../parse.js'
import { type EventType, eventTypes } from '../sessions/event.js'
import type { HitExplanation, ItemAddress, LexicalHit, LexicalQuery } from '../storage/search-store.js'
import type { Storage } from '../storage/storage.js'
import { toIso, toMillis } from '../time.js'
import { parseQuestion } from './question.js'
import type { Snippet } from './snippet.js'

const kinds = ['memory', 'event', 'document'] as const
const time = z.union([z.date(), z.string(), z.number()])

/** Of a filter: fields and plain values. */
const maxMetadataBytes = 65_536

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
  from: time.optional(),
  to: time.optional(),
  metadata: objectOf(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  threshold: z.number().min(0).max(1).optional(),
  perDocument: z.number().int().min(1).max(1000).optional(),
  duplicates: z.boolean().optional(),
  detail: z.enum(['short', 'full']).optional(),
  explain: z.boolean().optional(),
})

/**
 * Filters, all applied before any limit. `namespaces` and what is below them; `types` of memories and of events, one
 * `session`, which leave documents out; the clocks of memories; `from` a time on, and before the time `to`, of an event, of a
 * memory's version or of a document's last change; `metadata` fields of memories and documents and the plain values they must
 * equal. `limit` 10, at most 100; `offset` at most 1,000.
 *
 * `threshold` leaves out what holds less of the question by itself, by the weights of its words: 0 to 1, where .5 is half.
 * `perDocument` sections of one document at most (1). What says the same as a better hit, a turn said twice or a memory of
 * the same key elsewhere, but not another user's, is counted there, in `duplicates`, and left out, unless `duplicates` is
 * true. `detail: 'full'` brings the whole text of each hit, `explain` why it is there.
 */
export type SearchOptions = z.input<typeof searchOptionsSchema>

/** Where in the documents: `path` is relative to `root`; the heading is null before the first; lines count from 1. */
export interface DocumentRef {
  namespace: string
  root: string
  path: string
  heading: string | null
  lines: [from: number, to: number]
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

  constructor({ storage, guard }: { storage: Storage; guard: Guard }) {
    this.#storage = storage
    this.#guard = guard
  }

  /** Best first. Any text is a question; one without a word finds nothing. Rejects with `invalid_input`, `forbidden` or `closed`. */
  async search(text: string, options: SearchOptions = {}): Promise<SearchResult> {
    const start = performance.now()
    if (typeof text !== 'string') throw invalidInput(`The question must be a text, not ${describe(text)}.`)
    const parsed = parse(searchOptionsSchema, options, 'search')
    const { hits, degraded } = await this.#storage.search.lexical({
      ...parseQuestion(text, this.#guard.now()),
      ...(await this.#scope(parsed)),
      ...parseMoment(parsed),
      ...parseFilters(parsed),
      now: this.#guard.now(),
    })
    await this.#guard.noteRead({ subject: 'store', operation: 'search' }, () => ({ text, options, found: hits.length }))
    const own = hits.filter((hit) => this.#mayFind(hit))
    return { hits: own.map(toHit), degraded, tookMs: Math.round((performance.now() - start) * 100) / 100 }
  }

  /**
   * What is like an item that was found, best first, without it. Rejects with `not_found` for what is not there or is not for
   * the caller, and like `search`.
   */
  async similar(item: SimilarTo, options: SearchOptions = {}): Promise<SearchResult> {
    const start = performance.now()
    const address = parseItem(item)
    const parsed = parse(searchOptionsSchema, options, 'search')
    const answer = await this.#storage.search.similar({
      address,
      ...(await this.#scope(parsed)),
      ...parseMoment(parsed),
      ...parseFilters(parsed),
      now: this.#guard.now(),
    })
    const found = answer?.hits.length ?? 0
    await this.#guard.noteRead({ subject: 'store', operation: 'search' }, () => ({ similar: address, options, found }))
    if (answer === null) {
      throw new CairnError('not_found', 'There is no such item to look for similar ones.', {
        hint: 'It may have changed or gone since it was found. Search for it again.',
      })
    }
    const own = answer.hits.filter((hit) => this.#mayFind(hit))
    const tookMs = Math.round((performance.now() - start) * 100) / 100
    return { hits: own.map(toHit), degraded: answer.degraded, tookMs }
  }

  async #scope(
    options: z.output<typeof searchOptionsSchema>,
  ): Promise<Pick<LexicalQuery, 'memories' | 'events' | 'documents'>> {
    const { types, kinds: wanted = kinds } = options
    const named = options.namespaces?.map(parseNamespace)
    const session = options.session === undefined ? undefined : parseSegment(options.session, 'The session id')
    const withEvents = wanted.includes('event')
    const memories = wanted.includes('memory') ? await this.#memoryScope(named, session, types, withEvents) : undefined
    const events = withEvents ? this.#eventScope(named, session, types) : undefined
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
    if (hit.kind === 'event') return ownsSession(caller, hit.owner)
    return this.#guard.may('read', hit.namespace)
  }
}

const similarToSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('memory'),
    ref: z.object({ namespace: z.string(), key: z.string(), version: z.number().int() }),
  }),
  z.object({ kind: z.literal('event'), ref: z.object({ session: z.string(), seq: z.number().int() }) }),
  z.object({
    kind: z.literal('document'),
    ref: z.object({
      namespace: z.string(),
      root: z.string(),
      path: z.string(),
      lines: z.array(z.number().int()).min(1),
    }),
  }),
])

/** What a hit says of itself: its `kind` and `ref`. */
export type SimilarTo = z.input<typeof similarToSchema>

function parseItem(item: unknown): ItemAddress {
  const { kind, ref } = parse(similarToSchema, item, 'item')
  if (kind === 'memory') return { kind, namespace: parseNamespace(ref.namespace), key: ref.key, version: ref.version }
  if (kind === 'event') return { kind, session: parseSegment(ref.session, 'The session id'), seq: ref.seq }
  const { namespace, root, path, lines } = ref
  return { kind, namespace: parseNamespace(namespace), root, path, line: lines[0] ?? 0 }
}

type Filters = Pick<LexicalQuery, 'limit'> & Partial<LexicalQuery>

function parseFilters(options: z.output<typeof searchOptionsSchema>): Filters {
  const {
    limit = 10,
    offset = 0,
    from,
    to,
    metadata,
    threshold,
    perDocument,
    duplicates = false,
    detail,
    explain,
  } = options
  return {
    ...{ limit, offset, fold: !duplicates },
    ...(from !== undefined && { from: toMillis(from, 'from') }),
    ...(to !== undefined && { to: toMillis(to, 'to') }),
    ...(metadata && { metadata: encodeJsonObject(metadata, 'metadata', maxMetadataBytes) }),
    ...(threshold !== undefined && { threshold }),
    ...(perDocument !== undefined && { perDocument }),
    ...(detail && { detail }),
    ...(explain !== undefined && { explain }),
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
    const { kind, namespace, root, path, heading, lines, modifiedAt } = hit
    const ref = { namespace, root, path, heading: heading === '' ? null : heading, lines }
    return { kind, ref, time: toIso(modifiedAt), ...shown }
  }
  const { kind, session, seq, eventId, timestamp } = hit
  return { kind, ref: { session, seq, eventId }, time: toIso(timestamp), ...shown }
}
