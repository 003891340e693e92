import type { Database } from 'better-sqlite3'
import { compareBytes, type Span } from '../../access/namespace.js'
import type { NewOrigin, OriginRow } from '../../memories/origin.js'
import { isExpired } from '../../memories/versions.js'
import type { FoundByOrigin, OriginQuery, OriginRights, StoredOrigins } from '../memory-change-store.js'
import type { MemoryAddress } from '../memory-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { getMemory } from './memories-read.js'
import { notFound } from './memory-refusals.js'
import { latestVersion, memoryColumns, type StoredMemory } from './memory-rows.js'
import { isRefusal, type Refusal } from './operation.js'
import { insertOrigin } from './origin-rows.js'
import { resolveOrigin } from './origin-sources.js'
import { all, iterate, sql } from './statements.js'

// A session that has taken the id of a deleted one since is not where a memory came from.
const ofMemory = sql(
  'origins.ofMemory',
  `select kind, source, memory_origins.created_at as createdAt, created_by as createdBy, s.app_id as app, s.user_id as user
   from memory_origins
   left join sessions s
     on kind = 'event' and s.id = json_extract(source, '$.session') and s.created_at <= memory_origins.created_at
   where memory_id = :id
   order by kind, source`,
)

const bySource = sql(
  'origins.bySource',
  `select ${memoryColumns('m')}, o.source, m.id as place
   from memory_origins o indexed by memory_origins_by_source
   cross join memory_entries m on m.id = o.memory_id
   where o.kind = :kind and (o.source, o.memory_id) > (:afterSource, :afterPlace) and o.source < :to
   order by o.source, o.memory_id`,
)

export function linkOrigin(
  db: Database,
  input: MemoryAddress & OriginRights & { version?: number; origin: NewOrigin; author: Author },
): StoredOrigins | Refusal {
  const { author } = input
  const memory = getMemory(db, { ...input, now: author.now })
  if (memory === undefined || memory.deleted === 1) return notFound(input)
  const origin = resolveOrigin(db, input.origin, input)
  if (isRefusal(origin)) return origin
  const { namespace, key, version } = memory
  if (insertOrigin(db, memory.id, origin, author)) {
    const detail = JSON.stringify({ origin: origin.kind })
    audit(db, author, { subject: 'memory', operation: 'update', namespace, key, version, detail })
  }
  return { version, origins: originsOf(db, memory) }
}

export function readOrigins(
  db: Database,
  query: MemoryAddress & { version?: number; now: number },
): StoredOrigins | undefined {
  const memory = getMemory(db, query)
  return memory && { version: memory.version, origins: originsOf(db, memory) }
}

function originsOf(db: Database, { id }: StoredMemory): OriginRow[] {
  const rows = all<Omit<OriginRow, 'owner'> & { app: string | null; user: string | null }>(db, ofMemory, { id })
  return rows.map(({ app, user, ...origin }) => ({
    ...origin,
    owner: app === null || user === null ? null : { app, user },
  }))
}

export function findByOrigin(db: Database, query: OriginQuery): FoundByOrigin[] {
  const { kind, from, to, spans, now, limit } = query
  // Nothing has a place below 1, so this begins with the first that has the source `from`.
  const [afterSource, afterPlace] = query.after ?? [from, 0]
  const found: FoundByOrigin[] = []
  for (const row of iterate<FoundByOrigin & StoredMemory>(db, bySource, { kind, to, afterSource, afterPlace })) {
    if (found.length >= limit) break
    if (isWithin(row.namespace, spans) && isReadable(db, row, now)) found.push(row)
  }
  return found
}

function isWithin(namespace: string, spans: Span[]): boolean {
  return spans.some(({ from, to }) => compareBytes(namespace, from) >= 0 && compareBytes(namespace, to) < 0)
}

/** What has expired is not read any more, whichever version of it. */
function isReadable(db: Database, row: StoredMemory, now: number): boolean {
  const latest = latestVersion(db, row)
  return row.deleted === 0 && !isExpired(row, now) && latest !== undefined && !isExpired(latest, now)
}
