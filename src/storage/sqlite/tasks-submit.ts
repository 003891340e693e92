import type { Database } from 'better-sqlite3'
import type { Owner, WorkOwners, WorkScope } from '../../access/policy.js'
import { waitingStatus } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { Author } from '../storage.js'
import type { NewTask } from '../task-store.js'
import { audit } from './audit-write.js'
import { isRefusal, type Refusal, refuse } from './operation.js'
import { findSession, noSession } from './session-rows.js'
import { all, run, sql } from './statements.js'
import { findTask, noTask, trailOf } from './task-rows.js'

const insert = sql(
  'tasks.insert',
  `insert into tasks (id, prompt, agent_type, source, priority, status, input, max_retries, timeout_seconds, run_after,
     deadline, submitted_at, updated_at, created_by, parent_task_id, session_id, app_id, user_id, project_id, metadata)
   values (:id, :prompt, :agentType, :source, :priority, :status, :input, :maxRetries, :timeoutSeconds, :runAfter,
     :deadline, :submittedAt, :submittedAt, :createdBy, :parent, :session, :app, :user, :project, :metadata)`,
)

const insertDependency = sql(
  'dependencies.insert',
  `insert into task_dependencies (dependent_task_id, prerequisite_task_id, created_at, resolved_at)
   values (:dependent, :prerequisite, :now, :resolvedAt)`,
)

const prerequisitesOf = sql(
  'dependencies.ofTask',
  `select prerequisite_task_id as prerequisite
   from task_dependencies
   where dependent_task_id = :task
   order by prerequisite_task_id`,
)

export interface SubmitInput {
  tasks: NewTask[]
  scope: WorkScope | undefined
  sessionOwner: Owner | undefined
  author: Author
}

/** What was found before the first write, for each task. */
type Prepared = { stored: TaskRow } | NewPrepared

interface NewPrepared {
  task: NewTask
  /** Those of its prerequisites that it need not wait for. */
  completed: Set<string>
}

export function submitTasks(db: Database, input: SubmitInput): TaskRow[] | Refusal {
  const batch = new Set(input.tasks.map(({ id }) => id))
  const prepared: Prepared[] = []
  for (const task of input.tasks) {
    const next = prepare(db, task, batch, input)
    if (isRefusal(next)) return next
    prepared.push(next)
  }
  const rows = prepared.map((next) => ('stored' in next ? next.stored : add(db, next, input.author)))
  // Only now all that they depend on is there.
  for (const next of prepared) if (!('stored' in next)) addDependencies(db, next, input.author.now)
  return rows
}

function prepare(db: Database, given: NewTask, batch: Set<string>, input: SubmitInput): Prepared | Refusal {
  const owners = ownersOf(db, given, input.sessionOwner)
  if (isRefusal(owners)) return owners
  const task: NewTask = { ...given, ...owners }
  const stored = findTask(db, { id: task.id, scope: undefined })
  if (stored) return isSame(db, task, stored) ? { stored } : taken(task.id)
  if (task.parent !== null && !batch.has(task.parent) && !findTask(db, { id: task.parent, scope: input.scope }))
    return noTask(task.parent)
  const completed = new Set<string>()
  for (const id of task.dependsOn) {
    const prerequisite = findTask(db, { id, scope: input.scope })
    if (prerequisite === undefined && !batch.has(id)) return noTask(id)
    if (prerequisite?.status === 'completed') completed.add(id)
  }
  return { task, completed }
}

/** A task belongs to whom its session belongs. */
function ownersOf(db: Database, task: NewTask, sessionOwner: Owner | undefined): WorkOwners | Refusal {
  if (task.session === null) return { app: task.app, user: task.user, project: task.project }
  return sessionOwners(db, task.session, sessionOwner)
}

export function sessionOwners(db: Database, id: string, owner: Owner | undefined): WorkOwners | Refusal {
  const session = findSession(db, { id, owner })
  if (session === undefined) return { refused: { ...noSession({ id, owner }).refused, details: { session: id } } }
  const { app, user, project } = session
  return { app, user, project }
}

const compared = [
  ...['prompt', 'agentType', 'source', 'priority', 'input', 'maxRetries', 'timeoutSeconds', 'deadline', 'parent'],
  ...['session', 'app', 'user', 'project', 'metadata'],
] as (keyof NewTask & keyof TaskRow)[]

/** Whether a task was submitted before. Its time is not compared: a retry moves it. */
function isSame(db: Database, task: NewTask, stored: TaskRow): boolean {
  if (compared.some((field) => task[field] !== stored[field])) return false
  const known = all<{ prerequisite: string }>(db, prerequisitesOf, { task: task.id })
  const wanted = new Set(task.dependsOn)
  return known.length === wanted.size && known.every(({ prerequisite }) => wanted.has(prerequisite))
}

function taken(id: string): Refusal {
  return refuse('already_exists', `The task id ${id} is taken.`, {
    hint: 'Leave the id out to get a new one. The same task may be submitted again; this one differs.',
  })
}

function add(db: Database, { task, completed }: NewPrepared, author: Author): TaskRow {
  const { dependsOn, ...fields } = task
  const { now } = author
  const row: TaskRow = {
    ...fields,
    status: waitingStatus(task.runAfter, completed.size < dependsOn.length, now),
    ...{
      result: null,
      error: null,
      retryCount: 0,
      submittedAt: now,
      startedAt: null,
      updatedAt: now,
      completedAt: null,
    },
    ...{ createdBy: author.actor, claimedBy: null, attempt: 0, leaseUntil: null },
  }
  const { id, prompt, agentType, source, priority, status, input, maxRetries, timeoutSeconds, runAfter, deadline } = row
  const { submittedAt, createdBy, parent, session, app, user, project, metadata } = row
  run(db, insert, {
    ...{ id, prompt, agentType, source, priority, status, input, maxRetries, timeoutSeconds, runAfter, deadline },
    ...{ submittedAt, createdBy, parent, session, app, user, project, metadata },
  })
  audit(db, author, { ...trailOf(row), operation: 'create' })
  return row
}

function addDependencies(db: Database, { task, completed }: NewPrepared, now: number): void {
  for (const prerequisite of task.dependsOn) {
    const resolvedAt = completed.has(prerequisite) ? now : null
    run(db, insertDependency, { dependent: task.id, prerequisite, now, resolvedAt })
  }
}
