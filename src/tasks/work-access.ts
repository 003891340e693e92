import type { Guard } from '../access/guard.js'
import { parseSegment } from '../access/namespace.js'
import { inScope, type Owner, type WorkOwners, type WorkScope, workScope } from '../access/policy.js'
import { isRoot, type Right } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError, invalidInput } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import type { TaskWaiters } from './task-waiters.js'

/** What the services of tasks and agents are made of. */
export interface WorkServiceOptions {
  storage: Storage
  guard: Guard
  newId: () => string
  valueBytes: number
  /** Told when there may be new work. */
  waiters: TaskWaiters
}

interface OwnerInput {
  app?: string | undefined
  user?: string | undefined
  project?: string | undefined
  session?: string | undefined
}

/** What a caller can name that is not there for it. */
type Kind = 'task' | 'agent' | 'session'

/** What kind of thing is worked on or works. */
type Subject = 'task' | 'agent' | 'checkpoint'

/**
 * Which tasks and agents a caller has. Those of its (app, user) are its own; those of a project are read by its members,
 * and changed by members who may also write there. To anybody else they do not exist.
 */
export class WorkAccess {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #subject: Subject

  constructor(storage: Storage, guard: Guard, subject: Subject) {
    this.#storage = storage
    this.#guard = guard
    this.#subject = subject
  }

  scope(right: Right): WorkScope | undefined {
    return workScope(this.#guard.caller, right)
  }

  /** Whose sessions the caller may refer to; a caller without an app or a user owns none, and no owner has an empty name. */
  sessionOwner(): Owner | undefined {
    const { caller } = this.#guard
    return isRoot(caller) ? undefined : { app: caller.app ?? '', user: caller.user ?? '' }
  }

  /** The refusal for a caller that would wait for work in vain for ever; undefined for who has a scope to take work from. */
  workRefusal(): Promise<CairnError> | undefined {
    const scope = this.scope('write')
    if (scope === undefined || scope.owner !== null || scope.projects.length > 0) return undefined
    const refusal = new CairnError(
      'forbidden',
      'This handle has no tasks to work on: neither its own nor those of a project.',
      { hint: "Use cairn.as({ app, user }), or cairn.as({ project, grants: ['project:write'] })." },
    )
    return this.#guard.noteRefusal({ subject: this.#subject, operation: 'status' }).then(() => refusal)
  }

  /**
   * The owners of something new: what was named, else what the caller is. Those of a session come from the session. Only a
   * refusal has to be waited for, so that what is allowed is handed to the store in the order of the calls.
   */
  ownersFor(input: OwnerInput): WorkOwners | Promise<never> {
    const named = parseOwners(input)
    if (input.session !== undefined) {
      if (Object.values(named).every((name) => name === undefined)) return { app: null, user: null, project: null }
      throw invalidInput(
        `With a session, ${this.#subject}s take no app, user or project: they have those of the session.`,
        'Leave them out.',
      )
    }
    const { caller } = this.#guard
    const own: OwnerInput = isRoot(caller) ? {} : caller
    const { app = own.app, user = own.user, project = own.project } = named
    if (isRoot(caller) && (app === undefined) !== (user === undefined))
      throw invalidInput('An owner is an app and a user; one of them is missing.', 'Name both or none.')
    const complete = app !== undefined && user !== undefined
    const owners = { app: complete ? app : null, user: complete ? user : null, project: project ?? null }
    if (isRoot(caller)) return owners
    const { app: ownApp, project: inProject } = owners
    const shared = inProject !== null && this.scope('write')?.projects.includes(inProject) === true
    const foreign =
      (['app', 'user'] as const).some((field) => named[field] !== undefined && named[field] !== own[field]) ||
      (inProject !== null && inProject !== own.project && !shared)
    return !foreign && (ownApp !== null || shared) ? owners : this.#refuseOwners(foreign, inProject)
  }

  async #refuseOwners(foreign: boolean, project: string | null): Promise<never> {
    if (foreign) {
      await this.#guard.noteRefusal({ subject: this.#subject, operation: 'create' })
      throw new CairnError('forbidden', `This handle makes ${this.#subject}s for its own app, user and project only.`, {
        hint: 'Leave app, user and project out.',
      })
    }
    if (project !== null) {
      const attempt = { subject: this.#subject, operation: 'create' } as const
      await this.#guard.demand('write', `project:${project}`, attempt)
      await this.#guard.demand('read', `project:${project}`, attempt)
    }
    throw invalidInput(
      `A new ${this.#subject} belongs to an app and a user, or to a project; this handle names neither.`,
      'Use cairn.as({ app, user }).',
    )
  }

  /**
   * Waits for a store's answer. What the caller may see but not change is `forbidden`; what is another's altogether is as
   * `not_found` as what is nowhere, and only the trail tells.
   */
  async noting<T>(operation: AuditOperation, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== 'not_found' || isRoot(this.#guard.caller)) throw error
      throw (await this.#noteForeign(operation, error.details ?? {})) ?? error
    }
  }

  async #noteForeign(operation: AuditOperation, missing: Record<string, unknown>): Promise<CairnError | undefined> {
    for (const kind of ['task', 'agent', 'session'] as const) {
      const id = missing[kind]
      if (typeof id !== 'string') continue
      const owners = await this.#ownersOf(kind, id)
      if (owners === undefined) continue
      // What the caller has by now was made after its call.
      if (this.#has(kind, owners, operation === 'read' || operation === 'list' ? 'read' : 'write')) return undefined
      const where = kind === 'session' ? { namespace: `session:${id}` } : kind === 'task' ? { task: id } : {}
      const subject = kind === 'task' && this.#subject === 'checkpoint' ? 'checkpoint' : kind
      await this.#guard.noteRefusal({ subject, operation, ...where })
      if (kind === 'session' || !this.#has(kind, owners, 'read')) return undefined
      return new CairnError('forbidden', `This handle may read ${kind} ${id}, but not work on it.`, {
        hint: "Ask whoever opened the store for a handle that may: cairn.as({ project, grants: ['project:write'] }).",
      })
    }
    return undefined
  }

  /** For reads that found nothing. */
  async noteUnseen(id: string): Promise<void> {
    if (!isRoot(this.#guard.caller)) await this.#noteForeign('read', { [this.#subject]: id })
  }

  async #ownersOf(kind: Kind, id: string): Promise<WorkOwners | undefined> {
    const { tasks, agents, sessions } = this.#storage
    if (kind === 'session') return sessions.get({ id, owner: undefined })
    if (kind === 'agent') return agents.get({ id, scope: undefined })
    return (await tasks.get({ id, scope: undefined, sessionOwner: undefined }))?.task
  }

  #has(kind: Kind, owners: WorkOwners, right: Right): boolean {
    if (kind !== 'session') return inScope(owners, this.scope(right))
    const own = this.sessionOwner()
    return own === undefined || (own.app === owners.app && own.user === owners.user)
  }
}

function parseOwners({ app, user, project }: OwnerInput): OwnerInput {
  return {
    app: app === undefined ? undefined : parseSegment(app, 'The app'),
    user: user === undefined ? undefined : parseSegment(user, 'The user'),
    project: project === undefined ? undefined : parseSegment(project, 'The project'),
  }
}
