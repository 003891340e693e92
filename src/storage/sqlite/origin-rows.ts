import type { Database } from 'better-sqlite3'
import type { NewOrigin } from '../../memories/origin.js'
import type { Author } from '../storage.js'
import { run, sql } from './statements.js'

const insert = sql(
  'origins.insert',
  `insert into memory_origins (memory_id, kind, source, created_at, created_by)
   values (:id, :kind, :source, :now, :actor)
   on conflict do nothing`,
)

const copy = sql(
  'origins.copy',
  `insert into memory_origins (memory_id, kind, source, created_at, created_by)
   select :id, kind, source, created_at, created_by
   from memory_origins
   where memory_id = :of`,
)

/** False when the version has this origin already. */
export function insertOrigin(db: Database, id: number, { kind, source }: NewOrigin, author: Author): boolean {
  return run(db, insert, { id, kind, source, now: author.now, actor: author.actor }).changes > 0
}

/** Gives a version the origins named for it, and those of the version whose value it takes again. */
export function setOrigins(
  db: Database,
  id: number,
  { origins, originsOf }: { origins?: NewOrigin[]; originsOf?: number },
  author: Author,
): void {
  for (const origin of origins ?? []) insertOrigin(db, id, origin, author)
  if (originsOf !== undefined) run(db, copy, { id, of: originsOf })
}
