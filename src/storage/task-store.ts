import type { Owner, WorkOwners, WorkScope } from '../access/policy.js'
import type { SessionRow } from '../sessions/session.js'
import type { TaskRow, TaskSource, TaskStatus } from '../tasks/task.js'
import type { Author } from './storage.js'

/** `scope` undefined means any: the caller is root. A task outside of it is as good as none. */
export interface WorkAddress {
  id: string
  scope: WorkScope | undefined
}

/** Who answers: an answer to an earlier try than the latest is a `conflict`, and so is one to a task that is not running. */
export interface AttemptAddress extends WorkAddress {
  attempt: number
}

/** `not_found` names in its details the `task` or `session` that is not there. */
export interface TaskStore {
  /**
   * Queues all tasks or none; they may depend on and be children of each other, in the order in which they are given.
   * An id that is there with the same content and owner answers what is there; otherwise it is `already_exists`.
   * `not_found` for a prerequisite or parent outside of `scope`, and for a session of another than `sessionOwner`. A
   * task takes its owners from its session, if it has one.
   */
  submit(input: {
    tasks: NewTask[]
    scope: WorkScope | undefined
    sessionOwner: Owner | undefined
    author: Author
  }): Promise<TaskRow[]>
  /**
   * First brings back what is due: pending tasks whose time has come, and running ones that were silent for too long.
   * Then hands out the first ready task that matches, to nobody else; undefined when there is none. Either way it is a sign
   * of life of the agent `claimedBy`, if there is one in the scope; `illegal_transition` when that is terminated.
   */
  claim(input: ClaimQuery & { claimedBy: string | null; author: Author }): Promise<TaskRow | undefined>
  /** Moves the lease of a running task on, and the heartbeat of the agent that has it. */
  heartbeat(input: AttemptAddress & { leaseSeconds?: number; author: Author }): Promise<TaskRow>
  /** Stores the result, and unblocks what waited for this alone. The same answer again changes nothing. */
  complete(input: AttemptAddress & { result: string | null; author: Author }): Promise<TaskRow>
  /** Ends a try. Without `retry` the task is a dead letter, as it is when its retries are spent. */
  fail(input: AttemptAddress & { error: string; retry: boolean; author: Author }): Promise<TaskRow>
  /** Gives a running task back, as if it had not been taken. */
  release(input: AttemptAddress & { author: Author }): Promise<TaskRow>
  /** `illegal_transition` when it has ended otherwise, or is running and `force` is not set. */
  cancel(input: WorkAddress & { force: boolean; cascade: boolean; author: Author }): Promise<Cancelled>
  /** Queues a failed or cancelled task again. `illegal_transition` from any other status. */
  retry(input: WorkAddress & { author: Author }): Promise<TaskRow>
  /** Queues failed tasks again: those of `ids` that are, or at most `limit` that match. Returns how many. */
  reprocess(input: DeadLetters & { author: Author }): Promise<number>
  get(input: WorkAddress & { sessionOwner: Owner | undefined }): Promise<TaskInSession | undefined>
  list(input: TaskQuery): Promise<TaskRow[]>
  /** Both ends that lie within the scope; undefined when there is no such task. */
  dependencies(input: WorkAddress): Promise<DependencyRows | undefined>
  /** Whether a claim would find something, for those who wait. Cheap when nothing has changed since the last look. */
  outlook(input: { claims: ClaimQuery[]; now: number; since?: number }): Promise<Outlook>
}

export interface NewTask extends WorkOwners {
  id: string
  prompt: string
  agentType: string
  source: TaskSource
  priority: number
  input: string
  maxRetries: number
  timeoutSeconds: number
  runAfter: number | null
  deadline: number | null
  parent: string | null
  session: string | null
  metadata: string
  dependsOn: string[]
}

export interface ClaimQuery {
  scope: WorkScope | undefined
  /** Empty: any. */
  agentTypes: string[]
  project?: string
  session?: string
}

export interface Cancelled {
  task: TaskRow
  /** Ids of the tasks that waited for it and went with it. */
  dependents: string[]
}

export interface TaskFilter {
  agentType?: string
  session?: string
  project?: string
  parent?: string
}

export interface DeadLetters extends TaskFilter {
  scope: WorkScope | undefined
  ids?: string[]
  limit: number
}

export interface TaskQuery extends TaskFilter {
  scope: WorkScope | undefined
  /** Newest first, or in the order of the queue, which needs `status`. */
  order: 'newest' | 'queue'
  status?: TaskStatus
  /** The place after which to go on: (submittedAt, id), or (priority, submittedAt, id). */
  after?: [number, string] | [number, number, string]
  limit: number
}

export interface TaskInSession {
  task: TaskRow
  session?: SessionRow
}

export interface DependencyRow extends WorkOwners {
  task: string
  prompt: string
  status: TaskStatus
  resolvedAt: number | null
}

export interface DependencyRows {
  prerequisites: DependencyRow[]
  dependents: DependencyRow[]
}

export interface Outlook {
  /** Changes with every write of any process. */
  version: number
  /** When the next task becomes due by itself; null when none will. */
  dueAt: number | null
  /** For each claim whether there may be something. */
  claimable: boolean[]
}
