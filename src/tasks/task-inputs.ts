import { z } from 'zod'
import { parseId, parseName, parseSegment } from '../access/namespace.js'
import type { WorkOwners, WorkScope } from '../access/policy.js'
import { CairnError, invalidInput } from '../errors.js'
import { encodeJson, encodeJsonObject } from '../json.js'
import { type CursorKey, decodeCursor } from '../page.js'
import { parse, plainObject } from '../parse.js'
import type { NewTask, TaskFilter, TaskQuery } from '../storage/task-store.js'
import { toMillis } from '../time.js'
import { orderOf } from './order.js'
import { type TaskRow, taskSources, taskStatuses } from './task.js'

const time = z.union([z.date(), z.string(), z.number()])
const limit = z.number().int().min(1).max(1000)
const seconds = (least: number) => z.number().int().min(least).max(31_536_000)
const id = z.string()

export const newTaskSchema = z.strictObject({
  id: id.optional(),
  prompt: z.string().min(1),
  agentType: z.string().optional(),
  priority: z.number().int().min(0).max(10).optional(),
  input: z.unknown().optional(),
  session: id.optional(),
  parent: id.optional(),
  dependsOn: z.array(id).max(1000).optional(),
  timeoutSeconds: seconds(60).optional(),
  maxRetries: z.number().int().min(0).max(1000).optional(),
  runAfter: time.optional(),
  deadline: time.optional(),
  source: z.enum(taskSources).optional(),
  metadata: plainObject.optional(),
  app: z.string().optional(),
  user: z.string().optional(),
  project: z.string().optional(),
})

/**
 * A task to queue. `priority` is 0 to 10, by default 5; `agentType` says who can do it, by default `general`; `input` is
 * any JSON value. `dependsOn` names the tasks that must be completed first, `runAfter` the time before which it is not
 * handed out. `timeoutSeconds` is how long a try may go without a heartbeat (3,600 by default, at least 60), `maxRetries`
 * how many more tries there are after the first (3 by default). `deadline` and `source` are told to workers, no more. A
 * task belongs to the session that it names and to whom that belongs, or else to the handle's app, user and project, which
 * root may name or leave out.
 */
export type NewTaskInput = z.input<typeof newTaskSchema>

export const claimOptionsSchema = z.strictObject({
  agentTypes: z.array(z.string()).min(1).max(20).optional(),
  project: z.string().optional(),
  session: id.optional(),
  agent: id.optional(),
})

/** Which task: for one of these types of agent, of a project, of a session. `agent` is who works on it: by default the handle's agent. */
export type ClaimOptions = z.input<typeof claimOptionsSchema>

export const waitOptionsSchema = claimOptionsSchema.extend({
  waitMs: z.number().int().min(0).max(2_147_483_647).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  heartbeatSeconds: z.number().min(0.05).max(86_400).default(10),
})

/**
 * As for `claim`, and how long to wait: `waitMs` milliseconds, by default for ever, or until `signal` is aborted. The
 * `agent` gives a sign of life every `heartbeatSeconds` while it waits, by default 10.
 */
export type WaitOptions = z.input<typeof waitOptionsSchema>

const workOptionsSchema = waitOptionsSchema.extend({ leaseSeconds: seconds(1).optional() })

/**
 * As for `next`. Work ends when no task came for `waitMs`, or when `signal` is aborted and the task at hand is done. A task
 * at work gets a heartbeat every `heartbeatSeconds`, or thrice in its lease where that is more often; it keeps the task for
 * `leaseSeconds`, by default its `timeoutSeconds`.
 */
export type WorkOptions = z.input<typeof workOptionsSchema>

export function parseWork(handler: unknown, options: unknown): z.output<typeof workOptionsSchema> {
  if (typeof handler !== 'function') throw invalidInput('work takes a function that does a task.', 'Pass one first.')
  return parse(workOptionsSchema, options, 'work')
}

export const attemptSchema = z.object({ id, attempt: z.number().int().min(0) })

/** A task as it was claimed, or its id and the number of the try. */
export type TaskAttempt = z.input<typeof attemptSchema>

export const heartbeatOptionsSchema = z.strictObject({ leaseSeconds: seconds(1).optional() })

/** How long the task may be silent from now on; by default its `timeoutSeconds`. */
export type TaskHeartbeatOptions = z.input<typeof heartbeatOptionsSchema>

export const failOptionsSchema = z.strictObject({ retry: z.boolean().optional() })

/** `retry: false` makes it a dead letter at once. */
export type FailOptions = z.input<typeof failOptionsSchema>

export const cancelOptionsSchema = z.strictObject({ force: z.boolean().optional(), cascade: z.boolean().optional() })

/** `force` also cancels a task that is running; `cascade` also cancels what waits for it. */
export type CancelOptions = z.input<typeof cancelOptionsSchema>

const filter = {
  agentType: z.string().optional(),
  session: id.optional(),
  project: z.string().optional(),
  parent: id.optional(),
}
const filterSchema = z.strictObject(filter)
const paging = { limit: limit.optional(), cursor: z.string().optional() }

export const pageOptionsSchema = z.strictObject(paging)

/** `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type TaskPageOptions = z.input<typeof pageOptionsSchema>

export const taskListSchema = z.strictObject({
  status: z.enum(taskStatuses).optional(),
  order: z.enum(['newest', 'queue']).optional(),
  ...filter,
  ...paging,
})

/**
 * Filters, which must all hold. `order` is `queue` (higher priority first, then older) where a status is given, `newest`
 * otherwise; `queue` alone lists what is ready. `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the
 * page before.
 */
export type TaskListQuery = z.input<typeof taskListSchema>

export const deadLettersSchema = z.strictObject({ ...filter, ...paging })

/** Which dead letters. `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type DeadLetterQuery = z.input<typeof deadLettersSchema>

export const reprocessSchema = z.union([z.array(id).max(1000), filterSchema])

/** Ids, at most 1,000, or filters; `{}` is all. */
export type ReprocessQuery = z.input<typeof reprocessSchema>

export type ParsedTask = z.output<typeof newTaskSchema>

/** All tasks of a batch; one with bad ones names each of them. */
export function parseTasks(inputs: unknown[]): ParsedTask[] {
  if (inputs.length === 1) return [parse(newTaskSchema, inputs[0], 'The task')]
  const problems: string[] = []
  const parsed = inputs.flatMap((input, at) => {
    try {
      return [parse(newTaskSchema, input, `[${at}]`)]
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      problems.push(error.message)
      return []
    }
  })
  if (problems.length === 0) return parsed
  throw new CairnError('invalid_input', `None was submitted. ${problems.join(' ')}`, {
    hint: 'Correct these tasks, or leave them out.',
    details: { problems },
  })
}

/** A checked task, ready to be stored. */
export function toNewTask(input: ParsedTask, owners: WorkOwners, valueBytes: number, newId: () => string): NewTask {
  const optionalId = (value: string | undefined, what: string) => (value === undefined ? null : parseId(value, what))
  return {
    ...owners,
    id: optionalId(input.id, 'The task id') ?? newId(),
    prompt: parsePrompt(input.prompt, valueBytes),
    agentType: parseName(input.agentType ?? 'general', 'agentType'),
    source: input.source ?? 'human',
    priority: input.priority ?? 5,
    input: encodeJson(input.input === undefined ? {} : input.input, 'input', valueBytes),
    maxRetries: input.maxRetries ?? 3,
    timeoutSeconds: input.timeoutSeconds ?? 3600,
    runAfter: input.runAfter === undefined ? null : toMillis(input.runAfter, 'runAfter'),
    deadline: input.deadline === undefined ? null : toMillis(input.deadline, 'deadline'),
    parent: optionalId(input.parent, 'parent'),
    session: optionalId(input.session, 'session'),
    metadata: encodeJsonObject(input.metadata ?? {}, 'metadata', valueBytes),
    dependsOn: [...new Set((input.dependsOn ?? []).map((each) => parseId(each, 'dependsOn')))],
  }
}

/** Any text that survives a round trip, line breaks included. */
function parsePrompt(prompt: string, valueBytes: number): string {
  encodeJson(prompt, 'prompt', valueBytes)
  return prompt
}

/** Parents before their children, as they are stored; refuses two of one id and tasks that wait for each other. */
export function inOrder(tasks: NewTask[]): NewTask[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  if (byId.size < tasks.length) {
    const twice = tasks.find((task) => byId.get(task.id) !== task)
    throw invalidInput(`Two tasks of this batch have the id ${twice?.id}.`, 'Give each its own id, or none.')
  }
  orderOrRefuse(
    tasks.map((task) => ({ id: task.id, after: task.dependsOn })),
    'wait for each other',
  )
  const order = orderOrRefuse(
    tasks.map((task) => ({ id: task.id, after: task.parent === null ? [] : [task.parent] })),
    'are each other’s parents',
  )
  return order.flatMap((each) => byId.get(each) ?? [])
}

function orderOrRefuse(nodes: Parameters<typeof orderOf>[0], what: string): string[] {
  const ordered = orderOf(nodes)
  if ('order' in ordered) return ordered.order
  const [first = ''] = ordered.circle
  const path = [...ordered.circle, first].join(' → ')
  throw invalidInput(`These tasks ${what}: ${path}.`, 'Take one of the dependencies out; nothing was stored.')
}

/** Checked names, without the fields that are left out. */
export function toFilter(input: z.output<typeof filterSchema>): TaskFilter {
  const { agentType, session, project, parent } = input
  return {
    ...(agentType !== undefined && { agentType: parseName(agentType, 'agentType') }),
    ...(session !== undefined && { session: parseId(session, 'The session id') }),
    ...(project !== undefined && { project: parseSegment(project, 'The project') }),
    ...(parent !== undefined && { parent: parseId(parent, 'parent') }),
  }
}

/** One row more than `limit`, which tells whether there is another page. */
export function toTaskQuery(
  { status, order, limit, cursor, ...filter }: z.output<typeof taskListSchema> & { limit: number },
  scope: WorkScope | undefined,
): TaskQuery {
  const inQueue = order === 'queue' || (order === undefined && status !== undefined)
  return {
    ...{ scope, order: inQueue ? 'queue' : 'newest', limit: limit + 1 },
    ...(inQueue ? { status: status ?? 'ready' } : status !== undefined && { status }),
    ...(cursor !== undefined && { after: decodePlace(cursor, inQueue) }),
    ...toFilter(filter),
  }
}

function decodePlace(cursor: string, inQueue: boolean): NonNullable<TaskQuery['after']> {
  if (inQueue) return decodeCursor(cursor, ['number', 'number', 'string']) as [number, number, string]
  return decodeCursor(cursor, ['number', 'string']) as [number, string]
}

export function placeOf({ priority, submittedAt, id }: TaskRow, inQueue: boolean): CursorKey {
  return inQueue ? [priority, submittedAt, id] : [submittedAt, id]
}
