import { crc32 } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import { inScope, type WorkOwners } from '../../access/policy.js'
import { CairnError, fromFailure } from '../../errors.js'
import { applyDifference } from '../../tasks/byte-difference.js'
import type { CheckpointRow, TaskAddress } from '../checkpoint-store.js'
import { get, sql } from './statements.js'
import { noTask } from './task-rows.js'

const owners = sql(
  'checkpoints.owners',
  `select app_id as app, user_id as user, project_id as project
   from tasks
   where id = :task`,
)

/** Without reading the whole task, whose input and result may be large. */
export function hasTask(db: Database, { task, scope }: TaskAddress): boolean {
  const found = get<WorkOwners>(db, owners, { task })
  return found !== undefined && inScope(found, scope)
}

/** For reads; writes refuse. */
export function demandTask(db: Database, address: TaskAddress): void {
  if (!hasTask(db, address)) throw fromFailure(noTask(address.task).refused)
}

/** A checkpoint as it is stored. */
export interface StoredCheckpoint extends CheckpointRow {
  chain: number
  chainBytes: number
  checksum: number | null
}

export const checkpointColumns = `iteration, base, chain, chain_bytes as chainBytes, bytes, length(data) as storedBytes,
   checksum, session_id as session, created_at as createdAt`

/** Without what only the store needs to know. */
export function toRow({ iteration, base, bytes, storedBytes, session, createdAt }: CheckpointRow): CheckpointRow {
  return { iteration, base, bytes, storedBytes, session, createdAt }
}

const data = sql(
  'checkpoints.data',
  `select base, data, bytes
   from checkpoints
   where task_id = :task and iteration = :iteration`,
)

interface Link {
  base: number | null
  data: Buffer
  bytes: number
}

/** The state of a checkpoint; undefined when what is stored does not give the one that was put. */
export function tryState(db: Database, task: string, { iteration, checksum }: StoredCheckpoint): Buffer | undefined {
  const links: Link[] = []
  for (let next: number | null = iteration; next !== null; ) {
    const link: Link | undefined = get<Link>(db, data, { task, iteration: next })
    if (link === undefined) return undefined
    links.push(link)
    next = link.base
  }
  const state = applyAll(links.reverse())
  return state !== undefined && (checksum === null || crc32(state) === checksum) ? state : undefined
}

/** From the whole state on, each difference into one of two buffers in turn. */
function applyAll([whole, ...differences]: Link[]): Buffer | undefined {
  let state = whole?.data
  const most = Math.max(0, ...differences.map(({ bytes }) => bytes))
  let [target, other] = [Buffer.allocUnsafe(most), Buffer.allocUnsafe(differences.length > 1 ? most : 0)]
  for (const difference of differences) {
    state = state && applyDifference(state, difference.data, target)
    ;[target, other] = [other, target]
  }
  return state
}

export function damaged(task: string, iteration: number): CairnError {
  return new CairnError('corrupt', `Checkpoint ${iteration} of task ${task} is damaged.`, {
    hint: 'Go on from an earlier checkpoint, and restore a backup of the store, or recover a copy of it.',
  })
}
