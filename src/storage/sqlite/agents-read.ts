import type { Database } from 'better-sqlite3'
import { compareBytes } from '../../access/namespace.js'
import type { AgentRow } from '../../tasks/agent.js'
import type { AgentQuery } from '../agent-store.js'
import type { WorkAddress } from '../task-store.js'
import { agentColumns, findAgent } from './agent-rows.js'
import { firstInScope } from './scoped-rows.js'
import { iterate, type Parameters, sql, sqlFamily } from './statements.js'

const max = Number.MAX_SAFE_INTEGER
const lastText = '\u{10ffff}'

const filters = `(:state is null or +state = :state)
     and (:task is null or +task_id = :task)
     and (:session is null or +session_id = :session)
     and (:project is null or +project_id = :project)`

const leading = {
  all: { index: 'agents_by_spawned', where: '' },
  owner: { index: 'agents_by_owner', where: 'app_id = :app and user_id = :user and ' },
  project: { index: 'agents_by_project', where: 'project_id = :project and ' },
  session: { index: 'agents_by_session', where: 'session_id = :session and ' },
  task: { index: 'agents_by_task', where: 'task_id = :task and ' },
  state: { index: 'agents_by_state', where: 'state = :state and ' },
}
type Leading = keyof typeof leading

/** Newest first along the index of what leads; every other filter is checked on the rows, hence the unary plus. */
const list = sqlFamily(
  'agents.list',
  Object.keys(leading) as Leading[],
  (shape) => `select ${agentColumns}
   from agents indexed by ${leading[shape].index}
   where ${leading[shape].where}(spawned_at, id) < (:afterTime, :afterId)
     and ${filters}
   order by spawned_at desc, id desc`,
)

const silent = sql(
  'agents.silent',
  `select ${agentColumns}
   from agents indexed by agents_by_heartbeat
   where state <> 'terminated' and heartbeat_at <= :silentSince and (heartbeat_at, id) > (:afterTime, :afterId)
     and ${filters}
   order by heartbeat_at, id`,
)

export function getAgent(db: Database, address: WorkAddress): AgentRow | undefined {
  return findAgent(db, address)
}

export function listAgents(db: Database, query: AgentQuery): AgentRow[] {
  const { scope, silentSince, limit } = query
  if (silentSince !== undefined)
    return firstInScope(iterate(db, silent, { ...parametersOf(query, [-1, '']), silentSince }), query)
  const first = (shape: Leading, more: Parameters = {}): AgentRow[] =>
    firstInScope(iterate(db, list[shape], { ...parametersOf(query, [max, lastText]), ...more }), query)
  const shape = leadingFilter(query)
  if (shape !== 'all' && (scope === undefined || shape !== 'state')) return first(shape)
  if (scope === undefined) return first('all')
  const own = scope.owner ? first('owner', { ...scope.owner }) : []
  const found = [...own, ...scope.projects.flatMap((project) => first('project', { project }))]
  const unique = [...new Map(found.map((agent) => [agent.id, agent])).values()]
  return unique.sort((a, b) => b.spawnedAt - a.spawnedAt || compareBytes(b.id, a.id)).slice(0, limit)
}

function leadingFilter({ task, session, project, state }: AgentQuery): Leading {
  if (task !== undefined) return 'task'
  if (session !== undefined) return 'session'
  if (project !== undefined) return 'project'
  return state === undefined ? 'all' : 'state'
}

function parametersOf(query: AgentQuery, start: [number, string]): Parameters {
  const { state, task, session, project, after = start } = query
  return {
    ...{ state: state ?? null, task: task ?? null, session: session ?? null, project: project ?? null },
    ...{ afterTime: after[0], afterId: after[1] },
  }
}
