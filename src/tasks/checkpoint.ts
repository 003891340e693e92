import { decodeJson, type Json } from '../json.js'
import type { CheckpointRow } from '../storage/checkpoint-store.js'
import { toIso } from '../time.js'

/** A checkpoint without its state. */
export interface CheckpointSummary {
  task: string
  iteration: number
  /** The session it was made in. */
  session: string | null
  /** Of the state's JSON. */
  bytes: number
  /** Of what is stored for it. */
  storedBytes: number
  /** Whether the state is stored as it is, or as what is different from an earlier one. */
  form: 'whole' | 'difference'
  createdAt: string
}

/** The state of a task after an iteration. */
export interface Checkpoint extends CheckpointSummary {
  state: Json
}

export function toSummary(task: string, row: CheckpointRow): CheckpointSummary {
  const { iteration, base, bytes, storedBytes, session, createdAt } = row
  const form = base === null ? 'whole' : 'difference'
  return { task, iteration, session, bytes, storedBytes, form, createdAt: toIso(createdAt) }
}

export function toCheckpoint(task: string, row: CheckpointRow & { state: string }): Checkpoint {
  return { ...toSummary(task, row), state: decodeJson(row.state) }
}
