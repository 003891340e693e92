import { compareBytes } from '../access/namespace.js'
import { backoffMillis } from './backoff.js'
import type { TaskRow, TaskStatus } from './task.js'

/** The order of the queue: higher priority, then older, then by id. */
export function compareInQueue(
  a: Pick<TaskRow, 'priority' | 'submittedAt' | 'id'>,
  b: Pick<TaskRow, 'priority' | 'submittedAt' | 'id'>,
): number {
  return b.priority - a.priority || a.submittedAt - b.submittedAt || compareBytes(a.id, b.id)
}

/** Where a task that has not started stands. */
export function waitingStatus(runAfter: number | null, blocked: boolean, now: number): TaskStatus {
  if (blocked) return 'blocked'
  return runAfter !== null && runAfter > now ? 'pending' : 'ready'
}

/** A task that nobody works on any more. */
function unclaimed(task: TaskRow, now: number): TaskRow {
  return { ...task, claimedBy: null, leaseUntil: null, updatedAt: now }
}

export function claimed(task: TaskRow, claimedBy: string | null, now: number): TaskRow {
  return {
    ...task,
    status: 'running',
    claimedBy,
    attempt: task.attempt + 1,
    startedAt: now,
    updatedAt: now,
    leaseUntil: now + task.timeoutSeconds * 1000,
  }
}

export function completed(task: TaskRow, result: string | null, now: number): TaskRow {
  return {
    ...unclaimed(task, now),
    claimedBy: task.claimedBy,
    status: 'completed',
    result,
    error: null,
    completedAt: now,
  }
}

export function cancelled(task: TaskRow, now: number): TaskRow {
  return { ...unclaimed(task, now), status: 'cancelled', completedAt: now }
}

/** Handed back as if it had not been taken. */
export function released(task: TaskRow, now: number): TaskRow {
  return { ...unclaimed(task, now), status: 'ready', startedAt: null }
}

/**
 * After a try that brought no result: one more, as long as `maxRetries` allows it, or the dead letters. A try rests before
 * the next one, unless whoever ended it wants it done `atOnce`.
 */
export function afterFailure(
  task: TaskRow,
  { error, now, retry = true, atOnce = false }: { error: string; now: number; retry?: boolean; atOnce?: boolean },
): TaskRow {
  const ended = { ...unclaimed(task, now), error }
  if (!retry || task.retryCount >= task.maxRetries)
    return { ...ended, status: 'failed', runAfter: null, completedAt: now }
  const retryCount = task.retryCount + 1
  const runAfter = atOnce ? null : now + backoffMillis(retryCount, task)
  return { ...ended, status: waitingStatus(runAfter, false, now), retryCount, runAfter }
}

/** A failed or cancelled task with all its retries before it again. */
export function requeued(task: TaskRow, blocked: boolean, now: number): TaskRow {
  const fresh = { retryCount: 0, error: null, runAfter: null, startedAt: null, completedAt: null }
  return { ...unclaimed(task, now), ...fresh, status: waitingStatus(null, blocked, now) }
}
