import type { Database } from 'better-sqlite3'
import { inScope, type Owner, type WorkScope } from '../../access/policy.js'
import { type AgentRow, type AgentState, isLegalStep, legalSteps } from '../../tasks/agent.js'
import { afterFailure } from '../../tasks/queue.js'
import type { TaskRow } from '../../tasks/task.js'
import type { NewAgent, ReleasedAgents } from '../agent-store.js'
import type { Author } from '../storage.js'
import type { WorkAddress } from '../task-store.js'
import { findAgent, noAgent, saveAgent } from './agent-rows.js'
import { listAgents } from './agents-read.js'
import { audit, type Trail } from './audit-write.js'
import { isRefusal, type Refusal, refuse } from './operation.js'
import { all, run, sql } from './statements.js'
import { findTask, moveTask, noTask, taskColumns } from './task-rows.js'
import { sessionOwners } from './tasks-submit.js'

const insert = sql(
  'agents.insert',
  `insert into agents (id, name, specialization, state, model, task_id, session_id, spawned_at, heartbeat_at, app_id,
     user_id, project_id)
   values (:id, :name, :specialization, 'spawning', :model, :task, :session, :now, :now, :app, :user, :project)`,
)

export interface SpawnInput {
  agent: NewAgent
  scope: WorkScope | undefined
  sessionOwner: Owner | undefined
  author: Author
}

export function spawnAgent(db: Database, { agent, scope, sessionOwner, author }: SpawnInput): AgentRow | Refusal {
  const { id, name, specialization, model, task, session } = agent
  const owners = session === null ? agent : sessionOwners(db, session, sessionOwner)
  if (isRefusal(owners)) return owners
  if (task !== null && !findTask(db, { id: task, scope })) return noTask(task)
  if (findAgent(db, { id, scope: undefined })) {
    return refuse('already_exists', `The agent id ${id} is taken.`, { hint: 'Leave the id out to get a new one.' })
  }
  const { now } = author
  const { app, user, project } = owners
  run(db, insert, { id, name, specialization, model, task, session, app, user, project, now })
  const row: AgentRow = {
    ...{ id, name, specialization, model, task, session, app, user, project, state: 'spawning', resourceUsage: '{}' },
    ...{ spawnedAt: now, heartbeatAt: now, terminatedAt: null },
  }
  audit(db, author, { ...trailOf(row), operation: 'create' })
  return row
}

/** What the trail says of an agent, whatever was done to it. */
function trailOf({ id, task, session }: AgentRow): Pick<Trail, 'subject' | 'agent' | 'task' | 'session'> {
  return { subject: 'agent', agent: id, ...(task !== null && { task }), ...(session !== null && { session }) }
}

export interface ChangeInput extends WorkAddress {
  state?: AgentState
  resourceUsage?: string
  heartbeat: boolean
  author: Author
}

export function changeAgent(db: Database, input: ChangeInput): AgentRow | Refusal {
  const agent = findAgent(db, input)
  if (agent === undefined) return noAgent(input.id)
  const { state = agent.state, resourceUsage = agent.resourceUsage, heartbeat, author } = input
  // A sign of life from what is terminated comes from a worker that has to be told.
  if (!isLegalStep(agent.state, state) || (heartbeat && agent.state === 'terminated')) return illegal(agent, state)
  const heartbeatAt = heartbeat ? author.now : agent.heartbeatAt
  if (state === 'terminated') return terminate(db, { ...agent, resourceUsage }, author, { scope: input.scope }).agent
  const next = { ...agent, state, resourceUsage, heartbeatAt }
  saveAgent(db, next)
  if (state !== agent.state) {
    const detail = JSON.stringify({ from: agent.state, to: state })
    audit(db, author, { ...trailOf(agent), operation: 'status', detail })
  }
  return next
}

function illegal({ id, state }: AgentRow, to: AgentState): Refusal {
  const next = legalSteps(state)
  const what = state === to ? 'takes no heartbeats any more' : `cannot become ${to}`
  return refuse('illegal_transition', `Agent ${id} is ${state} and ${what}.`, {
    hint: next.length > 0 ? `From ${state} it can become ${next.join(' or ')}.` : 'Spawn a new agent.',
    details: { from: state, to },
  })
}

const claimedBy = sql(
  'tasks.claimedBy',
  `select ${taskColumns}
   from tasks t indexed by tasks_by_claimer
   where t.claimed_by = :agent and t.status = 'running'
   order by t.id`,
)

/** Ends an agent and gives back what it has claimed. */
function terminate(
  db: Database,
  agent: AgentRow,
  author: Author,
  { scope, because }: { scope: WorkScope | undefined; because?: string },
): { agent: AgentRow; tasks: string[] } {
  if (agent.state === 'terminated') return { agent, tasks: [] }
  const { now } = author
  const ended: AgentRow = { ...agent, state: 'terminated', terminatedAt: now }
  saveAgent(db, ended)
  const detail = JSON.stringify({ from: agent.state, to: 'terminated', because })
  audit(db, author, { ...trailOf(agent), operation: 'terminate', detail })
  const tasks = all<TaskRow>(db, claimedBy, { agent: agent.id }).filter(
    (task) => inScope(task, scope) && isOfSameOwners(task, agent),
  )
  for (const task of tasks) {
    const next = afterFailure(task, { error: `Agent ${agent.id} was terminated.`, now, atOnce: true })
    moveTask(db, task, next, author, { because: `terminated agent ${agent.id}` })
  }
  return { agent: ended, tasks: tasks.map(({ id }) => id) }
}

/** Names of workers are free: another's worker may have the name of this agent. */
function isOfSameOwners(task: TaskRow, agent: AgentRow): boolean {
  if (task.project !== null && task.project === agent.project) return true
  return task.app === agent.app && task.user === agent.user
}

export function releaseSilent(
  db: Database,
  input: { scope: WorkScope | undefined; silentSince: number; limit: number; author: Author },
): ReleasedAgents {
  const { author, ...query } = input
  const ended = listAgents(db, query).map((agent) => ({
    id: agent.id,
    ...terminate(db, agent, author, { scope: input.scope, because: 'silent' }),
  }))
  return { agents: ended.map(({ id }) => id), tasks: ended.flatMap(({ tasks }) => tasks) }
}
