import type { Database } from 'better-sqlite3'
import type { AuditOperation } from '../../audit/audit.js'
import { decodeJson } from '../../json.js'
import type { MemoryRow, MemoryType } from '../../memories/memory.js'
import type { NewOrigin } from '../../memories/origin.js'
import { coversAllTime } from '../../memories/versions.js'
import { type ItemText, memoryScope, memoryText } from '../../search/index-text.js'
import type { MemoryAddress, NewMemory, VersionStamp } from '../memory-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import type { StoredMemory } from './memory-rows.js'
import { setOrigins } from './origin-rows.js'
import { indexItem, unindexItem } from './search-index.js'
import { run, sql } from './statements.js'

const insertVersion = `insert into memory_entries (
     chain, namespace, key, version, type, value, is_deleted, metadata, valid_from, valid_to, expires_at,
     recorded_at, created_at, created_by, updated_by)
   values (
     :chain, :namespace, :key, :version, :type, :value, :deleted, :metadata, :validFrom, :validTo, :expiresAt,
     :recordedAt, :createdAt, :createdBy, :updatedBy)`

const insert = sql('memories.insert', insertVersion)

const insertFirst = sql(
  'memories.insertFirst',
  `${insertVersion}
   on conflict do nothing`,
)

const supersede = sql(
  'memories.supersede',
  `update memory_entries
   set superseded_at = :supersededAt
   where id = :id`,
)

export const unindexChain = sql(
  'memories.unindexChain',
  `delete from search_items
   where kind = 'memory' and ref in (
     select id from memory_entries
     where namespace = :namespace and key = :key and version < :version)`,
)

export type NextVersion = Pick<MemoryRow, 'value' | 'metadata' | 'validFrom' | 'validTo' | 'expiresAt' | 'deleted'> & {
  type: MemoryType
  chain: string
  origins?: NewOrigin[]
  /** The row whose origins are this version's as well, since it has its value. */
  originsOf?: number
  /** Its words, where the calling thread has prepared them. */
  text?: ItemText
}

/** Appends one version: the row, the mark on the one before, full text and the audit line. */
export function append(
  db: Database,
  address: MemoryAddress,
  before: StoredMemory | undefined,
  next: NextVersion,
  operation: AuditOperation,
  author: Author,
  detail?: Record<string, unknown>,
): VersionStamp {
  const stamp = stampOf(address, before, next, author, operation === 'create')
  if (before) run(db, supersede, { id: before.id, supersededAt: stamp.recordedAt })
  const { id } = run(db, insert, { ...stamp, deleted: next.deleted, updatedBy: author.actor })
  reindex(db, id, before, stamp, next)
  setOrigins(db, id, next, author)
  const { namespace, key, version } = stamp
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

/**
 * Appends the first version of a key, or undefined, with nothing written, when the key has versions. It asks and writes
 * in one statement, since most of what is added is new.
 */
export function appendFirst(
  db: Database,
  entry: NewMemory & { text?: ItemText },
  author: Author,
): VersionStamp | undefined {
  const next = { ...entry, deleted: 0 as const }
  const stamp = stampOf(entry, undefined, next, author, true)
  const { id, changes } = run(db, insertFirst, { ...stamp, deleted: 0, updatedBy: author.actor })
  if (changes === 0) return undefined
  reindex(db, id, undefined, stamp, next)
  setOrigins(db, id, entry, author)
  const { namespace, key, version } = stamp
  audit(db, author, { subject: 'memory', operation: 'create', namespace, key, version })
  return stamp
}

function stampOf(
  { namespace, key }: MemoryAddress,
  before: StoredMemory | undefined,
  next: NextVersion,
  author: Author,
  isNew: boolean,
): VersionStamp {
  const { chain, type, value, metadata, validFrom, validTo, expiresAt } = next
  // A clock that was set back must not reorder the chain.
  const recordedAt = Math.max(author.now, before?.recordedAt ?? 0)
  const version = (before?.version ?? 0) + 1
  // Who adds a key anew may not be one who may read who had it before.
  const { createdAt, createdBy } = before && !isNew ? before : { createdAt: recordedAt, createdBy: author.actor }
  return {
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
}

/** Versions that can still be the answer for some moment of valid time stay in the index; all others leave it. */
function reindex(
  db: Database,
  id: number,
  before: StoredMemory | undefined,
  stamp: VersionStamp,
  { deleted, text }: Pick<NextVersion, 'deleted' | 'text'>,
): void {
  if (before && coversAllTime({ ...stamp, deleted })) {
    if (coversAllTime(before)) unindexItem(db, 'memory', before.id)
    else run(db, unindexChain, { namespace: stamp.namespace, key: stamp.key, version: stamp.version })
  }
  if (deleted === 1) return
  const { namespace, type, recordedAt } = stamp
  const item = { kind: 'memory' as const, ref: id, namespace, owner: null, type, time: recordedAt }
  const words = text ?? memoryText(stamp.key, decodeJson(stamp.value))
  indexItem(db, item, { scope: memoryScope(stamp), ...words })
}

/** A deletion is a version without a value; it keeps `expiresAt`, so that expiry looks the same before and after its job. */
export function tombstone(before: StoredMemory): NextVersion {
  return { ...before, value: 'null', validFrom: null, validTo: null, deleted: 1 }
}
