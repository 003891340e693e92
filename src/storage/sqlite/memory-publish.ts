import type { Database } from 'better-sqlite3'
import { encodeOrigin } from '../../memories/origin.js'
import type { MemoryAddress, VersionGuard, VersionStamp } from '../memory-store.js'
import type { Author } from '../storage.js'
import { getMemory } from './memories-read.js'
import { append } from './memory-append.js'
import { notFound, refuseChange } from './memory-refusals.js'
import { isAlive, latestVersion, type StoredMemory } from './memory-rows.js'
import { type Refusal, refuse } from './operation.js'

export function publishMemory(
  db: Database,
  input: { from: MemoryAddress; to: MemoryAddress; chain: string; author: Author } & VersionGuard,
): VersionStamp | Refusal {
  const { from, to, author } = input
  const source = getMemory(db, { ...from, now: author.now })
  if (source === undefined) return notFound(from)
  const before = latestVersion(db, to)
  const alive = isAlive(before, author.now)
  const refusal = alive ? refuseChange(before, { ...input, ...to }) : refuseAbsent(before, to, input)
  if (refusal) return refusal
  const { namespace, key, version } = source
  const origin = { namespace, key, version }
  const { type, value, metadata, validFrom, validTo, expiresAt } = source
  return append(
    db,
    to,
    before,
    {
      ...{ type: alive ? before.type : type, value, metadata, validFrom, validTo, expiresAt, deleted: 0 },
      chain: before?.chain ?? input.chain,
      origins: [encodeOrigin({ memory: origin })],
    },
    'publish',
    author,
    { from: origin },
  )
}

function refuseAbsent(
  before: StoredMemory | undefined,
  { namespace, key }: MemoryAddress,
  { ifVersion }: VersionGuard,
): Refusal | undefined {
  if (ifVersion === undefined) return undefined
  return refuse('conflict', `${namespace} ${key} is not there, so it is not at version ${ifVersion}.`, {
    hint: 'Leave ifVersion out to publish it anew.',
    details: { version: before?.version ?? null, expected: ifVersion },
  })
}
