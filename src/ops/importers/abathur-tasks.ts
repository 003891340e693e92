import type { Json, JsonObject } from '../../json.js'
import type { ForeignRow } from '../../storage/foreign-database.js'
import { toIso, toIsoOrNull } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { type Edge, type EdgeMap, readEdges } from './abathur-dependencies.js'
import { type AbathurContext, byOf, isoOf, jsonOf, rowsOf, timeOf, wholeOf } from './abathur-rows.js'
import { cleanJson, cleanObject, textIn, without, withoutEmpty } from './clean-json.js'
import { readTime } from './foreign-time.js'
import { toId, toSegment } from './names.js'

type TaskStatus = Extract<InterchangeRecord, { record: 'task' }>['status']
type TaskSource = Extract<InterchangeRecord, { record: 'task' }>['source']

const statuses: TaskStatus[] = ['pending', 'blocked', 'ready', 'running', 'completed', 'failed', 'cancelled']
const sources: TaskSource[] = ['human', 'agent_requirements', 'agent_planner', 'agent_implementation']
const ended = new Set<string>(['completed', 'failed', 'cancelled'])

/** Which tasks there are, for all that names them. */
export function collectTasks(context: AbathurContext): void {
  for (const row of rowsOf(context, 'tasks')) context.tasks.set(String(row.id), String(row.status))
}

/** Tasks with what they wait for. What does not fit is in their metadata. */
export function* taskRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const edges = readEdges(context)
  const states = statesOf(context)
  for (const row of rowsOf(context, 'tasks')) yield recordOf(row, { edges, states, context })
  context.report.taken('tasks', context.tasks.size)
}

/** The old key-value state of tasks, by task. */
function statesOf(context: AbathurContext): Map<string, JsonObject> {
  const states = new Map<string, JsonObject>()
  for (const row of rowsOf(context, 'state')) {
    const task = String(row.task_id)
    if (!context.tasks.has(task)) continue
    const value = jsonOf(row.value, 'state of a task', context.report, `${task} ${row.key}`)
    states.set(task, { ...states.get(task), [String(row.key)]: value })
    context.report.mapped('state of a task', 'kept in the metadata of the task', `${task} ${row.key}`)
  }
  return states
}

// Columns that have a field of their own here.
const fields = [
  ...['id', 'prompt', 'agent_type', 'priority', 'status', 'input_data', 'result_data', 'error_message', 'retry_count'],
  ...['max_retries', 'max_execution_timeout_seconds', 'submitted_at', 'started_at', 'completed_at', 'last_updated_at'],
  ...['created_by', 'parent_task_id', 'dependencies', 'dependency_type', 'session_id', 'source', 'deadline'],
]

interface Parts {
  edges: EdgeMap
  states: Map<string, JsonObject>
  context: AbathurContext
}

function recordOf(row: ForeignRow, { edges, states, context }: Parts): InterchangeRecord {
  const { report, sessions, options } = context
  const original = String(row.id)
  const submittedAt = timeOf(row, ['submitted_at', 'last_updated_at'], context, original)
  const updatedAt =
    readTime(row.last_updated_at) ?? readTime(row.completed_at) ?? readTime(row.started_at) ?? submittedAt
  const kept: Record<string, unknown> = withoutEmpty(without(row, ...fields))
  const session = linkOf(row.session_id, sessions, { kept, name: 'session_id', report, original })
  const parent = parentOf(row, edges, { kept, context })
  const list = edges.edges.get(original) ?? []
  if (edges.dropped.has(original)) kept.dependencies = edges.dropped.get(original)
  const status = statusOf(row, list, { kept, context })
  const owner = session === undefined ? undefined : sessions.get(session)
  const timeoutSeconds = wholeOf(row.max_execution_timeout_seconds, 60, 31_536_000, 3600)
  const state = states.get(original)
  return {
    record: 'task',
    id: toId(original),
    ...textsOf(row),
    ...numbersOf(row, { kept, report, original }),
    timeoutSeconds,
    status,
    input: cleanJson(jsonOf(row.input_data, 'input of a task', report, original) ?? {}),
    result: jsonOf(row.result_data, 'result of a task', report, original),
    runAfter: null,
    deadline: isoOf(row.deadline),
    submittedAt: toIso(submittedAt),
    startedAt: isoOf(row.started_at),
    updatedAt: toIso(updatedAt),
    completedAt: ended.has(status) ? (isoOf(row.completed_at) ?? toIso(updatedAt)) : null,
    createdBy: byOf(row.created_by),
    parent,
    session: session === undefined ? null : toSegment(session),
    app: owner?.app ?? options.app,
    user: owner?.user ?? options.user,
    project: owner?.project ?? options.project ?? null,
    claimedBy: status === 'running' ? 'abathur' : null,
    attempt: status === 'running' ? 1 : 0,
    // Whoever ran it there does not run it here: it is taken up again when its time is over.
    leaseUntil: toIsoOrNull(status === 'running' ? updatedAt + timeoutSeconds * 1000 : null),
    metadata: cleanObject({ ...kept, ...(state && { state }) }),
    dependencies: list.map(({ task, type, createdAt, resolvedAt }) => ({
      task: toId(task),
      type,
      createdAt,
      resolvedAt,
    })),
  }
}

/** Older databases call the prompt template_name. */
function textsOf(row: ForeignRow) {
  return {
    prompt: textIn(row.prompt) ?? textIn(row.template_name) ?? '',
    agentType: textIn(row.agent_type) ?? 'general',
    source: sources.find((source) => source === row.source) ?? 'human',
    error: textIn(row.error_message) ?? null,
  }
}

function numbersOf(
  row: ForeignRow,
  { kept, report, original }: { kept: Record<string, unknown>; report: AbathurContext['report']; original: string },
) {
  const priority = wholeOf(row.priority, 0, 10, 5)
  if (priority !== row.priority) {
    report.mapped(
      'priority',
      'outside 0 to 10: the nearest; the original is in the metadata',
      `${original} ${row.priority}`,
    )
    kept.priority = row.priority
  }
  const most = Number.MAX_SAFE_INTEGER
  return {
    priority,
    retryCount: wholeOf(row.retry_count, 0, most, 0),
    maxRetries: wholeOf(row.max_retries, 0, most, 3),
  }
}

/** What is named, if it is there; else it is kept. */
function linkOf<Target>(
  value: ForeignRow[string] | undefined,
  targets: Map<string, Target>,
  {
    kept,
    name,
    report,
    original,
  }: { kept: Record<string, unknown>; name: string; report: AbathurContext['report']; original: string },
): string | undefined {
  const named = textIn(value)
  if (named === undefined || targets.has(named)) return named
  report.mapped(name, 'not there: kept in the metadata', `${original} → ${named}`)
  kept[name] = named
  return undefined
}

function parentOf(
  row: ForeignRow,
  { cyclicParents }: EdgeMap,
  { kept, context }: { kept: Record<string, unknown>; context: AbathurContext },
): string | null {
  const { tasks, report } = context
  const original = String(row.id)
  const parent = linkOf(row.parent_task_id, tasks, { kept, name: 'parent_task_id', report, original })
  if (parent === undefined) return null
  if (!cyclicParents.has(original)) return toId(parent)
  report.mapped('parent_task_id', 'its own descendant: kept in the metadata', `${original} → ${parent}`)
  kept.parent_task_id = parent
  return null
}

/** A task that waits for nothing is ready here, and one that waits is blocked; pending ones wait for a time. */
function statusOf(
  row: ForeignRow,
  edges: Edge[],
  { kept, context }: { kept: Record<string, unknown>; context: AbathurContext },
): TaskStatus {
  const { tasks, report } = context
  const found = statuses.find((status) => status === row.status)
  if (found === undefined) {
    report.mapped('status of a task', 'unknown here, kept as cancelled', `${row.id} ${row.status}`)
    kept.status = row.status as Json
    return 'cancelled'
  }
  if (found === 'running' || ended.has(found)) return found
  const waits = edges.some(({ task }) => tasks.get(task) !== 'completed')
  const status = waits ? 'blocked' : 'ready'
  if (status !== found) report.mapped('status of a task', `${found} there is ${status} here`, String(row.id))
  return status
}
