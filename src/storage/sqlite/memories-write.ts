import type { Database } from 'better-sqlite3'
import type { ItemText } from '../../search/index-text.js'
import type { OriginRights } from '../memory-change-store.js'
import type { MemoryAddress, MemoryUpdate, NewMemory, VersionGuard, VersionStamp } from '../memory-store.js'
import type { Author } from '../storage.js'
import { append, appendFirst, type NextVersion, tombstone } from './memory-append.js'
import { notFound, refuseChange, refuseStale } from './memory-refusals.js'
import { isAlive, latestVersion, type StoredMemory } from './memory-rows.js'
import { isRefusal, type Refusal, refuse } from './operation.js'
import { resolveOrigins } from './origin-sources.js'
import { all, sql } from './statements.js'

const expired = sql(
  'memories.expired',
  `select namespace, key
   from memory_entries
   where superseded_at is null and expires_at is not null and is_deleted = 0 and expires_at <= :now
   order by expires_at
   limit :limit`,
)

const oldEpisodes = sql(
  'memories.oldEpisodes',
  `select namespace, key
   from memory_entries
   where type = 'episodic' and superseded_at is null and recorded_at <= :before and is_deleted = 0
   order by recorded_at
   limit :limit`,
)

export function addMemories(
  db: Database,
  input: { entries: (NewMemory & { text?: ItemText })[]; author: Author } & OriginRights,
): VersionStamp[] | Refusal {
  const { author } = input
  const entries = withOrigins(db, input)
  if (isRefusal(entries)) return entries
  const [only] = entries
  const first = entries.length === 1 && only ? appendFirst(db, only, author) : undefined
  if (first) return [first]
  const before = entries.map((entry) => latestVersion(db, entry))
  const refusal = refuseTaken(entries, before, author.now)
  if (refusal) return refusal
  return entries.map((entry, index) => {
    const last = before[index]
    return append(db, entry, last, { ...entry, chain: last?.chain ?? entry.chain, deleted: 0 }, 'create', author)
  })
}

type Entry = NewMemory & { text?: ItemText }

function withOrigins(db: Database, input: { entries: Entry[]; author: Author } & OriginRights): Entry[] | Refusal {
  if (input.entries.every(({ origins }) => origins === undefined)) return input.entries
  const entries: Entry[] = []
  for (const entry of input.entries) {
    const resolved = resolveOrigins(db, entry, input)
    if (isRefusal(resolved)) return resolved
    entries.push({ ...entry, ...resolved })
  }
  return entries
}

function refuseTaken(entries: NewMemory[], before: (StoredMemory | undefined)[], now: number): Refusal | undefined {
  const seen = new Set<string>()
  const taken = entries.filter((entry, index) => {
    const id = `${entry.namespace}\n${entry.key}`
    const twice = seen.has(id)
    seen.add(id)
    return twice || isAlive(before[index], now)
  })
  if (taken.length === 0) return undefined
  const names = taken.slice(0, 5).map(({ namespace, key }) => `${namespace} ${key}`)
  const more = taken.length > 5 ? ` and ${taken.length - 5} more` : ''
  return refuse('already_exists', `Already there: ${names.join(', ')}${more}.`, {
    hint: 'Use update, or another key.',
    details: { taken: taken.map(({ namespace, key }) => ({ namespace, key })) },
  })
}

export function updateMemory(db: Database, input: MemoryUpdate): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (!isAlive(before, input.author.now)) return notFound(input)
  const refusal = refuseChange(before, input)
  if (refusal) return refusal
  const origins = resolveOrigins(db, input, input)
  if (isRefusal(origins)) return origins
  const next: NextVersion = {
    type: before.type,
    chain: before.chain,
    value: input.value,
    metadata: input.metadata ?? before.metadata,
    validFrom: input.validFrom,
    validTo: input.validTo,
    expiresAt: input.expiresAt === undefined ? before.expiresAt : input.expiresAt,
    deleted: 0,
    ...origins,
  }
  return append(db, input, before, next, 'update', input.author)
}

export function deleteMemory(
  db: Database,
  input: MemoryAddress & VersionGuard & { author: Author },
): VersionStamp | null | Refusal {
  const before = latestVersion(db, input)
  if (!isAlive(before, input.author.now)) return null
  return refuseStale(before, input) ?? append(db, input, before, tombstone(before), 'delete', input.author)
}

export function expireMemories(
  db: Database,
  { episodicBefore, limit, author }: { episodicBefore: number | null; limit: number; author: Author },
): number {
  const due = all<MemoryAddress>(db, expired, { now: author.now, limit })
  if (episodicBefore !== null && due.length < limit) {
    const known = new Set(due.map(({ namespace, key }) => `${namespace}\n${key}`))
    const old = all<MemoryAddress>(db, oldEpisodes, { before: episodicBefore, limit })
    due.push(...old.filter(({ namespace, key }) => !known.has(`${namespace}\n${key}`)).slice(0, limit - due.length))
  }
  for (const address of due) {
    const before = latestVersion(db, address)
    if (before) append(db, address, before, tombstone(before), 'expire', author)
  }
  return due.length
}
