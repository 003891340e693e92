import type { Database } from 'better-sqlite3'
import { decodeJsonObject } from '../../json.js'
import type { SessionRow } from '../../sessions/session.js'
import { lineageOf, type Stretch } from './session-lineage.js'
import { all, get, run, sql } from './statements.js'

/** A session's own state: key → JSON text. */
export type OwnState = Map<string, string>

const nearest = sql(
  'snapshots.nearest',
  `select seq, state
   from session_snapshots
   where session_id = :session and seq <= :upTo
   order by seq desc
   limit 1`,
)

const insert = sql(
  'snapshots.set',
  `insert into session_snapshots (session_id, seq, state)
   values (:session, :seq, :state)
   on conflict (session_id, seq) do update set state = excluded.state`,
)

const deltas = sql(
  'events.deltas',
  `select state_delta as delta
   from session_events indexed by events_with_delta
   where session_id = :session and seq > :after and seq <= :upTo and state_delta is not null
   order by seq`,
)

const ownState = sql(
  'state.own',
  `select key, value
   from state
   where scope = 'session' and owner = :session`,
)

/** A session's own state after event `atSeq`: that of the nearest snapshot, and the deltas since. */
export function foldState(db: Database, session: SessionRow, atSeq: number): OwnState {
  const stretches = lineageOf(db, session, atSeq)
  const start = nearestSnapshot(db, stretches)
  const { state } = start
  for (const { session: holder, after, upTo } of stretches) {
    const rows = all<{ delta: string }>(db, deltas, { session: holder, after: Math.max(after, start.seq), upTo })
    for (const { delta } of rows) applyDelta(state, delta)
  }
  return state
}

function nearestSnapshot(db: Database, stretches: Stretch[]): { seq: number; state: OwnState } {
  const state: OwnState = new Map()
  for (const { session, upTo } of stretches.toReversed()) {
    const found = get<{ seq: number; state: string }>(db, nearest, { session, upTo })
    if (found === undefined) continue
    applyDelta(state, found.state)
    return { seq: found.seq, state }
  }
  return { seq: 0, state }
}

/** Keys with a colon are those of other scopes, which sessions share. */
function applyDelta(state: OwnState, delta: string): void {
  for (const [key, value] of Object.entries(decodeJsonObject(delta))) {
    if (key.includes(':')) continue
    if (value === null) state.delete(key)
    else state.set(key, JSON.stringify(value))
  }
}

export function setSnapshot(db: Database, session: string, seq: number, state: OwnState): void {
  const members = Array.from(state, ([key, value]) => `${JSON.stringify(key)}:${value}`)
  run(db, insert, { session, seq, state: `{${members.join(',')}}` })
}

const snapshotEvery = 1_000

/** The same for a session whose events came without it, up to `limit` snapshots. The last event looked at; null at the end. */
export function keepSnapshots(
  db: Database,
  session: SessionRow,
  { after, limit }: { after: number; limit: number },
): { upTo: number | null; kept: number } {
  let kept = 0
  const first = Math.max(after, session.forkedAtSeq ?? 0)
  for (let seq = nextSnapshot(first); seq <= session.lastSeq; seq = nextSnapshot(seq)) {
    if (kept >= limit) return { upTo: seq - snapshotEvery, kept }
    const found = get<{ seq: number }>(db, nearest, { session: session.id, upTo: seq })
    if (found !== undefined && found.seq > seq - snapshotEvery) continue
    setSnapshot(db, session.id, seq, foldState(db, session, seq))
    kept++
  }
  return { upTo: null, kept }
}

function nextSnapshot(after: number): number {
  return (Math.floor(after / snapshotEvery) + 1) * snapshotEvery
}

/** Keeps the state of a session that has just been taken from event `before` to `lastSeq`, once in a thousand events. */
export function keepSnapshot(db: Database, session: string, before: number, lastSeq: number): void {
  if (Math.floor(before / snapshotEvery) === Math.floor(lastSeq / snapshotEvery)) return
  const rows = all<{ key: string; value: string }>(db, ownState, { session })
  setSnapshot(db, session, lastSeq, new Map(rows.map(({ key, value }) => [key, value])))
}
