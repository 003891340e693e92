import { z } from 'zod'
import { parseNamespace, parseSegment } from '../access/namespace.js'
import { invalidInput } from '../errors.js'
import { isPlainObject } from '../json.js'
import { memoryTypes } from '../memories/memory.js'
import { encodeMetadataFilter, metadataFilterSchema } from '../metadata-filter.js'
import { parse } from '../parse.js'
import { eventTypes } from '../sessions/event.js'
import type { MemoryAddress } from '../storage/memory-store.js'
import type { ItemAddress, LexicalQuery } from '../storage/search-store.js'
import { toMillis } from '../time.js'

export const searchKinds = ['memory', 'event', 'document'] as const
const searchModes = ['hybrid', 'lexical', 'semantic'] as const
const time = z.union([z.date(), z.string(), z.number()])

/** Of a filter: fields and plain values. */
const maxMetadataBytes = 65_536

const searchFields = z.strictObject({
  kinds: z.array(z.enum(searchKinds)).min(1).optional(),
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
  metadata: metadataFilterSchema.optional(),
  threshold: z.number().min(-1).max(1).optional(),
  perDocument: z.number().int().min(1).max(1000).optional(),
  duplicates: z.boolean().optional(),
  detail: z.enum(['short', 'full']).optional(),
  explain: z.boolean().optional(),
  mode: z.enum(searchModes).optional(),
})

export const searchOptionsSchema = searchFields.refine(
  ({ threshold = 0, mode }) => threshold >= 0 || mode === 'semantic',
  { path: ['threshold'], message: 'must be 0 to 1; only cosines, with mode semantic, go down to −1' },
)

/**
 * Filters, all applied before any limit. `namespaces` and what is below them; `types` of memories and of events, one
 * `session`, which leave documents out; the clocks of memories; `from` a time on, and before the time `to`, of an event, of a
 * memory's version or of a document's last change; `metadata` fields of memories and documents and the plain value each must
 * equal or, as a list, hold, or a list of values that it must all have. `limit` 10, at most 100; `offset` at most 1,000.
 *
 * `threshold` leaves out what holds less of the question by itself, by the weights of its words: 0 to 1, where .5 is half.
 * `perDocument` sections of one document at most (1). What says the same as a better hit, a turn said twice or a memory of
 * the same key elsewhere, but not another user's, is counted there, in `duplicates`, and left out, unless `duplicates` is
 * true. `detail: 'full'` brings the whole text of each hit, `explain` why it is there.
 *
 * `mode`: `lexical` goes by words, `semantic` by vectors, `hybrid` by both, which is the default where the store has vectors.
 * By vectors alone `score` is the cosine of the angle between question and hit, −1 to 1, and `threshold` the least of it. By
 * both, what holds too little of the question stays in where its nearness is chance with a probability of at most 1 − threshold.
 * With `knownAt` all of them go by words, whose scores and shares these are then, and `degraded` says so.
 */
export type SearchOptions = z.input<typeof searchOptionsSchema>

const refs = {
  memory: z.object({ namespace: z.string(), key: z.string(), version: z.number().int().optional() }),
  event: z.object({ session: z.string(), seq: z.number().int() }),
  document: z.object({
    namespace: z.string(),
    root: z.string(),
    path: z.string(),
    lines: z.array(z.number().int()).min(1),
    chunk: z.number().int().min(0).optional(),
  }),
}

const similarToSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('memory'), ref: refs.memory }),
  z.object({ kind: z.literal('event'), ref: refs.event }),
  z.object({ kind: z.literal('document'), ref: refs.document }),
])

type HitLike = z.input<typeof similarToSchema>

/** A hit, what it says of itself: its `kind` and `ref`, or its `ref` alone. Of a memory without `version` it is the current one. */
export type SimilarTo = HitLike | HitLike['ref']

const howToName =
  "Pass a hit of search(), its ref, or one of { kind: 'memory', ref: { namespace, key, version } }, " +
  "{ kind: 'event', ref: { session, seq } } and { kind: 'document', ref: { namespace, root, path, lines } }."

/** A memory may be named without its version. */
export type NamedItem =
  | Exclude<ItemAddress, { kind: 'memory' }>
  | (MemoryAddress & { kind: 'memory'; version?: number })

export function parseItem(item: unknown): NamedItem {
  const { kind, ref } = parse(similarToSchema, withKind(item), 'item', howToName)
  if (kind === 'memory') {
    const { namespace, key, version } = ref
    return { kind, namespace: parseNamespace(namespace), key, ...(version !== undefined && { version }) }
  }
  if (kind === 'event') return { kind, session: parseSegment(ref.session, 'The session id'), seq: ref.seq }
  const { namespace, root, path, lines, chunk } = ref
  const place = { root, path, line: lines[0] ?? 0, ...(chunk !== undefined && { chunk }) }
  return { kind, namespace: parseNamespace(namespace), ...place }
}

/** A ref that stands alone tells by its fields what it is of. */
function withKind(item: unknown): unknown {
  if (!isPlainObject(item) || 'kind' in item || 'ref' in item) return item
  const kind = searchKinds.find((kind) => ownField[kind] in item)
  return kind === undefined ? item : { kind, ref: item }
}

const ownField = { memory: 'key', event: 'session', document: 'path' }

export type Filters = Pick<LexicalQuery, 'limit'> & Partial<LexicalQuery>

export function parseFilters(options: z.output<typeof searchOptionsSchema>): Filters {
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
    mode,
  } = options
  return {
    ...{ limit, offset, fold: !duplicates },
    ...(from !== undefined && { from: toMillis(from, 'from') }),
    ...(to !== undefined && { to: toMillis(to, 'to') }),
    ...(metadata && { metadata: encodeMetadataFilter(metadata, maxMetadataBytes) }),
    ...(threshold !== undefined && { threshold }),
    ...(perDocument !== undefined && { perDocument }),
    ...(detail && { detail }),
    ...(explain !== undefined && { explain }),
    ...(mode && { mode }),
  }
}

/** The options of a method that goes by one mode; a caller without types may have asked for another. */
export function withMode(mode: 'semantic' | 'hybrid', options: Omit<SearchOptions, 'mode'>): SearchOptions {
  const { mode: asked } = { ...options } as SearchOptions
  if (asked === undefined) return { ...options, mode }
  throw invalidInput(`${mode}Search goes by its own mode, and takes none.`, 'Pass a mode to search().')
}
