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

const release = sql('leases.release', 'delete from leases where name = :name and holder = :holder')

/** Who has a lease now, if anybody has. */
export function leaseHolder(db: Database, { name, now }: { name: string; now: number }): string | undefined {
  const held = get<{ holder: string; expiresAt: number }>(db, find, { name })
  return held && held.expiresAt > now ? held.holder : undefined
}

export function isLeaseHeld(db: Database, lease: { name: string; now: number }): boolean {
  return leaseHolder(db, lease) !== undefined
}

export function takeLease(
  db: Database,
  { name, holder, now, until }: { name: string; holder: string; now: number; until: number },
): boolean {
  const held = leaseHolder(db, { name, now })
  if (held !== undefined && held !== holder) return false
  run(db, save, { name, holder, until })
  return true
}

/** What another has taken over meanwhile stays with that one. */
export function releaseLease(db: Database, { name, holder }: { name: string; holder: string }): null {
  run(db, release, { name, holder })
  return null
}
