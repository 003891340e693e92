import type { Database } from 'better-sqlite3'
import { inScope } from '../../access/policy.js'
import { afterFailure, claimed, compareInQueue } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { Author } from '../storage.js'
import type { ClaimQuery, Outlook } from '../task-store.js'
import { touchAgent } from './agent-rows.js'
import { type Refusal, refuse } from './operation.js'
import { all, get, iterate, type Parameters, run, sqlFamily } from './statements.js'
import { findTask, moveTask, taskColumns } from './task-rows.js'

// Large enough to be done at once in most stores, small enough that no claim takes long.
const dueAtOnce = 100

const becomeReady = sqlFamily(
  'tasks.becomeReady',
  ['due', 'timeless'] as const,
  (shape) => `update tasks
   set status = 'ready', updated_at = :now
   where id in (
     select id
     from tasks indexed by tasks_by_due
     where status = 'pending' and run_after ${shape === 'due' ? '<= :now' : 'is null'}
     order by run_after, id
     limit :limit)`,
)

const silent = sqlFamily(
  'tasks.silent',
  ['due', 'timeless'] as const,
  (shape) => `select ${taskColumns}
   from tasks t indexed by tasks_by_lease
   where t.status = 'running' and t.lease_until ${shape === 'due' ? '<= :now' : 'is null'}
   order by t.lease_until, t.id
   limit :limit`,
)

/** Brings back what is due, a bounded part of it, so that nothing waits for a job; whether there is more. */
function bringBack(db: Database, author: Author): boolean {
  const { now } = author
  // Only time has passed, which the trail knows already: from when they may run stands with what set it.
  // Times that are missing, as in rows of another origin, have come.
  const shapes = ['due', 'timeless'] as const
  const ready = shapes.map((shape) => run(db, becomeReady[shape], { now, limit: dueAtOnce }).changes)
  const expired = shapes.flatMap((shape) => all<TaskRow>(db, silent[shape], { now, limit: dueAtOnce }))
  for (const task of expired) {
    const error = `Try ${task.attempt} was silent for longer than its lease.`
    moveTask(db, task, afterFailure(task, { error, now }), author, { operation: 'expire', because: 'lease ended' })
  }
  return ready.includes(dueAtOnce) || expired.length >= dueAtOnce
}

type Head = Pick<TaskRow, 'id' | 'priority' | 'submittedAt' | 'app' | 'user' | 'project'>

const queues = {
  any: { index: 'tasks_by_queue', where: '' },
  owner: { index: 'tasks_by_owner_queue', where: 'app_id = :app and user_id = :user and ' },
  project: { index: 'tasks_by_project_queue', where: 'project_id = :project and ' },
  session: { index: 'tasks_by_session', where: 'session_id = :session and ' },
}

/**
 * Ready tasks in the order of the queue, as far as they are read. The type of agent is a column of the index, so that a
 * rare one is found without a look at the rows of all others.
 */
const ready = sqlFamily('tasks.ready', Object.keys(queues) as (keyof typeof queues)[], (shape) => {
  const { index, where } = queues[shape]
  return `select id, priority, submitted_at as submittedAt, app_id as app, user_id as user, project_id as project
   from tasks indexed by ${index}
   where ${where}status = 'ready' and (:agentType is null or agent_type = :agentType)
   order by priority desc, submitted_at, id`
})

/** The first of the tasks that a claim may have; undefined when there is none. */
function bestReady(db: Database, query: ClaimQuery): Head | undefined {
  const types = query.agentTypes.length === 0 ? [null] : query.agentTypes
  const heads = types.flatMap((agentType) => headsOf(db, query, agentType))
  return heads.sort(compareInQueue)[0]
}

function headsOf(db: Database, query: ClaimQuery, agentType: string | null): Head[] {
  const { scope, project, session } = query
  const first = (shape: keyof typeof queues, parameters: Parameters): Head[] => {
    for (const head of iterate<Head>(db, ready[shape], { agentType, ...parameters })) {
      if (inScope(head, scope) && (project === undefined || project === head.project)) return [head]
    }
    return []
  }
  if (session !== undefined) return first('session', { session })
  if (project !== undefined) return first('project', { project })
  if (scope === undefined) return first('any', {})
  const own = scope.owner ? first('owner', { ...scope.owner }) : []
  return [...own, ...scope.projects.flatMap((each) => first('project', { project: each }))]
}

export function claimTask(
  db: Database,
  input: ClaimQuery & { claimedBy: string | null; author: Author },
): TaskRow | Refusal | undefined {
  const { claimedBy, author, scope } = input
  // A task of one that is terminated would be nobody's: when it dies, nobody is told.
  if (touchAgent(db, { id: claimedBy, scope }, author.now)?.state === 'terminated')
    return refuse('illegal_transition', `Agent ${claimedBy} is terminated and gets no tasks any more.`, {
      hint: 'Spawn a new agent, and claim as that one.',
      details: { agent: claimedBy },
    })
  let head: Head | undefined
  for (let more = true; more && head === undefined; head = bestReady(db, input)) more = bringBack(db, author)
  const task = head && findTask(db, { id: head.id, scope })
  if (task === undefined) return undefined
  return moveTask(db, task, claimed(task, claimedBy, author.now), author)
}

const nextDue = sqlFamily('tasks.nextDue', ['pending', 'running'] as const, (shape) => {
  const [column, index] = shape === 'pending' ? ['run_after', 'tasks_by_due'] : ['lease_until', 'tasks_by_lease']
  return `select ${column} as due
   from tasks indexed by ${index}
   where status = '${shape}' and ${column} > 0
   order by ${column}, id
   limit 1`
})

export function lookOut(
  db: Database,
  { claims, now, since }: { claims: ClaimQuery[]; now: number; since?: number },
): Outlook {
  const version = db.pragma('data_version', { simple: true }) as number
  const times = (['pending', 'running'] as const).flatMap((shape) => get<{ due: number }>(db, nextDue[shape], {}) ?? [])
  const dueAt = times.length === 0 ? null : Math.min(...times.map(({ due }) => due))
  const due = dueAt !== null && dueAt <= now
  const unchanged = version === since && !due
  return { version, dueAt, claimable: claims.map((claim) => !unchanged && (due || bestReady(db, claim) !== undefined)) }
}
