import type { Database } from 'better-sqlite3'
import { get, run, sql } from './statements.js'

const find = sql(
  'leases.find',
  `select holder, expires_at as expiresAt
   from leases
   where name = :name`,
)

const save = sql(
  'leases.save',
  `insert into leases (name, holder, expires_at)
   values (:name, :holder, :until)
   on conflict (name) do update
   set holder = excluded.holder, expires_at = excluded.expires_at`,
)

export function takeLease(
  db: Database,
  { name, holder, now, until }: { name: string; holder: string; now: number; until: number },
): boolean {
  const held = get<{ holder: string; expiresAt: number }>(db, find, { name })
  if (held && held.holder !== holder && held.expiresAt > now) return false
  run(db, save, { name, holder, until })
  return true
}
