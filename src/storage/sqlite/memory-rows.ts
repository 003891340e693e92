import type { Database } from 'better-sqlite3'
import type { MemoryRow } from '../../memories/memory.js'
import { isExpired } from '../../memories/versions.js'
import type { MemoryAddress } from '../memory-store.js'
import { get, iterate, sql } from './statements.js'

/** A row as this adapter holds it. */
export type StoredMemory = MemoryRow & { id: number }

/** The columns of a `StoredMemory`, for a table alias. */
export function memoryColumns(alias: string): string {
  return `${alias}.id, ${rowColumns(alias)}`
}

/** The columns of a `MemoryRow`, for a table alias. */
export function rowColumns(alias: string): string {
  const names = [
    ['namespace', 'namespace'],
    ['key', 'key'],
    ['version', 'version'],
    ['chain', 'chain'],
    ['type', 'type'],
    ['value', 'value'],
    ['metadata', 'metadata'],
    ['valid_from', 'validFrom'],
    ['valid_to', 'validTo'],
    ['expires_at', 'expiresAt'],
    ['recorded_at', 'recordedAt'],
    ['superseded_at', 'supersededAt'],
    ['created_at', 'createdAt'],
    ['created_by', 'createdBy'],
    ['updated_by', 'updatedBy'],
    ['is_deleted', 'deleted'],
  ]
  return names.map(([column, name]) => `${alias}.${column} as ${name}`).join(', ')
}

const latest = sql(
  'memories.latest',
  `select ${memoryColumns('m')}
   from memory_entries m
   where m.namespace = :namespace and m.key = :key and m.superseded_at is null`,
)

const byVersion = sql(
  'memories.byVersion',
  `select ${memoryColumns('m')}
   from memory_entries m
   where m.namespace = :namespace and m.key = :key and m.version = :version`,
)

const chainDown = sql(
  'memories.chainDown',
  `select ${memoryColumns('m')}
   from memory_entries m
   where m.namespace = :namespace and m.key = :key and m.version < :below
   order by m.version desc`,
)

export function latestVersion(db: Database, { namespace, key }: MemoryAddress): StoredMemory | undefined {
  return get<StoredMemory>(db, latest, { namespace, key })
}

export function exactVersion(
  db: Database,
  { namespace, key }: MemoryAddress,
  version: number,
): StoredMemory | undefined {
  return get<StoredMemory>(db, byVersion, { namespace, key, version })
}

/** Versions below a number, highest first, read as far as the caller goes. */
export function versionsBelow(
  db: Database,
  { namespace, key }: MemoryAddress,
  below: number,
): IterableIterator<StoredMemory> {
  return iterate<StoredMemory>(db, chainDown, { namespace, key, below })
}

/** Whether the latest version says that the memory is there, for writers: neither deleted nor expired. */
export function isAlive(row: StoredMemory | undefined, now: number): row is StoredMemory & { deleted: 0 } {
  return row !== undefined && row.deleted === 0 && !isExpired(row, now)
}
