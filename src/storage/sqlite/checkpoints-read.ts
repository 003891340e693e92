import type { Database } from 'better-sqlite3'
import type { CheckpointRow, TaskAddress } from '../checkpoint-store.js'
import { checkpointColumns, damaged, demandTask, type StoredCheckpoint, toRow, tryState } from './checkpoint-rows.js'
import { all, get, sql } from './statements.js'

const list = sql(
  'checkpoints.list',
  `select ${checkpointColumns}
   from checkpoints
   where task_id = :task and iteration < :before
   order by iteration desc
   limit :limit`,
)

const besides = sql(
  'checkpoints.countBesides',
  `select count(*) as count
   from checkpoints
   where task_id = :task and iteration < (
     select iteration
     from checkpoints
     where task_id = :task
     order by iteration desc
     limit 1 offset :keep - 1)`,
)

export function listCheckpoints(db: Database, query: TaskAddress & { before: number; limit: number }): CheckpointRow[] {
  demandTask(db, query)
  const { task, before, limit } = query
  return all<StoredCheckpoint>(db, list, { task, before, limit }).map(toRow)
}

export function getCheckpoint(
  db: Database,
  query: TaskAddress & { iteration?: number },
): (CheckpointRow & { state: Uint8Array }) | undefined {
  demandTask(db, query)
  const { task, iteration } = query
  const found = checkpointBefore(db, task, iteration === undefined ? Number.MAX_SAFE_INTEGER : iteration + 1)
  if (found === undefined || (iteration !== undefined && found.iteration !== iteration)) return undefined
  const state = tryState(db, task, found)
  if (state === undefined) throw damaged(task, found.iteration)
  return { ...toRow(found), state }
}

/** The state of a checkpoint that is there, as JSON text. */
export function checkpointState(db: Database, task: string, iteration: number): string {
  const found = checkpointBefore(db, task, iteration + 1)
  const state = found?.iteration === iteration ? tryState(db, task, found) : undefined
  if (state === undefined) throw damaged(task, iteration)
  return state.toString()
}

/** The last checkpoint below an iteration. */
export function checkpointBefore(db: Database, task: string, before: number): StoredCheckpoint | undefined {
  return get<StoredCheckpoint>(db, list, { task, before, limit: 1 })
}

export function countCheckpointsBesides(db: Database, query: TaskAddress & { keep: number }): number {
  demandTask(db, query)
  return get<{ count: number }>(db, besides, { task: query.task, keep: query.keep })?.count ?? 0
}
