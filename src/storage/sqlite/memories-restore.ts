import type { Database } from 'better-sqlite3'
import { isExpired, versionsInSight } from '../../memories/versions.js'
import type { IntervalChange, MemoryAddress, VersionGuard, VersionStamp } from '../memory-store.js'
import type { Author } from '../storage.js'
import { append } from './memory-append.js'
import { notFound, refuseChange } from './memory-refusals.js'
import { exactVersion, isAlive, latestVersion, type StoredMemory, versionsBelow } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'

export interface RestoreInput extends MemoryAddress, IntervalChange {
  version?: number
  expiresAt?: number | null
  author: Author
}

export function restoreMemory(db: Database, input: RestoreInput): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (before === undefined) return notFound(input)
  if (isAlive(before, input.author.now)) {
    return refuse('already_exists', `${input.namespace} ${input.key} is not deleted.`, {
      hint: 'To take an earlier value again, use rollback.',
    })
  }
  return input.version === undefined ? restoreAll(db, before, input) : restoreOne(db, before, input, input.version)
}

function restoreOne(db: Database, before: StoredMemory, input: RestoreInput, version: number): VersionStamp | Refusal {
  const source = exactVersion(db, input, version)
  if (source === undefined || source.deleted === 1 || hadExpired(source, before, input)) {
    return noSuchVersion(input, version)
  }
  const interval = intervalFor(input, source)
  return refuseInterval(interval) ?? appendAgain(db, before, { ...source, ...interval }, input)
}

/** Each moment of valid time gets back the answer that it had, which may be of another version than the last. */
function restoreAll(db: Database, before: StoredMemory, input: RestoreInput): VersionStamp | Refusal {
  const sources = versionsInSight(lastLife(db, before)).reverse()
  const stays = new Set(sources.filter((source) => hadExpired(source, before, input)))
  let stamp: VersionStamp | undefined
  for (const source of sources) {
    const expiry = stays.has(source) ? source.expiresAt : input.expiresAt
    stamp = appendAgain(db, latestVersion(db, input) ?? before, source, { ...input, expiresAt: expiry ?? null })
  }
  return stamp ?? noSuchVersion(input, undefined)
}

/** The versions with a value since the memory was last deleted before, highest first. */
function* lastLife(db: Database, latest: StoredMemory): Iterable<StoredMemory> {
  let isAtTop = true
  for (const version of versionsBelow(db, latest, latest.version + 1)) {
    if (version.deleted === 0) yield version
    else if (!isAtTop) return
    if (version.deleted === 0) isAtTop = false
  }
}

function appendAgain(db: Database, before: StoredMemory, source: StoredMemory, input: RestoreInput): VersionStamp {
  const next = { ...source, chain: before.chain, expiresAt: input.expiresAt ?? null, originsOf: source.id }
  return append(db, input, before, next, 'restore', input.author, { toVersion: source.version })
}

/** A version that had expired while the memory was still there has gone for good, and does not come back with it. */
function hadExpired(source: StoredMemory, before: StoredMemory, { author }: { author: Author }): boolean {
  return isExpired(source, author.now) && !isExpired(before, author.now)
}

export function rollbackMemory(
  db: Database,
  input: MemoryAddress & VersionGuard & IntervalChange & { toVersion: number; author: Author },
): VersionStamp | Refusal {
  const before = latestVersion(db, input)
  if (!isAlive(before, input.author.now)) return notFound(input)
  const refusal = refuseChange(before, input)
  if (refusal) return refusal
  const source = exactVersion(db, input, input.toVersion)
  if (source === undefined || source.deleted === 1 || isExpired(source, input.author.now)) {
    return noSuchVersion(input, input.toVersion)
  }
  const interval = intervalFor(input, source)
  const next = { ...source, ...interval, expiresAt: before.expiresAt, originsOf: source.id }
  return (
    refuseInterval(interval) ??
    append(db, input, before, next, 'rollback', input.author, { toVersion: input.toVersion })
  )
}

type Interval = Pick<StoredMemory, 'validFrom' | 'validTo'>

function intervalFor({ validFrom, validTo }: IntervalChange, source: Interval): Interval {
  return {
    validFrom: validFrom === undefined ? source.validFrom : validFrom,
    validTo: validTo === undefined ? source.validTo : validTo,
  }
}

/** One bound may be given and the other be that of the version, so only both together can be looked at. */
function refuseInterval({ validFrom, validTo }: Interval): Refusal | undefined {
  if (validFrom === null || validTo === null || validFrom < validTo) return undefined
  return refuse('invalid_input', 'validFrom must be before validTo, and what is left out is that of the version.', {
    hint: 'Give both, or null for one that has no bound.',
  })
}

function noSuchVersion({ namespace, key }: MemoryAddress, version: number | undefined): Refusal {
  return refuse('not_found', `${namespace} ${key} has no version ${version ?? 'with a value'} to take a value from.`, {
    hint: 'See its history for the versions there are.',
  })
}
