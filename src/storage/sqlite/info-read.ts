import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import type { StoreInfo } from '../storage.js'
import { schemaVersion } from './migrations.js'
import { get, sql } from './statements.js'

const counts = sql(
  'info.counts',
  `select
     (select count(*) from sessions) as sessions,
     (select count(*) from session_events) as events,
     (select count(*) from state) as state,
     (select count(*) from memory_entries where superseded_at is null and is_deleted = 0) as memories,
     (select count(*) from memory_entries) as memoryVersions,
     (select count(*) from documents) as documents,
     (select count(*) from document_chunks) as documentChunks,
     (select count(*) from embedding_codes where text_hash is not null) as vectors,
     (select count(*) from tasks) as tasks,
     (select count(*) from agents) as agents,
     (select count(*) from checkpoints) as checkpoints,
     (select count(*) from metrics) as metrics,
     (select count(*) from audit) as audit`,
)

const engine = sql('info.engine', 'select sqlite_version() as version')

export function storeInfo(db: Database): StoreInfo {
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return {
    engine: 'sqlite',
    engineVersion: get<{ version: string }>(db, engine, {})?.version ?? '',
    location: db.name,
    schemaVersion: schemaVersion(db),
    bytes: size(db.name) + size(`${db.name}-wal`),
    rows: get<Record<string, number>>(db, counts, {}) ?? {},
  }
}
