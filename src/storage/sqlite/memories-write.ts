import type { Database } from 'better-sqlite3'
import type { AuditOperation } from '../../audit/audit.js'
import { decodeJson } from '../../json.js'
import type { MemoryRow, MemoryType } from '../../memories/memory.js'
import { coversAllTime } from '../../memories/versions.js'
import { memoryIndexText } from '../../search/index-text.js'
import type { Author, MemoryAddress, MemoryUpdate, NewMemory, VersionGuard, VersionStamp } from '../storage.js'
import { audit } from './audit-write.js'
import { exactVersion, isAlive, latestVersion, type StoredMemory, versionsBelow } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'
import { indexItem, unindexItem } from './search-index.js'
import { all, run, sql } from './statements.js'

const insert = sql(
  'memories.insert',
  `insert into memory_entries (
     chain, namespace, key, version, type, value, is_deleted, metadata, valid_from, valid_to, expires_at,
     recorded_at, created_at, created_by, updated_by)
   values (
     :chain, :namespace, :key, :version, :type, :value, :deleted, :metadata, :validFrom, :validTo, :expiresAt,
     :recordedAt, :createdAt, :createdBy, :updatedBy)`,
)

const supersede = sql(
  'memories.supersede',
  `update memory_entries
   set superseded_at = :supersededAt
   where id = :id`,
)

const unindexChain = sql(
  'memories.unindexChain',
  `delete from search_items
   where kind = 'memory' and ref in (
     select id from memory_entries
     where namespace = :namespace and key = :key and version < :version)`,
)

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

type NextVersion = Pick<MemoryRow, 'value' | 'metadata' | 'validFrom' | 'validTo' | 'expiresAt' | 'deleted'> & {
  type: MemoryType
  chain: string
}

export function addMemories(
  db: Database,
  { entries, author }: { entries: NewMemory[]; author: Author },
): VersionStamp[] | Refusal {
  const refusal = refuseTaken(db, entries, author.now)
  if (refusal) return refusal
  return entries.map((entry) => {
    const before = latestVersion(db, entry)
    return append(db, entry, before, { ...entry, chain: before?.chain ?? entry.chain, deleted: 0 }, 'create', author)
  })
}

function refuseTaken(db: Database, entries: NewMemory[], now: number): Refusal | undefined {
  const seen = new Set<string>()
  const taken = entries.filter((entry) => {
    const id = `${entry.namespace}\n${entry.key}`
    const twice = seen.has(id)
    seen.add(id)
    return twice || isAlive(latestVersion(db, entry), now)
  })
  if (taken.length === 0) return undefined
  const names = taken.slice(0, 5).map(({ namespace, key }) => `${namespace} ${key}`)
  return refuse(
    'already_exists',
    `Already there: ${names.join(', ')}${taken.length > 5 ? ` and ${taken.length - 5} more` : ''}.`,
    {
      hint: 'Use update, or another key.',
      details: { taken: taken.map(({ namespace, key }) => ({ namespace, key })) },
    },
  )
}

export function updateMemory(db: Database, input: MemoryUpdate): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (!isAlive(before, input.author.now)) return notFound(input)
  const refusal = refuseChange(before, input)
  if (refusal) return refusal
  const next: NextVersion = {
    type: before.type,
    chain: before.chain,
    value: input.value,
    metadata: input.metadata ?? before.metadata,
    validFrom: input.validFrom,
    validTo: input.validTo,
    expiresAt: input.expiresAt === undefined ? before.expiresAt : input.expiresAt,
    deleted: 0,
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

export function restoreMemory(
  db: Database,
  input: MemoryAddress & { version?: number; expiresAt?: number | null; author: Author },
): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (before === undefined) return notFound(input)
  if (isAlive(before, input.author.now)) {
    return refuse('already_exists', `${input.namespace} ${input.key} is not deleted.`, {
      hint: 'To take an earlier value again, use rollback.',
    })
  }
  const source = input.version === undefined ? lastValue(db, before) : exactVersion(db, input, input.version)
  if (source === undefined || source.deleted === 1) return noSuchVersion(input, input.version)
  const expiresAt = input.expiresAt ?? null
  return append(
    db,
    input,
    before,
    { ...source, chain: before.chain, validFrom: null, validTo: null, expiresAt },
    'restore',
    input.author,
  )
}

function lastValue(db: Database, latest: StoredMemory): StoredMemory | undefined {
  if (latest.deleted === 0) return latest
  for (const version of versionsBelow(db, latest, latest.version)) if (version.deleted === 0) return version
  return undefined
}

export function rollbackMemory(
  db: Database,
  input: MemoryAddress & VersionGuard & { toVersion: number; author: Author },
): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (!isAlive(before, input.author.now)) return notFound(input)
  const refusal = refuseChange(before, input)
  if (refusal) return refusal
  const source = exactVersion(db, input, input.toVersion)
  if (source === undefined || source.deleted === 1) return noSuchVersion(input, input.toVersion)
  const next = { ...source, validFrom: null, validTo: null, expiresAt: before.expiresAt }
  return append(db, input, before, next, 'rollback', input.author, { toVersion: input.toVersion })
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

/** Appends one version: the row, the mark on the one before, full text and the audit line. */
export function append(
  db: Database,
  { namespace, key }: MemoryAddress,
  before: StoredMemory | undefined,
  next: NextVersion,
  operation: AuditOperation,
  author: Author,
  detail?: Record<string, unknown>,
): VersionStamp {
  // A clock that was set back must not reorder the chain.
  const recordedAt = Math.max(author.now, before?.recordedAt ?? 0)
  const version = (before?.version ?? 0) + 1
  const createdAt = before?.createdAt ?? recordedAt
  const createdBy = before?.createdBy ?? author.actor
  const { chain, type, value, metadata, validFrom, validTo, expiresAt, deleted } = next
  const stamp: VersionStamp = {
    namespace,
    key,
    version,
    chain,
    type,
    value,
    metadata,
    validFrom,
    validTo,
    expiresAt,
    recordedAt,
    createdAt,
    createdBy,
  }
  if (before) run(db, supersede, { id: before.id, supersededAt: recordedAt })
  const { id } = run(db, insert, { ...stamp, deleted, updatedBy: author.actor })
  reindex(db, id, before, stamp, deleted)
  audit(db, author, {
    subject: 'memory',
    operation,
    namespace,
    key,
    version,
    ...(detail && { detail: JSON.stringify(detail) }),
  })
  return stamp
}

/** Versions that can still be the answer for some moment of valid time stay in the index; all others leave it. */
function reindex(
  db: Database,
  id: number,
  before: StoredMemory | undefined,
  stamp: VersionStamp,
  deleted: 0 | 1,
): void {
  if (before && coversAllTime({ ...stamp, deleted })) {
    if (coversAllTime(before)) unindexItem(db, 'memory', before.id)
    else run(db, unindexChain, { namespace: stamp.namespace, key: stamp.key, version: stamp.version })
  }
  if (deleted === 1) return
  const { namespace, type, recordedAt } = stamp
  const item = { kind: 'memory' as const, ref: id, namespace, owner: null, type, time: recordedAt }
  indexItem(db, item, memoryIndexText(stamp, decodeJson(stamp.value)))
}

/** A deletion is a version without a value; it keeps `expiresAt`, so that expiry looks the same before and after its job. */
function tombstone(before: StoredMemory): NextVersion {
  return { ...before, value: 'null', validFrom: null, validTo: null, deleted: 1 }
}

function refuseChange(before: StoredMemory, input: MemoryAddress & VersionGuard): Refusal | undefined {
  if (before.type === 'episodic') {
    return refuse('immutable', `${input.namespace} ${input.key} is episodic: what happened is not changed.`, {
      hint: 'Add another memory about what you learned since, or delete this one.',
    })
  }
  return refuseStale(before, input)
}

function refuseStale(
  before: StoredMemory,
  { namespace, key, ifVersion, ifChain }: MemoryAddress & VersionGuard,
): Refusal | undefined {
  if (ifVersion === undefined || (ifVersion === before.version && (ifChain === undefined || ifChain === before.chain)))
    return undefined
  const otherLife = ifVersion === before.version ? ' of another life of this key' : ''
  return refuse('conflict', `${namespace} ${key} is at version ${before.version}, not at ${ifVersion}${otherLife}.`, {
    hint: 'Read it again, apply your change to what is there now, and retry with its version.',
    details: { version: before.version, expected: ifVersion },
  })
}

function notFound({ namespace, key }: MemoryAddress): Refusal {
  return refuse('not_found', `There is no memory ${namespace} ${key}.`, {
    hint: 'Use add for a new one, restore for a deleted one.',
  })
}

function noSuchVersion({ namespace, key }: MemoryAddress, version: number | undefined): Refusal {
  return refuse('not_found', `${namespace} ${key} has no version ${version ?? 'with a value'} to take a value from.`, {
    hint: 'See its history for the versions there are.',
  })
}
