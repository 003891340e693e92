import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { parseId, parseName, parseSegment } from '../access/namespace.js'
import { encodeJsonObject } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse, plainObject } from '../parse.js'
import type { AgentQuery, ReleasedAgents } from '../storage/agent-store.js'
import type { Storage } from '../storage/storage.js'
import { type Agent, type AgentState, agentStates, toAgent } from './agent.js'
import type { TaskWaiters } from './task-waiters.js'
import { WorkAccess, type WorkServiceOptions } from './work-access.js'

const id = z.string()
const limit = z.number().int().min(1).max(1000)
const stateSchema = z.enum(agentStates)

export const newAgentSchema = z.strictObject({
  id: id.optional(),
  name: z.string(),
  specialization: z.string().optional(),
  model: z.string().optional(),
  task: id.optional(),
  session: id.optional(),
  app: z.string().optional(),
  user: z.string().optional(),
  project: z.string().optional(),
})

/**
 * A worker to note down. With the `id` under which it claims tasks, its claims and heartbeats of tasks count as signs of
 * life. It belongs to the session that it names and to whom that belongs, or else to the handle's app, user and project,
 * which root may name or leave out.
 */
export type NewAgentInput = z.input<typeof newAgentSchema>

export const agentListSchema = z.strictObject({
  state: stateSchema.optional(),
  task: id.optional(),
  session: id.optional(),
  project: z.string().optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/** Filters, which must all hold. `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type AgentListQuery = z.input<typeof agentListSchema>

export const agentHeartbeatSchema = z.strictObject({
  state: stateSchema.optional(),
  resourceUsage: plainObject.optional(),
})

/** What has changed: the state, and what the agent uses, such as `{ cpu, memory, tokens }`. */
export type AgentHeartbeat = z.input<typeof agentHeartbeatSchema>

const silence = { seconds: z.number().min(0).max(31_536_000) }

export const silentSchema = z.strictObject({ ...silence, limit: limit.optional(), cursor: z.string().optional() })

/** Silent for at least so many seconds. `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type SilentQuery = z.input<typeof silentSchema>

export const releaseSilentSchema = z.strictObject(silence)

const defaultLimit = 50
const releaseBatch = 100

/**
 * The workers: what they are, what they work on, and whether they are alive. Whose they are decides who sees and changes
 * them, as it does for tasks. Methods reject with a `CairnError`: `invalid_input`, `too_large`, `forbidden`, `closed`, and
 * `not_found` for an unknown agent; others as named.
 */
export class AgentService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #access: WorkAccess
  readonly #newId: () => string
  readonly #valueBytes: number
  readonly #waiters: TaskWaiters

  constructor({ storage, guard, newId, valueBytes, waiters }: WorkServiceOptions) {
    this.#storage = storage
    this.#guard = guard
    this.#access = new WorkAccess(storage, guard, 'agent')
    this.#newId = newId
    this.#valueBytes = valueBytes
    this.#waiters = waiters
  }

  /** Notes a worker down, as `spawning`. `already_exists` when the id is taken; `not_found` for an unknown task or session. */
  async spawn(input: NewAgentInput): Promise<Agent> {
    const parsed = parse(newAgentSchema, input, 'The agent')
    const optional = <T>(value: T | undefined, read: (value: T) => string) => (value === undefined ? null : read(value))
    const owners = this.#access.ownersFor(parsed)
    const agent = {
      ...(owners instanceof Promise ? await owners : owners),
      id: parsed.id === undefined ? this.#newId() : parseId(parsed.id, 'The agent id'),
      name: parseName(parsed.name, 'The name'),
      specialization: optional(parsed.specialization, (text) => parseName(text, 'specialization')),
      model: optional(parsed.model, (text) => parseName(text, 'model')),
      task: optional(parsed.task, (text) => parseId(text, 'The task id')),
      session: optional(parsed.session, (text) => parseId(text, 'The session id')),
    }
    const [scope, sessionOwner] = [this.#access.scope('read'), this.#access.sessionOwner()]
    const spawned = this.#storage.agents.spawn({ agent, scope, sessionOwner, author: this.#guard.author() })
    return toAgent(await this.#access.noting('create', spawned))
  }

  /** The agent, or null when the caller may see none with that id. */
  async get(id: string): Promise<Agent | null> {
    const address = { id: parseId(id, 'The agent id'), scope: this.#access.scope('read') }
    const row = await this.#storage.agents.get(address)
    if (row === undefined) await this.#access.noteUnseen(address.id)
    await this.#guard.noteRead({ subject: 'agent', operation: 'read' }, () => ({ agent: address.id }))
    return row === undefined ? null : toAgent(row)
  }

  /** Agents that the caller may see, newest first. */
  async list(query: AgentListQuery = {}): Promise<Page<Agent>> {
    const { state, task, session, project, limit = defaultLimit, cursor } = parse(agentListSchema, query, 'list')
    const rows = await this.#list({
      ...(state !== undefined && { state }),
      ...(task !== undefined && { task: parseId(task, 'The task id') }),
      ...(session !== undefined && { session: parseId(session, 'The session id') }),
      ...(project !== undefined && { project: parseSegment(project, 'The project') }),
      ...placeOf(cursor),
      limit: limit + 1,
    })
    return toPage(rows, limit, toAgent, (row) => [row.spawnedAt, row.id])
  }

  /** A sign of life, with what has changed. `illegal_transition` when the agent was terminated: its work is given away. */
  async heartbeat(id: string, changes: AgentHeartbeat = {}): Promise<Agent> {
    const { state, resourceUsage } = parse(agentHeartbeatSchema, changes, 'heartbeat')
    const usage = resourceUsage && encodeJsonObject(resourceUsage, 'resourceUsage', this.#valueBytes)
    return this.#change(id, { heartbeat: true, ...(state && { state }), ...(usage && { resourceUsage: usage }) })
  }

  /** Moves an agent along: spawning → idle ⇄ busy → terminating → terminated. `illegal_transition` names what may follow. */
  async setState(id: string, state: AgentState): Promise<Agent> {
    return this.#change(id, { heartbeat: false, state: parse(stateSchema, state, 'The state') })
  }

  /** Ends an agent; the tasks that it was working on go back to the queue, each at the cost of a retry. */
  async terminate(id: string): Promise<Agent> {
    return this.#change(id, { heartbeat: false, state: 'terminated' })
  }

  /** Agents that were not heard of for so long, the longest silent first. */
  async silent(query: SilentQuery): Promise<Page<Agent>> {
    const { seconds, limit = defaultLimit, cursor } = parse(silentSchema, query, 'silent')
    const rows = await this.#list({ silentSince: this.#since(seconds), ...placeOf(cursor), limit: limit + 1 })
    return toPage(rows, limit, toAgent, (row) => [row.heartbeatAt ?? 0, row.id])
  }

  /** Terminates agents that were not heard of for so long, and gives their tasks back. Returns the ids of both. */
  async releaseSilent(query: z.input<typeof releaseSilentSchema>): Promise<ReleasedAgents> {
    const { seconds } = parse(releaseSilentSchema, query, 'releaseSilent')
    const [scope, silentSince] = [this.#access.scope('write'), this.#since(seconds)]
    const total: ReleasedAgents = { agents: [], tasks: [] }
    for (;;) {
      const author = this.#guard.author()
      const { agents, tasks } = await this.#storage.agents.releaseSilent({
        ...{ scope, silentSince, limit: releaseBatch, author },
      })
      total.agents.push(...agents)
      total.tasks.push(...tasks)
      if (tasks.length > 0) this.#waiters.wake()
      if (agents.length < releaseBatch) return total
    }
  }

  #since(seconds: number): number {
    return Math.trunc(this.#guard.now() - seconds * 1000)
  }

  async #list(query: Omit<AgentQuery, 'scope'>) {
    const rows = await this.#storage.agents.list({ ...query, scope: this.#access.scope('read') })
    await this.#guard.noteRead({ subject: 'agent', operation: 'list' })
    return rows
  }

  async #change(
    id: string,
    change: { state?: AgentState; resourceUsage?: string; heartbeat: boolean },
  ): Promise<Agent> {
    const address = { id: parseId(id, 'The agent id'), scope: this.#access.scope('write') }
    const changed = this.#storage.agents.change({ ...address, ...change, author: this.#guard.author() })
    const operation = change.state === 'terminated' ? 'terminate' : 'status'
    const row = await this.#access.noting(operation, changed)
    if (row.state === 'terminated') this.#waiters.wake()
    return toAgent(row)
  }
}

function placeOf(cursor: string | undefined): Pick<AgentQuery, 'after'> {
  return cursor === undefined ? {} : { after: decodeCursor(cursor, ['number', 'string']) as [number, string] }
}
