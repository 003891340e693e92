import type { Database } from 'better-sqlite3'
import { inScope } from '../../access/policy.js'
import { cancelled, requeued } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { Author } from '../storage.js'
import type { Cancelled, DeadLetters, WorkAddress } from '../task-store.js'
import { type Refusal, refuse } from './operation.js'
import { all, get, sql } from './statements.js'
import { findTask, moveTask, noTask, taskColumns } from './task-rows.js'
import { listTasks } from './tasks-read.js'

export interface CancelInput extends WorkAddress {
  force: boolean
  cascade: boolean
  author: Author
}

export function cancelTask(db: Database, input: CancelInput): Cancelled | Refusal {
  const task = findTask(db, input)
  if (task === undefined) return noTask(input.id)
  const { status, id } = task
  if (status === 'completed' || status === 'failed') {
    return refuse('illegal_transition', `Task ${id} has ${status} and cannot be cancelled.`, {
      hint: 'Leave it as it is: nobody works on it any more.',
      details: { status },
    })
  }
  if (status === 'running' && !input.force) {
    return refuse('illegal_transition', `Task ${id} is running.`, {
      hint: 'Cancel it with force: what its worker answers then is refused.',
      details: { status },
    })
  }
  const { author } = input
  const stopped = status === 'cancelled' ? task : moveTask(db, task, cancelled(task, author.now), author)
  return { task: stopped, dependents: input.cascade ? cancelDependents(db, stopped, input) : [] }
}

const dependents = sql(
  'dependencies.blocked',
  `select ${taskColumns}
   from task_dependencies d indexed by task_dependencies_by_prerequisite
   cross join tasks t on t.id = d.dependent_task_id
   where d.prerequisite_task_id = :task and t.status = 'blocked'
   order by d.dependent_task_id`,
)

/** What waits for a task, and what waits for that, as far as the caller may change it. */
function cancelDependents(db: Database, first: TaskRow, { scope, author }: CancelInput): string[] {
  const found: string[] = []
  const waitedFor = [first.id]
  for (let task = waitedFor.shift(); task !== undefined; task = waitedFor.shift()) {
    for (const dependent of all<TaskRow>(db, dependents, { task })) {
      if (!inScope(dependent, scope)) continue
      moveTask(db, dependent, cancelled(dependent, author.now), author, { because: `cancelled ${task}` })
      found.push(dependent.id)
      waitedFor.push(dependent.id)
    }
  }
  return found
}

export function retryTask(db: Database, input: WorkAddress & { author: Author }): TaskRow | Refusal {
  const task = findTask(db, input)
  if (task === undefined) return noTask(input.id)
  const { status, id } = task
  if (status !== 'failed' && status !== 'cancelled') {
    return refuse('illegal_transition', `Task ${id} is ${status}: only failed and cancelled tasks are queued again.`, {
      hint: status === 'completed' ? 'Submit a new task.' : 'Wait for it, or cancel it first.',
      details: { status },
    })
  }
  return requeue(db, task, input.author)
}

const open = sql(
  'dependencies.open',
  `select prerequisite_task_id as prerequisite
   from task_dependencies
   where dependent_task_id = :task and resolved_at is null
   limit 1`,
)

function requeue(db: Database, task: TaskRow, author: Author): TaskRow {
  const blocked = get(db, open, { task: task.id }) !== undefined
  return moveTask(db, task, requeued(task, blocked, author.now), author, { because: 'queued again' })
}

export function reprocessTasks(db: Database, input: DeadLetters & { author: Author }): number {
  const { ids, author, ...filter } = input
  const named = ids?.flatMap((id) => findTask(db, { id, scope: input.scope }) ?? [])
  const found = named ?? listTasks(db, { ...filter, status: 'failed', order: 'queue' })
  const failed = new Map(found.filter(({ status }) => status === 'failed').map((task) => [task.id, task]))
  for (const task of failed.values()) requeue(db, task, author)
  return failed.size
}
