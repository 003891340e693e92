import type { Database } from 'better-sqlite3'
import type { ItemText } from '../../search/index-text.js'
import type { MemoryAddress, MemoryUpdate, NewMemory, VersionGuard, VersionStamp } from '../memory-store.js'
import type { Author } from '../storage.js'
import { append, appendFirst, type NextVersion, tombstone } from './memory-append.js'
import { exactVersion, isAlive, latestVersion, type StoredMemory, versionsBelow } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'
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
  { entries, author }: { entries: (NewMemory & { text?: ItemText })[]; author: Author },
): VersionStamp[] | Refusal {
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
  const next: NextVersion = {
    type: before.type,
    chain: before.chain,
    value: input.value,
    metadata: input.metadata ?? before.metadata,
    validFrom: input.validFrom,
    validTo: input.validTo,
    expiresAt: input.expiresAt === undefined ? before.expiresAt : input.expiresAt,
    deleted: 0,
    ...(input.origins && { origins: input.origins }),
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
    { ...source, chain: before.chain, validFrom: null, validTo: null, expiresAt, originsOf: source.id },
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
  const next = { ...source, validFrom: null, validTo: null, expiresAt: before.expiresAt, originsOf: source.id }
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

export function refuseChange(before: StoredMemory, input: MemoryAddress & VersionGuard): Refusal | undefined {
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

export function notFound({ namespace, key }: MemoryAddress): Refusal {
  return refuse('not_found', `There is no memory ${namespace} ${key}.`, {
    hint: 'Use add for a new one, restore for a deleted one.',
  })
}

function noSuchVersion({ namespace, key }: MemoryAddress, version: number | undefined): Refusal {
  return refuse('not_found', `${namespace} ${key} has no version ${version ?? 'with a value'} to take a value from.`, {
    hint: 'See its history for the versions there are.',
  })
}
