import type { Owner, WorkOwners, WorkScope } from '../access/policy.js'
import type { AgentRow, AgentState } from '../tasks/agent.js'
import type { Author } from './storage.js'
import type { WorkAddress } from './task-store.js'

/** `not_found` names in its details the `agent`, `task` or `session` that is not there. */
export interface AgentStore {
  /**
   * `already_exists` when the id is taken, by whomever; `not_found` for a task outside of `scope` and a session of another
   * than `sessionOwner`. An agent takes its owners from its session, if it has one.
   */
  spawn(input: {
    agent: NewAgent
    scope: WorkScope | undefined
    sessionOwner: Owner | undefined
    author: Author
  }): Promise<AgentRow>
  get(input: WorkAddress): Promise<AgentRow | undefined>
  /** Newest first; with `silentSince`, those that are not terminated and were not heard of since, longest silent first. */
  list(input: AgentQuery): Promise<AgentRow[]>
  /**
   * A sign of life, a state, or both. `illegal_transition`. An agent that is terminated gives back the running tasks that
   * it has claimed, each at the cost of a retry.
   */
  change(
    input: WorkAddress & { state?: AgentState; resourceUsage?: string; heartbeat: boolean; author: Author },
  ): Promise<AgentRow>
  /** Terminates at most `limit` agents that were not heard of since a moment. */
  releaseSilent(input: {
    scope: WorkScope | undefined
    silentSince: number
    limit: number
    author: Author
  }): Promise<ReleasedAgents>
}

export interface NewAgent extends WorkOwners {
  id: string
  name: string
  specialization: string | null
  model: string | null
  task: string | null
  session: string | null
}

export interface AgentQuery {
  scope: WorkScope | undefined
  state?: AgentState
  task?: string
  session?: string
  project?: string
  silentSince?: number
  /** The place after which to go on: (spawnedAt, id), or with `silentSince` (heartbeatAt, id). */
  after?: [number, string]
  limit: number
}

/** Ids of the agents that were terminated, and of the tasks that they had. */
export interface ReleasedAgents {
  agents: string[]
  tasks: string[]
}
