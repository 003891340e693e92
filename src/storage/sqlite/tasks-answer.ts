import type { Database } from 'better-sqlite3'
import { afterFailure, completed, released, waitingStatus } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { Author } from '../storage.js'
import type { AttemptAddress } from '../task-store.js'
import { touchAgent } from './agent-rows.js'
import { isRefusal, type Refusal, refuse } from './operation.js'
import { all, run, sql } from './statements.js'
import { findTask, moveTask, noTask, saveTask, taskColumns } from './task-rows.js'

/** The task whose latest try this is, if it is still running. */
function runningTry(db: Database, address: AttemptAddress): TaskRow | Refusal {
  const task = findTask(db, address)
  if (task === undefined) return noTask(address.id)
  if (task.status === 'running' && task.attempt === address.attempt) return task
  const { status, attempt } = task
  const now = status === 'running' ? `being worked on in try ${attempt}` : status
  return refuse('conflict', `Task ${task.id} is ${now}: the answer of try ${address.attempt} comes too late.`, {
    hint: 'Drop this work and claim the next task. Heartbeats keep a task for as long as it takes.',
    details: { status, attempt },
  })
}

export function heartbeatTask(
  db: Database,
  input: AttemptAddress & { leaseSeconds?: number; author: Author },
): TaskRow | Refusal {
  const task = runningTry(db, input)
  if (isRefusal(task)) return task
  const { now } = input.author
  const leaseUntil = now + (input.leaseSeconds ?? task.timeoutSeconds) * 1000
  // No line in the trail: it would fill up with what only says that nothing has happened.
  saveTask(db, { ...task, leaseUntil, updatedAt: now })
  touchAgent(db, { id: task.claimedBy, scope: input.scope }, now)
  return { ...task, leaseUntil, updatedAt: now }
}

export function completeTask(
  db: Database,
  input: AttemptAddress & { result: string | null; author: Author },
): TaskRow | Refusal {
  const { result, author, attempt } = input
  const stored = findTask(db, input)
  // Sent again by a worker that did not get the answer.
  if (stored?.status === 'completed' && stored.attempt === attempt && stored.result === result) return stored
  const task = runningTry(db, input)
  if (isRefusal(task)) return task
  const done = moveTask(db, task, completed(task, result, author.now), author)
  touchAgent(db, { id: task.claimedBy, scope: input.scope }, author.now)
  unblockDependents(db, done, author)
  return done
}

const resolve = sql(
  'dependencies.resolve',
  `update task_dependencies
   set resolved_at = :now
   where prerequisite_task_id = :task and resolved_at is null`,
)

const unblocked = sql(
  'dependencies.unblocked',
  `select ${taskColumns}
   from task_dependencies d indexed by task_dependencies_by_prerequisite
   cross join tasks t on t.id = d.dependent_task_id
   where d.prerequisite_task_id = :task and t.status = 'blocked' and not exists (
     select 1
     from task_dependencies
     where dependent_task_id = t.id and resolved_at is null)
   order by d.dependent_task_id`,
)

function unblockDependents(db: Database, { id }: TaskRow, author: Author): void {
  if (run(db, resolve, { task: id, now: author.now }).changes === 0) return
  for (const task of all<TaskRow>(db, unblocked, { task: id })) {
    const status = waitingStatus(task.runAfter, false, author.now)
    moveTask(db, task, { ...task, status, updatedAt: author.now }, author, { because: `completed ${id}` })
  }
}

export function failTask(
  db: Database,
  input: AttemptAddress & { error: string; retry: boolean; author: Author },
): TaskRow | Refusal {
  const task = runningTry(db, input)
  if (isRefusal(task)) return task
  const { error, retry, author } = input
  touchAgent(db, { id: task.claimedBy, scope: input.scope }, author.now)
  return moveTask(db, task, afterFailure(task, { error, retry, now: author.now }), author)
}

export function releaseTask(db: Database, input: AttemptAddress & { author: Author }): TaskRow | Refusal {
  const task = runningTry(db, input)
  if (isRefusal(task)) return task
  return moveTask(db, task, released(task, input.author.now), input.author, { because: 'released' })
}
