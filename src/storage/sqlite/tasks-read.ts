import type { Database } from 'better-sqlite3'
import { compareBytes } from '../../access/namespace.js'
import { inScope, type Owner } from '../../access/policy.js'
import { compareInQueue } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { DependencyRow, DependencyRows, TaskInSession, TaskQuery, WorkAddress } from '../task-store.js'
import { firstInScope } from './scoped-rows.js'
import { findSession } from './session-rows.js'
import { all, iterate, type Parameters, sqlFamily } from './statements.js'
import { findTask, taskColumns } from './task-rows.js'

const max = Number.MAX_SAFE_INTEGER
const lastText = '\u{10ffff}'

const leading = {
  all: { newest: 'tasks_by_submitted', queue: 'tasks_by_queue', where: '' },
  owner: {
    newest: 'tasks_by_owner',
    queue: 'tasks_by_owner_queue',
    where: 't.app_id = :app and t.user_id = :user and ',
  },
  project: { newest: 'tasks_by_project', queue: 'tasks_by_project_queue', where: 't.project_id = :project and ' },
}
type Leading = keyof typeof leading

const filters = `(:status is null or +t.status = :status)
     and (:agentType is null or +t.agent_type = :agentType)
     and (:session is null or +t.session_id = :session)
     and (:parent is null or +t.parent_task_id = :parent)
     and (:project is null or +t.project_id = :project)`

const before = '(t.submitted_at, t.id) < (:beforeTime, :beforeId)'

/** Newest first along the index of what leads; every other filter is checked on the rows, hence the unary plus. */
const newest = sqlFamily('tasks.newest', [...(Object.keys(leading) as Leading[]), 'session', 'parent'], (shape) => {
  const index = shape === 'session' || shape === 'parent' ? `tasks_by_${shape}` : leading[shape].newest
  const equal = { session: 't.session_id = :session and ', parent: 't.parent_task_id = :parent and ' }
  return `select ${taskColumns}
   from tasks t indexed by ${index}
   where ${shape === 'session' || shape === 'parent' ? equal[shape] : leading[shape].where}${before}
     and ${filters}
   order by t.submitted_at desc, t.id desc`
})

const inQueue = sqlFamily(
  'tasks.inQueue',
  Object.keys(leading) as Leading[],
  (shape) => `select ${taskColumns}
   from tasks t indexed by ${leading[shape].queue}
   where ${leading[shape].where}t.status = :status and t.priority <= :priority
     and (t.priority < :priority or (t.submitted_at, t.id) > (:afterTime, :afterId))
     and ${filters}
   order by t.priority desc, t.submitted_at, t.id`,
)

export function listTasks(db: Database, query: TaskQuery): TaskRow[] {
  const { scope, order, project, limit } = query
  const first = (shape: Leading, parameters: Parameters = {}): TaskRow[] => {
    const statement = order === 'queue' ? inQueue[shape] : newest[filterShape(query) ?? shape]
    return firstInScope(iterate(db, statement, { ...parametersOf(query), ...parameters }), query)
  }
  if (scope === undefined || filterShape(query)) return first(project === undefined ? 'all' : 'project')
  if (project !== undefined) return first('project')
  const own = scope.owner ? first('owner', { ...scope.owner }) : []
  const found = [...own, ...scope.projects.flatMap((each) => first('project', { project: each }))]
  const unique = [...new Map(found.map((task) => [task.id, task])).values()]
  return unique.sort(order === 'queue' ? compareInQueue : compareByAge).slice(0, limit)
}

/** In the order of the queue, sessions and parents are looked for on the rows: their indexes are in another order. */
function filterShape({ order, session, parent }: TaskQuery): 'session' | 'parent' | undefined {
  if (order === 'queue') return undefined
  return session !== undefined ? 'session' : parent !== undefined ? 'parent' : undefined
}

function parametersOf(query: TaskQuery): Parameters {
  const { status, agentType, session, parent, project, order } = query
  const after = query.after ?? (order === 'queue' ? [max, -1, ''] : [max, lastText])
  const place =
    order === 'queue'
      ? { priority: after[0], afterTime: after[1], afterId: after[2] ?? '' }
      : { beforeTime: after[0], beforeId: after[1] }
  return {
    ...{ status: status ?? null, agentType: agentType ?? null, session: session ?? null, parent: parent ?? null },
    ...{ project: project ?? null, ...place },
  }
}

function compareByAge(a: TaskRow, b: TaskRow): number {
  return b.submittedAt - a.submittedAt || compareBytes(b.id, a.id)
}

export function getTask(
  db: Database,
  { sessionOwner, ...address }: WorkAddress & { sessionOwner: Owner | undefined },
): TaskInSession | undefined {
  const task = findTask(db, address)
  if (task === undefined || task.session === null) return task && { task }
  const session = findSession(db, { id: task.session, owner: sessionOwner })
  return { task, ...(session && { session }) }
}

const ends = sqlFamily('dependencies.list', ['prerequisites', 'dependents'] as const, (shape) => {
  const [here, there] = shape === 'prerequisites' ? ['dependent', 'prerequisite'] : ['prerequisite', 'dependent']
  return `select t.id as task, t.prompt, t.status, resolved_at as resolvedAt,
     t.app_id as app, t.user_id as user, t.project_id as project
   from task_dependencies
   cross join tasks t on t.id = ${there}_task_id
   where ${here}_task_id = :task
   order by ${there}_task_id`
})

export function listDependencies(db: Database, address: WorkAddress): DependencyRows | undefined {
  const task = findTask(db, address)
  if (task === undefined) return undefined
  const visible = (shape: keyof typeof ends): DependencyRow[] =>
    all<DependencyRow>(db, ends[shape], { task: task.id }).filter((row) => inScope(row, address.scope))
  return { prerequisites: visible('prerequisites'), dependents: visible('dependents') }
}
