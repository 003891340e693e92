import type { Database } from 'better-sqlite3'
import { get, run, sql } from './statements.js'

const data = sql(
  'interchange.checkpointData',
  `select data
   from checkpoints
   where task_id = :task and iteration = :iteration`,
)

const insert = sql(
  'interchange.insertCheckpoint',
  `insert into checkpoints (task_id, iteration, data, bytes, session_id, created_at)
   values (:task, :iteration, cast(:state as blob), length(cast(:state as blob)), :session, :createdAt)
   on conflict do nothing`,
)

/** The state of a checkpoint as JSON text. */
export function readState(db: Database, task: string, iteration: number): string {
  return get<{ data: Buffer }>(db, data, { task, iteration })?.data.toString() ?? 'null'
}

/** Stores a checkpoint as it is; false, with nothing written, when there is one already. */
export function insertCheckpoint(
  db: Database,
  row: { task: string; iteration: number; state: string; session: string | null; createdAt: number },
): boolean {
  const { task, iteration, state, session, createdAt } = row
  return run(db, insert, { task, iteration, state, session, createdAt }).changes > 0
}
