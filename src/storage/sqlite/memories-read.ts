import type { Database } from 'better-sqlite3'
import { compareBytes, everything, type Span, spansOfAll } from '../../access/namespace.js'
import type { MemoryRow } from '../../memories/memory.js'
import { covers, isExpired, visibleVersion } from '../../memories/versions.js'
import type { ListedMemory, MemoryAddress, MemoryQuery, MomentInput } from '../memory-store.js'
import {
  exactVersion,
  latestVersion,
  memoryColumns,
  rowColumns,
  type StoredMemory,
  versionsBelow,
} from './memory-rows.js'
import { hasMetadata } from './metadata-match.js'
import { all, get, type Parameters, sql, sqlFamily } from './statements.js'

const max = Number.MAX_SAFE_INTEGER

export interface MemoryRead extends MemoryAddress {
  version?: number
  moment?: MomentInput
  now: number
}

/** The visible version, or exactly the one asked for; undefined when there is none, or when it has expired. */
export function getMemory(db: Database, read: MemoryRead): StoredMemory | undefined {
  const latest = latestVersion(db, read)
  if (latest === undefined || isExpired(latest, read.now)) return undefined
  const found = read.version === undefined ? visibleAt(db, read, latest) : exactVersion(db, read, read.version)
  return found === undefined || isExpired(found, read.now) ? undefined : found
}

function visibleAt(db: Database, read: MemoryRead, latest: StoredMemory): StoredMemory | undefined {
  const { validAt = read.now, knownAt = max } = read.moment ?? {}
  if (latest.recordedAt > knownAt || !covers(latest, validAt))
    return visibleVersion(versionsBelow(db, read, max), { validAt, knownAt })
  return latest.deleted === 1 ? undefined : latest
}

const covering = (alias: string): string =>
  `(${alias}.is_deleted = 1
    or (ifnull(${alias}.valid_from, :validAt) <= :validAt and (${alias}.valid_to is null or ${alias}.valid_to > :validAt)))`

const alive = (alias: string): string => `(${alias}.expires_at is null or ${alias}.expires_at > :now)`

/** The two-clock rule: the id of the version of a chain that is visible at (:validAt, :knownAt). */
const visibleId = (alias: string): string =>
  `(select v.id
    from memory_entries v
    where v.namespace = ${alias}.namespace and v.key = ${alias}.key
      and v.recorded_at <= :knownAt and ${covering('v')}
    order by v.version desc
    limit 1)`

/** Starts from the latest row of each chain, which mostly is the visible one, and looks further down only where not. */
const visible = `
   from memory_entries l indexed by memory_latest
   cross join memory_entries m
     on m.id = case when l.recorded_at <= :knownAt and ${covering('l')} then l.id else ${visibleId('l')} end
   where l.superseded_at is null and m.is_deleted = 0 and ${alive('l')} and ${alive('m')}`

const tombstones = `
   from memory_entries l indexed by memory_deleted
   cross join memory_entries m on m.id = l.id
   where l.superseded_at is null and l.is_deleted = 1 and ${alive('l')}`

const filters = `
     and (:type is null or m.type = :type)
     and (:createdBy is null or m.created_by = :createdBy)
     and (:metadata is null or ${hasMetadata('m.metadata')})`

const inSpan = (alias: string): string => `${alias}.namespace >= :from and ${alias}.namespace < :to`

const rows = { visible, tombstones }
type Rows = keyof typeof rows
const shapes = ['visible', 'tombstones'] as const satisfies Rows[]

const visibleInChain = sql(
  'memories.visibleInChain',
  `select m.id
   ${visible} and l.namespace = :namespace and l.key = :key`,
)

/** The id of the version that `getMemory` reads, without reading the versions on the way to it one by one. */
export function visibleVersionId(
  db: Database,
  { namespace, key, moment, now }: Omit<MemoryRead, 'version'>,
): number | undefined {
  const { validAt = now, knownAt = max } = moment ?? {}
  return get<{ id: number }>(db, visibleInChain, { namespace, key, validAt, knownAt, now })?.id
}

/** One span in key order: a walk along the index of latest versions. */
const listByKey = sqlFamily(
  'memories.listByKey',
  shapes,
  (shape) => `select ${rowColumns('m')}
   ${rows[shape]} and l.namespace < :to and (l.namespace, l.key) > (:afterNamespace, :afterKey) ${filters}
   order by l.namespace, l.key
   limit :limit`,
)

/** The same where each latest version is the visible one, which saves a look at every row twice. */
const listLatestByKey = sqlFamily(
  'memories.listLatestByKey',
  ['all', 'filtered'] as const,
  (shape) => `select ${rowColumns('m')}
   from memory_entries m indexed by memory_latest
   where m.superseded_at is null and m.is_deleted = 0 and ${alive('m')}
     and m.namespace < :to and (m.namespace, m.key) > (:afterNamespace, :afterKey) ${shape === 'filtered' ? filters : ''}
   order by m.namespace, m.key
   limit :limit`,
)

/** Whether a latest version of a span holds for a part of valid time only. */
const anyBounded = sql(
  'memories.anyBounded',
  `select 1
   from memory_entries
   where superseded_at is null and (valid_from is not null or valid_to is not null)
     and namespace >= :from and namespace < :to
   limit 1`,
)

/** Newest of some spans: all of the spans are read and sorted, by their numbers alone, which halves the time. */
const listSpanNewest = sqlFamily(
  'memories.listSpanNewest',
  shapes,
  (shape) => `select ${rowColumns('m')}, f.place, f.changedAt
   from (
     select m.id, l.id as place, l.recorded_at as changedAt
     ${rows[shape]} and ${inSpan('l')} and (l.recorded_at, l.id) < (:beforeTime, :beforePlace) ${filters}
     order by l.recorded_at desc, l.id desc
     limit :limit) f
   cross join memory_entries m on m.id = f.id
   order by f.changedAt desc, f.place desc`,
)

/** Newest of the whole store: a walk along the index of the most selective filter. */
const listAllNewest = sqlFamily('memories.listAllNewest', ['all', 'type', 'createdBy'] as const, (shape) => {
  const index = { all: 'memory_by_recorded', type: 'memory_by_type', createdBy: 'memory_by_creator' }[shape]
  const equal = { all: '', type: 'and l.type = :type', createdBy: 'and l.created_by = :createdBy' }[shape]
  return `select ${rowColumns('m')}, l.id as place, l.recorded_at as changedAt
   ${visible.replace('memory_latest', index)}
     ${equal} and (l.recorded_at, l.id) < (:beforeTime, :beforePlace) ${filters}
   order by l.recorded_at desc, l.id desc
   limit :limit`
})

type Listed = Required<ListedMemory>

export function listMemories(db: Database, query: MemoryQuery): Listed[] {
  const { validAt = query.now, knownAt = max } = query.moment ?? {}
  const parameters: Parameters = {
    type: query.type ?? null,
    createdBy: query.createdBy ?? null,
    metadata: query.metadata ?? null,
    validAt,
    knownAt,
    now: query.now,
    limit: query.limit,
  }
  const shape = query.deleted ? 'tombstones' : 'visible'
  return query.order === 'key' ? byKey(db, query, shape, parameters) : newest(db, query, shape, parameters)
}

function byKey(db: Database, query: MemoryQuery, shape: Rows, parameters: Parameters): Listed[] {
  const statement = latestSuffices(db, query) ? listLatestByKey[filterShape(query)] : listByKey[shape]
  let found: Listed[] = []
  for (const span of query.spans) {
    const limit = query.limit - found.length
    if (limit <= 0) break
    const rows = all<Listed>(db, statement, { ...parameters, ...lowerBound(span, query.after), to: span.to, limit })
    found = found.length === 0 ? rows : found.concat(rows)
  }
  return found
}

/** Where a span begins, or the cursor if that is further on: one bound, which the index takes whole. No key is empty. */
function lowerBound({ from }: Span, after: MemoryQuery['after']): { afterNamespace: string; afterKey: string } {
  const [afterNamespace, afterKey] = (after as [string, string] | undefined) ?? ['', '']
  return compareBytes(afterNamespace, from) >= 0 ? { afterNamespace, afterKey } : { afterNamespace: from, afterKey: '' }
}

/** One look from the first span to the last; what lies between them can only send the query the longer way. */
function latestSuffices(
  db: Database,
  { moment, deleted, spans }: Pick<MemoryQuery, 'moment' | 'deleted' | 'spans'>,
): boolean {
  const [from, to] = [spans[0]?.from, spans.at(-1)?.to]
  if (moment !== undefined || deleted || from === undefined || to === undefined) return false
  return get(db, anyBounded, { from, to }) === undefined
}

function filterShape({ type, createdBy, metadata }: MemoryQuery): 'all' | 'filtered' {
  return type === undefined && createdBy === undefined && metadata === undefined ? 'all' : 'filtered'
}

function newest(db: Database, query: MemoryQuery, shape: Rows, parameters: Parameters): Listed[] {
  const [beforeTime, beforePlace] = (query.after as [number, number] | undefined) ?? [max, max]
  const before = { beforeTime, beforePlace }
  if (coversStore(query.spans) && shape === 'visible')
    return all<Listed>(db, listAllNewest[leadingFilter(query)], { ...parameters, ...before })
  const found = query.spans.flatMap((span) =>
    all<Listed>(db, listSpanNewest[shape], { ...parameters, ...bounds(span), ...before }),
  )
  return found.sort((a, b) => b.changedAt - a.changedAt || b.place - a.place).slice(0, query.limit)
}

/** A new life of a key may have another type, so in the past the latest version does not tell the type of the visible one. */
function leadingFilter({ createdBy, type, moment }: MemoryQuery): 'all' | 'type' | 'createdBy' {
  if (createdBy !== undefined) return 'createdBy'
  return type !== undefined && moment?.knownAt === undefined ? 'type' : 'all'
}

function bounds(span: Span): { from: string; to: string } {
  return { from: span.from, to: span.to }
}

function coversStore(spans: Span[]): boolean {
  return spans.length === 1 && spans[0]?.from === ''
}

/** All visible memories of some namespaces, without a limit. */
export function visibleMemories(
  db: Database,
  namespaces: string[] | undefined,
  now: number,
  moment?: MomentInput,
): MemoryRow[] {
  const spans = namespaces === undefined ? [everything] : spansOfAll(namespaces)
  return listMemories(db, { spans, order: 'key', now, limit: max, ...(moment && { moment }) })
}

const history = sql(
  'memories.history',
  `select ${memoryColumns('m')}
   from memory_entries m
   where m.namespace = :namespace and m.key = :key and m.version < :before and ${alive('m')}
   order by m.version desc
   limit :limit`,
)

export function memoryHistory(
  db: Database,
  query: MemoryAddress & { before: number; limit: number; now: number },
): MemoryRow[] {
  const { namespace, key, before, limit, now } = query
  const latest = latestVersion(db, query)
  return latest === undefined || isExpired(latest, now)
    ? []
    : all<MemoryRow>(db, history, { namespace, key, before, limit, now })
}

const latestAlive = `
   from memory_entries l indexed by memory_latest
   where l.superseded_at is null and l.is_deleted = 0 and ${alive('l')}`

const liveNamespaces = sqlFamily(
  'memories.namespaces',
  ['latest', 'visible'] as const,
  (shape) => `select l.namespace, count(*) as memories
   ${shape === 'latest' ? latestAlive : visible} and l.namespace > :after and ${inSpan('l')}
   group by l.namespace
   order by l.namespace
   limit :limit`,
)

export function listNamespaces(
  db: Database,
  query: { spans: Span[]; after: string; limit: number; now: number },
): { namespace: string; memories: number }[] {
  const { after, now } = query
  const statement = liveNamespaces[latestSuffices(db, query) ? 'latest' : 'visible']
  const found: { namespace: string; memories: number }[] = []
  for (const span of query.spans) {
    const limit = query.limit - found.length
    if (limit <= 0) break
    const parameters = { ...bounds(span), after, now, validAt: now, knownAt: max, limit }
    found.push(...all<(typeof found)[number]>(db, statement, parameters))
  }
  return found
}
