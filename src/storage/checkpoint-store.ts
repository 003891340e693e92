import type { Owner, WorkScope } from '../access/policy.js'
import type { Author } from './storage.js'

/** `scope` undefined means any: the caller is root. A task outside of it is as good as none. */
export interface TaskAddress {
  task: string
  scope: WorkScope | undefined
}

/** `not_found` names in its details the `task` or `session` that is not there. Every method rejects with it for the task. */
export interface CheckpointStore {
  /**
   * Stores the state after an iteration, in place of one that is there. `not_found` for a session of another than
   * `sessionOwner`, too.
   */
  put(input: NewCheckpoint & { state: string }): Promise<CheckpointRow>
  /** Of one iteration, or the last one. `corrupt` when what is stored does not give the state that was put. */
  get(input: TaskAddress & { iteration?: number }): Promise<(CheckpointRow & { state: string }) | undefined>
  /** Highest iteration first, below `before`. */
  list(input: TaskAddress & { before: number; limit: number }): Promise<CheckpointRow[]>
  /** How many checkpoints there are besides the last `keep`. */
  countBesides(input: TaskAddress & { keep: number }): Promise<number>
  /** Removes checkpoints besides the last `keep`, at most `limit` of them, the highest iterations first. Returns how many. */
  prune(input: TaskAddress & { keep: number; limit: number; author: Author }): Promise<number>
}

/** A checkpoint to be stored, but for its state. */
export interface NewCheckpoint extends TaskAddress {
  iteration: number
  session: string | null
  sessionOwner: Owner | undefined
  author: Author
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
