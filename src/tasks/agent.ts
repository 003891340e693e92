import type { WorkOwners } from '../access/policy.js'
import { decodeJsonObject, type JsonObject } from '../json.js'
import { toIso, toIsoOrNull } from '../time.js'

export const agentStates = ['spawning', 'idle', 'busy', 'terminating', 'terminated'] as const

/** Where a worker is in its life; terminated is the end. */
export type AgentState = (typeof agentStates)[number]

const next: Record<AgentState, readonly AgentState[]> = {
  spawning: ['idle', 'busy', 'terminating', 'terminated'],
  idle: ['busy', 'terminating', 'terminated'],
  busy: ['idle', 'terminating', 'terminated'],
  terminating: ['terminated'],
  terminated: [],
}

/** Whether an agent may go from one state to the other. Staying where it is is no step and always fine. */
export function isLegalStep(from: AgentState, to: AgentState): boolean {
  return from === to || next[from].includes(to)
}

/** The states that may follow, for an error's hint. */
export function legalSteps(from: AgentState): readonly AgentState[] {
  return next[from]
}

/** One worker: what it is, what it works on, and when it was last heard of. Times are ISO 8601 in UTC. */
export interface Agent extends WorkOwners {
  id: string
  name: string
  specialization: string | null
  state: AgentState
  model: string | null
  task: string | null
  session: string | null
  /** What it uses, such as cpu, memory and tokens, as it said last. */
  resourceUsage: JsonObject
  spawnedAt: string
  heartbeatAt: string | null
  terminatedAt: string | null
}

/** An agent as a store holds it: JSON as text, times in milliseconds since the epoch. */
export interface AgentRow extends WorkOwners {
  id: string
  name: string
  specialization: string | null
  state: AgentState
  model: string | null
  task: string | null
  session: string | null
  resourceUsage: string
  spawnedAt: number
  heartbeatAt: number | null
  terminatedAt: number | null
}

export function toAgent(row: AgentRow): Agent {
  return {
    ...row,
    resourceUsage: decodeJsonObject(row.resourceUsage),
    spawnedAt: toIso(row.spawnedAt),
    heartbeatAt: toIsoOrNull(row.heartbeatAt),
    terminatedAt: toIsoOrNull(row.terminatedAt),
  }
}
