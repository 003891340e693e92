import type { AuditOperation, AuditSubject } from '../../audit/audit.js'
import type { ForeignRow } from '../../storage/foreign-database.js'
import { toIso, toIsoOrNull } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { type AbathurContext, jsonOf, keepRow, objectOf, rowsOf, timeOf } from './abathur-rows.js'
import { cleanObject, isObject, textIn, withoutEmpty } from './clean-json.js'
import { readTime } from './foreign-time.js'
import { toId, toSegment } from './names.js'

type AgentState = Extract<InterchangeRecord, { record: 'agent' }>['state']

const agentStates: Record<string, AgentState> = {
  spawning: 'spawning',
  idle: 'idle',
  waiting: 'idle',
  busy: 'busy',
  working: 'busy',
  terminating: 'terminating',
  terminated: 'terminated',
}

/** Agents; those that had not ended are as they were, silent since they were spawned. */
export function* agentRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const { report, sessions, tasks, options } = context
  for (const row of rowsOf(context, 'agents')) {
    const id = String(row.id)
    const spawnedAt = timeOf(row, ['spawned_at', 'terminated_at'], context, id)
    const known = agentStates[String(row.state)]
    if (known !== row.state)
      report.mapped('state of an agent', `${row.state} there is ${known ?? 'terminated'} here`, id)
    const ended = readTime(row.terminated_at)
    const state = ended === undefined ? (known ?? 'terminated') : 'terminated'
    const task = textIn(row.task_id)
    const session = textIn(row.session_id)
    const hasTask = task !== undefined && tasks.has(task)
    const hasSession = session !== undefined && sessions.has(session)
    const missing = withoutEmpty({ task_id: hasTask ? null : task, session_id: hasSession ? null : session })
    for (const [name, value] of Object.entries(missing))
      report.mapped(name, 'not there: kept with the usage of the agent', `${id} → ${value}`)
    const owner = sessions.get(session ?? '')
    report.taken('agents')
    yield {
      record: 'agent',
      id: toId(id),
      name: textIn(row.name) ?? id,
      specialization: textIn(row.specialization) ?? null,
      state,
      model: textIn(row.model) ?? null,
      task: hasTask ? toId(task) : null,
      session: hasSession ? toSegment(session) : null,
      ...{ app: owner?.app ?? options.app, user: owner?.user ?? options.user },
      project: owner?.project ?? options.project ?? null,
      resourceUsage: cleanObject({
        ...objectOf(row.resource_usage, 'usage of an agent', report, id),
        ...withoutEmpty({ imported: missing }),
      }),
      spawnedAt: toIso(spawnedAt),
      heartbeatAt: null,
      terminatedAt: toIsoOrNull(state === 'terminated' ? (ended ?? spawnedAt) : null),
    }
  }
}

/** Checkpoints of tasks that are there; others are kept as memories. */
export function* checkpointRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const { report, sessions } = context
  for (const row of rowsOf(context, 'checkpoints', 'task_id', 'iteration')) {
    const { iteration } = row
    const name = `${row.task_id} ${iteration}`
    if (!isTaken(row, context) || typeof iteration !== 'number') continue
    const session = textIn(row.session_id)
    const hasSession = session !== undefined && sessions.has(session)
    if (session !== undefined && !hasSession)
      report.left('session of a checkpoint', 'it is not there', `${name} → ${session}`)
    report.taken('checkpoints')
    yield {
      record: 'checkpoint',
      task: toId(String(row.task_id)),
      iteration,
      state: jsonOf(row.state, 'state of a checkpoint', report, name),
      session: hasSession ? toSegment(session) : null,
      createdAt: toIso(timeOf(row, ['created_at'], context, name)),
    }
  }
}

function isTaken({ task_id, iteration }: ForeignRow, { tasks }: AbathurContext): boolean {
  return tasks.has(String(task_id)) && typeof iteration === 'number' && Number.isInteger(iteration) && iteration >= 0
}

/** Rows of checkpoints and of the old task state that name tasks which are not there. */
export function* orphanRecords(context: AbathurContext): Generator<InterchangeRecord> {
  for (const row of rowsOf(context, 'checkpoints')) {
    if (!isTaken(row, context))
      yield* keepRow(context, 'checkpoints', `${row.task_id} ${row.iteration}`, row, 'of no task that is there')
  }
  for (const row of rowsOf(context, 'state')) {
    if (!context.tasks.has(String(row.task_id)))
      yield* keepRow(context, 'state', `${row.task_id} ${row.key}`, row, 'of no task that is there')
  }
}

const operations: [pattern: RegExp, operation: AuditOperation][] = [
  [/delete|remove|prune/, 'delete'],
  [/create|add|submit|spawn|enqueue|insert|start/, 'create'],
  [/consolidate/, 'consolidate'],
  [/publish/, 'publish'],
  [/terminate/, 'terminate'],
  [/archive/, 'archive'],
  [/search/, 'search'],
  [/list/, 'list'],
  [/read|get/, 'read'],
  [/status|complete|fail|cancel|claim|retry/, 'status'],
]
const subjects: AuditSubject[] = ['memory', 'session', 'checkpoint', 'agent', 'task', 'document']

/** The trail. What was done is named in our words; the words there are in the detail. */
export function* auditRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const { report } = context
  for (const row of rowsOf(context, 'audit', 'id')) {
    const action = String(row.memory_operation_type ?? row.action_type ?? '').toLowerCase()
    const operation = operations.find(([pattern]) => pattern.test(action))?.[1] ?? 'update'
    const data = jsonOf(row.action_data, 'data of the audit', report, `audit ${row.id}`)
    const memory = typeof row.memory_entry_id === 'number' ? context.memories.get(row.memory_entry_id) : undefined
    report.taken('audit')
    yield {
      record: 'audit',
      timestamp: toIso(timeOf(row, ['timestamp'], context, `audit ${row.id}`)),
      subject: subjectOf(row),
      operation,
      outcome: 'ok',
      actor: textIn(row.agent_id) === undefined ? 'app:abathur' : `agent:${row.agent_id}`,
      principal: {},
      namespace: memory?.namespace ?? textIn(row.memory_namespace) ?? null,
      key: memory?.key ?? (isObject(data) ? (textIn(data.key) ?? null) : null),
      version: memory?.version ?? null,
      session: null,
      task: textIn(row.task_id) ?? null,
      agent: textIn(row.agent_id) ?? null,
      occurrences: 1,
      // With its number there, each line is one of its kind, so that a second import knows it.
      detail: cleanObject(withoutEmpty({ abathur: row.id, action: row.action_type, data, result: row.result })),
    }
  }
}

function subjectOf(row: ForeignRow): AuditSubject {
  if (textIn(row.memory_operation_type) !== undefined || textIn(row.memory_namespace) !== undefined) return 'memory'
  const action = String(row.action_type ?? '').toLowerCase()
  const named = subjects.find((subject) => action.includes(subject))
  return named ?? (textIn(row.task_id) === undefined ? 'store' : 'task')
}
