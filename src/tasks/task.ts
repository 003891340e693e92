import type { WorkOwners } from '../access/policy.js'
import { decodeJson, decodeJsonObject, type Json, type JsonObject } from '../json.js'
import type { Session } from '../sessions/session.js'
import type { DependencyRow } from '../storage/task-store.js'
import { toIso, toIsoOrNull } from '../time.js'

export const taskStatuses = ['pending', 'blocked', 'ready', 'running', 'completed', 'failed', 'cancelled'] as const

/**
 * pending: waits for its time, which `runAfter` tells; blocked: waits for other tasks; ready: can be claimed; running: a
 * worker has it; completed, failed and cancelled are ends. The failed ones are the dead letters.
 */
export type TaskStatus = (typeof taskStatuses)[number]

export const taskSources = ['human', 'agent_requirements', 'agent_planner', 'agent_implementation'] as const

/** Who had the idea. */
export type TaskSource = (typeof taskSources)[number]

/** One piece of work in the queue. Times are ISO 8601 in UTC. */
export interface Task extends WorkOwners {
  id: string
  prompt: string
  agentType: string
  source: TaskSource
  /** 0 to 10; higher comes first, then older. */
  priority: number
  status: TaskStatus
  input: Json
  result: Json
  /** Why the last try failed. */
  error: string | null
  /** Tries after the first one, of which there are at most `maxRetries`. */
  retryCount: number
  maxRetries: number
  /** How long a try may go without a heartbeat. */
  timeoutSeconds: number
  runAfter: string | null
  deadline: string | null
  submittedAt: string
  startedAt: string | null
  updatedAt: string
  completedAt: string | null
  createdBy: string
  parent: string | null
  session: string | null
  claimedBy: string | null
  /** Number of the latest try, 0 before the first. An answer of an earlier one is a `conflict`. */
  attempt: number
  /** Until when the try counts as alive. */
  leaseUntil: string | null
  metadata: JsonObject
}

/** A task with the session it belongs to; null when it has none, or it is not the caller's. */
export interface TaskWithSession extends Task {
  sessionDetail: Session | null
}

/** A task as a store holds it: JSON as text, times in milliseconds since the epoch. */
export interface TaskRow extends WorkOwners {
  id: string
  prompt: string
  agentType: string
  source: TaskSource
  priority: number
  status: TaskStatus
  input: string
  result: string | null
  error: string | null
  retryCount: number
  maxRetries: number
  timeoutSeconds: number
  runAfter: number | null
  deadline: number | null
  submittedAt: number
  startedAt: number | null
  updatedAt: number
  completedAt: number | null
  createdBy: string
  parent: string | null
  session: string | null
  claimedBy: string | null
  attempt: number
  leaseUntil: number | null
  metadata: string
}

export function toTask(row: TaskRow): Task {
  return {
    ...row,
    input: decodeJson(row.input),
    result: row.result === null ? null : decodeJson(row.result),
    runAfter: toIsoOrNull(row.runAfter),
    deadline: toIsoOrNull(row.deadline),
    submittedAt: toIso(row.submittedAt),
    startedAt: toIsoOrNull(row.startedAt),
    updatedAt: toIso(row.updatedAt),
    completedAt: toIsoOrNull(row.completedAt),
    leaseUntil: toIsoOrNull(row.leaseUntil),
    metadata: decodeJsonObject(row.metadata),
  }
}

/** One end of a dependency. `resolvedAt` is when the prerequisite was completed; until then it blocks. */
export interface Dependency {
  task: string
  prompt: string
  status: TaskStatus
  resolvedAt: string | null
}

export function toDependency({ task, prompt, status, resolvedAt }: DependencyRow): Dependency {
  return { task, prompt, status, resolvedAt: toIsoOrNull(resolvedAt) }
}

/** What a task waits for, and what waits for it. */
export interface TaskDependencies {
  prerequisites: Dependency[]
  dependents: Dependency[]
}
