import type { Guard } from '../access/guard.js'
import { parseId } from '../access/namespace.js'
import { mayUseTask } from '../access/policy.js'
import type { Right } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError } from '../errors.js'
import type { TaskAddress } from '../storage/checkpoint-store.js'
import type { Storage } from '../storage/storage.js'

/** Which tasks a caller may read or add checkpoints to. */
export class CheckpointAccess {
  readonly #storage: Storage
  readonly #guard: Guard

  constructor(storage: Storage, guard: Guard) {
    this.#storage = storage
    this.#guard = guard
  }

  /**
   * `forbidden` for who may read the task but not work on it. To all others a task that is not theirs is as good as none:
   * the answer is the same, and only the trail tells.
   */
  async find(id: string, right: Right, operation: AuditOperation): Promise<TaskAddress> {
    const task = parseId(id, 'The task id')
    const owner = await this.#storage.checkpoints.owner({ task })
    const { caller } = this.#guard
    if (owner === undefined) throw noTask(task)
    if (mayUseTask(caller, right, owner)) return { task, owner }
    void this.#guard.noteRefusal({ subject: 'checkpoint', operation, task })
    if (!mayUseTask(caller, 'read', owner)) throw noTask(task)
    throw new CairnError('forbidden', `This handle may read the checkpoints of task ${task}, not change them.`, {
      hint: "Ask for a handle with the grant 'project:write', or one of the task's own app and user.",
    })
  }
}

function noTask(task: string): CairnError {
  return new CairnError('not_found', `There is no task ${task}.`, { hint: 'Submit it first.' })
}
