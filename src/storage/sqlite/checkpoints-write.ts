import { crc32 } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import { makeDifference } from '../../tasks/byte-difference.js'
import type { CheckpointRow, NewCheckpoint, TaskAddress } from '../checkpoint-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { checkpointColumns, hasTask, type StoredCheckpoint, tryState } from './checkpoint-rows.js'
import { checkpointBefore } from './checkpoints-read.js'
import { isRefusal, type Refusal } from './operation.js'
import { recentStates } from './recent-states.js'
import { all, get, run, sql } from './statements.js'
import { noTask } from './task-rows.js'
import { sessionOwners } from './tasks-submit.js'

// Differences pay where they save pages, which have 4 KiB.
const leastBytes = 4_096
// A difference makes reading longer, so it must save at least half.
const worthwhile = 0.5
// Applying one to a megabyte takes a tenth of a millisecond. Of 1 % each, 64 and a whole state make 2.6 % of whole copies.
const longestChain = 64

const save = sql(
  'checkpoints.save',
  `insert into checkpoints (task_id, iteration, base, chain, chain_bytes, data, bytes, checksum, session_id, created_at)
   values (:task, :iteration, :base, :chain, :chainBytes, :data, :bytes, :checksum, :session, :now)
   on conflict (task_id, iteration) do update
   set base = excluded.base, chain = excluded.chain, chain_bytes = excluded.chain_bytes, data = excluded.data,
     bytes = excluded.bytes, checksum = excluded.checksum, session_id = excluded.session_id,
     created_at = excluded.created_at`,
)

const dependents = sql(
  'checkpoints.dependents',
  `select ${checkpointColumns}
   from checkpoints indexed by checkpoints_by_base
   where task_id = :task and base >= :from and base < :to and iteration >= :to`,
)

export function putCheckpoint(db: Database, input: NewCheckpoint & { state: Uint8Array }): CheckpointRow | Refusal {
  const { task, iteration, session, author } = input
  if (!hasTask(db, input)) return noTask(task)
  const owners = session === null ? undefined : sessionOwners(db, session, input.sessionOwner)
  if (isRefusal(owners)) return owners
  const state = Buffer.from(input.state.buffer, input.state.byteOffset, input.state.byteLength)
  const replaces = hasCheckpoint(db, task, iteration)
  if (replaces) release(db, task, iteration, iteration + 1)
  const form = storeState(db, task, { iteration, session, createdAt: author.now }, state)
  const storedBytes = form.data.length
  const detail = JSON.stringify({ iteration, bytes: state.length, storedBytes })
  const operation = replaces ? 'update' : 'create'
  audit(db, author, { subject: 'checkpoint', operation, task, ...(session !== null && { session }), detail })
  return { iteration, base: form.base, bytes: state.length, storedBytes, session, createdAt: author.now }
}

/** Adds a checkpoint as a file has it, with nothing in the trail; false, with nothing written, when there is one already. */
export function importCheckpoint(
  db: Database,
  row: { task: string; iteration: number; state: string; session: string | null; createdAt: number },
): boolean {
  if (hasCheckpoint(db, row.task, row.iteration)) return false
  storeState(db, row.task, row, Buffer.from(row.state))
  return true
}

function hasCheckpoint(db: Database, task: string, iteration: number): boolean {
  return checkpointBefore(db, task, iteration + 1)?.iteration === iteration
}

/** A state in the form in which it takes the least, where no other checkpoint builds on its iteration. */
function storeState(
  db: Database,
  task: string,
  { iteration, session, createdAt }: Pick<StoredCheckpoint, 'iteration' | 'session' | 'createdAt'>,
  state: Buffer,
): Form {
  const form = formOf(db, task, state, checkpointBefore(db, task, iteration))
  const stamp = { iteration, createdAt, bytes: state.length, checksum: crc32(state) }
  store(db, task, { ...stamp, session }, form)
  recentStates(db).keep(task, { ...stamp, state })
  return form
}

interface Form {
  base: number | null
  chain: number
  chainBytes: number
  data: Buffer
}

/** How a state is stored: what is different from that of `base` where that is worth it, else as it is. */
function formOf(db: Database, task: string, state: Buffer, base: StoredCheckpoint | undefined, known?: Buffer): Form {
  const whole: Form = { base: null, chain: 0, chainBytes: 0, data: state }
  if (base === undefined || base.chain >= longestChain || state.length < leastBytes) return whole
  // One that cannot be read any more must not keep the next from being stored.
  const before = known ?? recentStates(db).find(task, base) ?? tryState(db, task, base)
  if (before === undefined) return whole
  const difference = makeDifference(before, state)
  const chainBytes = base.chainBytes + difference.length
  // With no more bytes on the way than the state has, reading one costs at most twice as much as reading a whole one.
  if (difference.length > state.length * worthwhile || chainBytes > state.length) return whole
  return { base: base.iteration, chain: base.chain + 1, chainBytes, data: difference }
}

function store(
  db: Database,
  task: string,
  row: Pick<StoredCheckpoint, 'iteration' | 'session' | 'createdAt' | 'bytes' | 'checksum'>,
  form: Form,
): void {
  const { iteration, session, createdAt, bytes, checksum } = row
  run(db, save, { task, iteration, session, now: createdAt, bytes, checksum, ...form })
}

/**
 * Before the iterations in [from, to) change or go, later ones that build on them are stored without them: the first as a
 * whole, the others as what is different from it where that is worth it. Their own dependents stay as they are, at most
 * nearer to a whole state than they say. A state that cannot be read is left alone, and stays unreadable.
 */
function release(db: Database, task: string, from: number, to: number): void {
  let first: { checkpoint: StoredCheckpoint; state: Buffer } | undefined
  // In the index they stand by what they build on.
  const found = all<StoredCheckpoint>(db, dependents, { task, from, to }).sort((a, b) => a.iteration - b.iteration)
  for (const checkpoint of found) {
    const state = tryState(db, task, checkpoint)
    if (state === undefined) continue
    const form = formOf(db, task, state, first?.checkpoint, first?.state)
    const checksum = crc32(state)
    store(db, task, { ...checkpoint, checksum }, form)
    first ??= { checkpoint: { ...checkpoint, base: null, chain: 0, chainBytes: 0, checksum }, state }
  }
}

const lowestKept = sql(
  'checkpoints.lowestKept',
  `select iteration
   from checkpoints
   where task_id = :task
   order by iteration desc
   limit 1 offset :keep - 1`,
)

const lowestOfBatch = sql(
  'checkpoints.lowestOfBatch',
  `select iteration
   from checkpoints
   where task_id = :task and iteration < :to
   order by iteration desc
   limit 1 offset :limit - 1`,
)

const remove = sql(
  'checkpoints.remove',
  `delete from checkpoints
   where task_id = :task and iteration >= :from and iteration < :to`,
)

/** From the highest down, so that what is removed in one batch is never rebuilt for the sake of the next. */
export function pruneCheckpoints(
  db: Database,
  input: TaskAddress & { keep: number; limit: number; author: Author },
): number | Refusal {
  const { task, keep, limit, author } = input
  if (!hasTask(db, input)) return noTask(task)
  const to = get<{ iteration: number }>(db, lowestKept, { task, keep })?.iteration
  if (to === undefined) return 0
  const from = get<{ iteration: number }>(db, lowestOfBatch, { task, to, limit })?.iteration ?? 0
  release(db, task, 0, to)
  const removed = run(db, remove, { task, from, to }).changes
  if (removed === 0) return 0
  const detail = JSON.stringify({ removed, from, below: to })
  audit(db, author, { subject: 'checkpoint', operation: 'delete', task, detail })
  return removed
}
