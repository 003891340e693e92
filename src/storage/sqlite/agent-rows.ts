import type { Database } from 'better-sqlite3'
import { inScope, type WorkScope } from '../../access/policy.js'
import type { AgentRow } from '../../tasks/agent.js'
import type { WorkAddress } from '../task-store.js'
import { type Refusal, refuse } from './operation.js'
import { get, run, sql } from './statements.js'

export const agentColumns = `id, name, specialization, state, model, task_id as task, session_id as session,
   resource_usage as resourceUsage, spawned_at as spawnedAt, heartbeat_at as heartbeatAt, terminated_at as terminatedAt,
   app_id as app, user_id as user, project_id as project`

const byId = sql(
  'agents.byId',
  `select ${agentColumns}
   from agents
   where id = :id`,
)

/** The agent, unless it lies outside of the scope: then it is as good as none. */
export function findAgent(db: Database, { id, scope }: WorkAddress): AgentRow | undefined {
  const agent = get<AgentRow>(db, byId, { id })
  return agent && inScope(agent, scope) ? agent : undefined
}

export function noAgent(id: string): Refusal {
  return refuse('not_found', `There is no agent ${id}.`, {
    hint: 'Look for it with agents.list().',
    details: { agent: id },
  })
}

const save = sql(
  'agents.save',
  `update agents
   set state = :state, resource_usage = :resourceUsage, heartbeat_at = :heartbeatAt, terminated_at = :terminatedAt
   where id = :id`,
)

/** Stores what can change of an agent. */
export function saveAgent(db: Database, agent: AgentRow): void {
  const { id, state, resourceUsage, heartbeatAt, terminatedAt } = agent
  run(db, save, { id, state, resourceUsage, heartbeatAt, terminatedAt })
}

/**
 * Who asks for a task or works on one is alive, if it is one of the caller's agents; anybody may use any name. Returns the
 * agent; one that is terminated stays as it is.
 */
export function touchAgent(
  db: Database,
  { id, scope }: { id: string | null; scope: WorkScope | undefined },
  now: number,
): AgentRow | undefined {
  const agent = id === null ? undefined : findAgent(db, { id, scope })
  if (agent && agent.state !== 'terminated') saveAgent(db, { ...agent, heartbeatAt: now })
  return agent
}
