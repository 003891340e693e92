import type { Database } from 'better-sqlite3'
import { everything, type Span, spansOfAll } from '../../access/namespace.js'
import type { MemoryRow } from '../../memories/memory.js'
import { covers, isExpired, visibleVersion } from '../../memories/versions.js'
import type { ListedMemory, MemoryAddress, MemoryQuery, MomentInput } from '../storage.js'
import { exactVersion, latestVersion, memoryColumns, type StoredMemory, versionsBelow } from './memory-rows.js'
import { all, type Parameters, sql, sqlFamily } from './statements.js'

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
   from memory_entries l
   cross join memory_entries m
     on m.id = case when l.recorded_at <= :knownAt and ${covering('l')} then l.id else ${visibleId('l')} end
   where l.superseded_at is null and m.is_deleted = 0 and ${alive('l')} and ${alive('m')}`

const tombstones = `
   from memory_entries l
   cross join memory_entries m on m.id = l.id
   where l.superseded_at is null and l.is_deleted = 1`

const filters = `
     and (:type is null or m.type = :type)
     and (:createdBy is null or m.created_by = :createdBy)
     and (:metadata is null or not exists (
       select 1
       from json_each(:metadata) wanted
       left join json_each(m.metadata) held on held.key = wanted.key and held.type = wanted.type and held.atom is wanted.atom
       where held.key is null))`

const inSpan = 'l.namespace >= :from and l.namespace < :to'

const rows = { visible, tombstones }
type Rows = keyof typeof rows
const shapes = ['visible', 'tombstones'] as const satisfies Rows[]

/** One span in key order: a walk along the index of latest versions. */
const listByKey = sqlFamily(
  'memories.listByKey',
  shapes,
  (shape) => `select ${memoryColumns('m')}, m.id as place
   ${rows[shape]} and ${inSpan} and (l.namespace, l.key) > (:afterNamespace, :afterKey) ${filters}
   order by l.namespace, l.key
   limit :limit`,
)

/** Newest of some spans: all of the spans are read and sorted. */
const listSpanNewest = sqlFamily(
  'memories.listSpanNewest',
  shapes,
  (shape) => `select ${memoryColumns('m')}, m.id as place
   ${rows[shape]} and ${inSpan} and (l.recorded_at, l.id) < (:beforeTime, :beforePlace) ${filters}
   order by l.recorded_at desc, l.id desc
   limit :limit`,
)

/** Newest of the whole store: a walk along the index of the most selective filter. */
const listAllNewest = sqlFamily('memories.listAllNewest', ['all', 'type', 'createdBy'] as const, (shape) => {
  const index = { all: 'memory_by_recorded', type: 'memory_by_type', createdBy: 'memory_by_creator' }[shape]
  const equal = { all: '', type: 'and l.type = :type', createdBy: 'and l.created_by = :createdBy' }[shape]
  return `select ${memoryColumns('m')}, m.id as place
   ${visible.replace('memory_entries l', `memory_entries l indexed by ${index}`)}
     ${equal} and (l.recorded_at, l.id) < (:beforeTime, :beforePlace) ${filters}
   order by l.recorded_at desc, l.id desc
   limit :limit`
})

type Listed = ListedMemory & StoredMemory

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
  const [afterNamespace, afterKey] = (query.after as [string, string] | undefined) ?? ['', '']
  const found: Listed[] = []
  for (const span of query.spans) {
    if (found.length >= query.limit) break
    const limit = query.limit - found.length
    found.push(
      ...all<Listed>(db, listByKey[shape], { ...parameters, ...bounds(span), afterNamespace, afterKey, limit }),
    )
  }
  return found
}

function newest(db: Database, query: MemoryQuery, shape: Rows, parameters: Parameters): Listed[] {
  const [beforeTime, beforePlace] = (query.after as [number, number] | undefined) ?? [max, max]
  const before = { beforeTime, beforePlace }
  if (coversStore(query.spans) && shape === 'visible') {
    const filter = query.createdBy !== undefined ? 'createdBy' : query.type !== undefined ? 'type' : 'all'
    return all<Listed>(db, listAllNewest[filter], { ...parameters, ...before })
  }
  const found = query.spans.flatMap((span) =>
    all<Listed>(db, listSpanNewest[shape], { ...parameters, ...bounds(span), ...before }),
  )
  return found.sort((a, b) => b.recordedAt - a.recordedAt || b.place - a.place).slice(0, query.limit)
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
): StoredMemory[] {
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

const liveNamespaces = sql(
  'memories.namespaces',
  `select l.namespace, count(*) as memories
   from memory_entries l
   where l.superseded_at is null and l.namespace > :after and l.namespace >= :from and l.namespace < :to
     and l.is_deleted = 0 and ${alive('l')}
   group by l.namespace
   order by l.namespace
   limit :limit`,
)

export function listNamespaces(
  db: Database,
  query: { spans: Span[]; after: string; limit: number; now: number },
): { namespace: string; memories: number }[] {
  const found: { namespace: string; memories: number }[] = []
  for (const span of query.spans) {
    if (found.length >= query.limit) break
    const limit = query.limit - found.length
    found.push(
      ...all<(typeof found)[number]>(db, liveNamespaces, {
        ...bounds(span),
        after: query.after,
        now: query.now,
        limit,
      }),
    )
  }
  return found
}
