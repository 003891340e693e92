import type { Guard } from '../access/guard.js'
import { parseId } from '../access/namespace.js'
import type { Right } from '../access/principal.js'
import { encodeJson } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { TaskAddress } from '../storage/checkpoint-store.js'
import type { Storage } from '../storage/storage.js'
import { type Checkpoint, type CheckpointSummary, toCheckpoint, toSummary } from './checkpoint.js'
import {
  type CheckpointListQuery,
  checkpointListSchema,
  iterationSchema,
  type PruneOptions,
  type PutOptions,
  pruneOptionsSchema,
  putOptionsSchema,
} from './checkpoint-inputs.js'
import { WorkAccess } from './work-access.js'

const pruneBatch = 500

/**
 * The state of tasks after each iteration, to go on from. A checkpoint belongs to its task: those of the task's (app, user)
 * may do everything, members of its project read, and write with the grant `project:write`. To all others there is no
 * such task. Methods reject with a `CairnError`: `invalid_input`, `not_found` for an unknown task, `forbidden`, `closed`;
 * others as named.
 */
export class CheckpointService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #access: WorkAccess
  readonly #stateBytes: number

  constructor({ storage, guard, stateBytes }: { storage: Storage; guard: Guard; stateBytes: number }) {
    this.#storage = storage
    this.#guard = guard
    this.#access = new WorkAccess(storage, guard, 'checkpoint')
    this.#stateBytes = stateBytes
  }

  /**
   * Stores the state after an iteration, in place of one that is there already. Any JSON value; `too_large` over
   * `limits.checkpointBytes`. What is large and has changed little is stored as the difference.
   */
  async put(task: string, iteration: number, state: unknown, options: PutOptions = {}): Promise<CheckpointSummary> {
    const { session } = parse(putOptionsSchema, options, 'put')
    const number = parse(iterationSchema, iteration, 'The iteration')
    const address = this.#address(task, 'write')
    const put = this.#storage.checkpoints.put({
      ...address,
      iteration: number,
      state: encodeJson(state, 'state', this.#stateBytes, 'limits.checkpointBytes'),
      session: session === undefined ? null : parseId(session, 'The session id'),
      sessionOwner: this.#access.sessionOwner(),
      author: this.#guard.author(),
    })
    return toSummary(address.task, await this.#access.noting('create', put))
  }

  /** The checkpoint of the highest iteration, or null when there is none yet. `corrupt` when it is damaged. */
  async latest(task: string): Promise<Checkpoint | null> {
    return this.#get(task)
  }

  /** The checkpoint of one iteration, or null. `corrupt` when it is damaged. */
  async get(task: string, iteration: number): Promise<Checkpoint | null> {
    return this.#get(task, parse(iterationSchema, iteration, 'The iteration'))
  }

  /** Checkpoints of a task without their states, highest iteration first. */
  async list(task: string, query: CheckpointListQuery = {}): Promise<Page<CheckpointSummary>> {
    const { limit = 50, cursor } = parse(checkpointListSchema, query, 'list')
    const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : (decodeCursor(cursor, ['number']) as [number])
    const address = this.#address(task, 'read')
    const found = this.#storage.checkpoints.list({ ...address, before, limit: limit + 1 })
    const rows = await this.#access.noting('list', found)
    await this.#guard.noteRead({ subject: 'checkpoint', operation: 'list', task: address.task })
    return toPage(
      rows,
      limit,
      (row) => toSummary(address.task, row),
      (row) => [row.iteration],
    )
  }

  /** Removes all checkpoints of a task but the last `keep`, for good. Returns how many, or with `dryRun` would be. */
  async prune(task: string, options: PruneOptions): Promise<number> {
    const { keep, dryRun = false } = parse(pruneOptionsSchema, options, 'prune')
    const address = this.#address(task, 'write')
    if (dryRun) return this.#access.noting('delete', this.#storage.checkpoints.countBesides({ ...address, keep }))
    for (let total = 0; ; ) {
      const author = this.#guard.author()
      const batch = this.#storage.checkpoints.prune({ ...address, keep, limit: pruneBatch, author })
      const removed = await this.#access.noting('delete', batch)
      total += removed
      if (removed < pruneBatch) return total
    }
  }

  async #get(task: string, iteration?: number): Promise<Checkpoint | null> {
    const address = this.#address(task, 'read')
    const found = this.#storage.checkpoints.get({ ...address, ...(iteration !== undefined && { iteration }) })
    const row = await this.#access.noting('read', found)
    await this.#guard.noteRead({ subject: 'checkpoint', operation: 'read', task: address.task }, () => ({
      iteration: iteration ?? null,
      found: row !== undefined,
    }))
    return row === undefined ? null : toCheckpoint(address.task, row)
  }

  #address(task: string, right: Right): TaskAddress {
    return { task: parseId(task, 'The task id'), scope: this.#access.scope(right) }
  }
}
