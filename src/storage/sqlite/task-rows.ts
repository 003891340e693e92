import type { Database } from 'better-sqlite3'
import { inScope } from '../../access/policy.js'
import type { AuditOperation } from '../../audit/audit.js'
import type { TaskRow } from '../../tasks/task.js'
import type { Author } from '../storage.js'
import type { WorkAddress } from '../task-store.js'
import { audit, type Trail } from './audit-write.js'
import { type Refusal, refuse } from './operation.js'
import { get, run, sql } from './statements.js'

export const taskColumns = `t.id, t.prompt, t.agent_type as agentType, t.source, t.priority, t.status, t.input, t.result,
   t.error, t.retry_count as retryCount, t.max_retries as maxRetries, t.timeout_seconds as timeoutSeconds,
   t.run_after as runAfter, t.deadline, t.submitted_at as submittedAt, t.started_at as startedAt,
   t.updated_at as updatedAt, t.completed_at as completedAt, t.created_by as createdBy, t.parent_task_id as parent,
   t.session_id as session, t.app_id as app, t.user_id as user, t.project_id as project, t.claimed_by as claimedBy,
   t.attempt, t.lease_until as leaseUntil, t.metadata`

const byId = sql(
  'tasks.byId',
  `select ${taskColumns}
   from tasks t
   where t.id = :id`,
)

/** The task, unless it lies outside of the scope: then it is as good as none. */
export function findTask(db: Database, { id, scope }: WorkAddress): TaskRow | undefined {
  const task = get<TaskRow>(db, byId, { id })
  return task && inScope(task, scope) ? task : undefined
}

export function noTask(id: string): Refusal {
  return refuse('not_found', `There is no task ${id}.`, {
    hint: 'Look for it with tasks.list().',
    details: { task: id },
  })
}

const save = sql(
  'tasks.save',
  `update tasks
   set status = :status, result = :result, error = :error, retry_count = :retryCount, run_after = :runAfter,
     started_at = :startedAt, updated_at = :updatedAt, completed_at = :completedAt, claimed_by = :claimedBy,
     attempt = :attempt, lease_until = :leaseUntil
   where id = :id`,
)

/** Stores what can change of a task. */
export function saveTask(db: Database, task: TaskRow): void {
  const { id, status, result, error, retryCount, runAfter, startedAt, updatedAt, completedAt } = task
  const { claimedBy, attempt, leaseUntil } = task
  run(db, save, {
    ...{ id, status, result, error, retryCount, runAfter, startedAt, updatedAt, completedAt },
    ...{ claimedBy, attempt, leaseUntil },
  })
}

/** Stores the next step of a task, with its line of the trail. */
export function moveTask(
  db: Database,
  from: TaskRow,
  to: TaskRow,
  author: Author,
  { operation = 'status', because }: { operation?: AuditOperation; because?: string } = {},
): TaskRow {
  saveTask(db, to)
  const detail = { from: from.status, to: to.status, attempt: to.attempt, because }
  audit(db, author, { ...trailOf(to), operation, detail: JSON.stringify(detail) })
  return to
}

/** What the trail says of a task, whatever was done to it. */
export function trailOf({ id, session }: Pick<TaskRow, 'id' | 'session'>): Pick<Trail, 'subject' | 'task' | 'session'> {
  return { subject: 'task', task: id, ...(session !== null && { session }) }
}
