import type { TaskOwner } from '../access/policy.js'
import type { SessionAddress } from './session-store.js'
import type { Author } from './storage.js'

/** A task, and the owner for whom the decision was made: if it has another by now, the task is as good as none. */
export interface TaskAddress {
  task: string
  owner: TaskOwner
}

export interface CheckpointStore {
  /** Whose a task is; undefined when there is no such task. */
  owner(input: { task: string }): Promise<TaskOwner | undefined>
  /** Stores the state after an iteration, in place of one that is there. `not_found` for the task or the session. */
  put(
    input: TaskAddress & { iteration: number; state: string; session: SessionAddress | null; author: Author },
  ): Promise<CheckpointRow>
  /** Of one iteration, or the last one. `corrupt` when what is stored does not give the state that was put. */
  get(input: TaskAddress & { iteration?: number }): Promise<(CheckpointRow & { state: string }) | undefined>
  /** Highest iteration first, below `before`. */
  list(input: TaskAddress & { before: number; limit: number }): Promise<CheckpointRow[]>
  /** How many checkpoints there are besides the last `keep`. */
  countBesides(input: TaskAddress & { keep: number }): Promise<number>
  /** Removes checkpoints besides the last `keep`, at most `limit` of them, the highest iterations first. Returns how many. */
  prune(input: TaskAddress & { keep: number; limit: number; author: Author }): Promise<number>
}

/** A checkpoint without its state. `base` is the iteration that a difference builds on. */
export interface CheckpointRow {
  iteration: number
  base: number | null
  /** Of the state's JSON, and of what is stored for it. */
  bytes: number
  storedBytes: number
  session: string | null
  createdAt: number
}
