import type { Guard } from '../access/guard.js'
import { parseId, parseSegment } from '../access/namespace.js'
import { writable } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError, invalidInput } from '../errors.js'
import type { SessionAddress, StateRights } from '../storage/session-store.js'
import type { Storage } from '../storage/storage.js'
import type { SessionRow } from './session.js'
import { ownersOf, type ScopeOwners, type StateScope, scopeNamespace, storedScopes } from './state.js'

interface OwnerInput {
  app?: string | undefined
  user?: string | undefined
  project?: string | undefined
}

/** The names in canonical form, as sessions hold them; what is not named stays undefined. */
function parseOwners({ app, user, project }: OwnerInput): OwnerInput {
  return {
    app: app === undefined ? undefined : parseSegment(app, 'The app'),
    user: user === undefined ? undefined : parseSegment(user, 'The user'),
    project: project === undefined ? undefined : parseSegment(project, 'The project'),
  }
}

/** Which sessions a caller has, and what of their state. */
export class SessionAccess {
  readonly #storage: Storage
  readonly #guard: Guard
  /** What writes tell the store, which alone knows whose a session is. */
  readonly rights: StateRights

  constructor(storage: Storage, guard: Guard) {
    this.#storage = storage
    this.#guard = guard
    const namespaces = writable(guard.caller)
    this.rights = namespaces === undefined ? {} : { writable: namespaces }
  }

  address(id: string): SessionAddress {
    const { caller } = this.#guard
    // A caller without an app or a user owns no session; no owner has an empty name.
    const owner = isRoot(caller) ? undefined : { app: caller.app ?? '', user: caller.user ?? '' }
    return { id: parseId(id, 'The session id'), owner }
  }

  async find(address: SessionAddress, operation: AuditOperation): Promise<SessionRow> {
    const session = await this.#storage.sessions.get(address)
    if (session === undefined) throw await this.notFound(address, operation)
    return session
  }

  async notFound(address: SessionAddress, operation: AuditOperation): Promise<CairnError> {
    await this.noteForeign(address, operation)
    return new CairnError('not_found', `There is no session ${address.id}.`, {
      hint: 'Create it first, or look for it with sessions.list().',
    })
  }

  /** For when no session was found. The answer is the same, and as fast, if it is another's; only the trail tells. */
  async noteForeign({ id, owner }: SessionAddress, operation: AuditOperation): Promise<void> {
    const found = owner && (await this.#storage.sessions.get({ id, owner: undefined }))
    // One that is its own by now was made after the call.
    if (found && (found.app !== owner.app || found.user !== owner.user))
      void this.#guard.noteRefusal({ subject: 'session', operation, namespace: `session:${id}` })
  }

  /** Which sessions to list: those that match what was named, and of a caller that is not root its own ones only. */
  async listFilter(input: OwnerInput): Promise<OwnerInput> {
    const { caller } = this.#guard
    const named = parseOwners(input)
    if (isRoot(caller)) return named
    const { app = caller.app, user = caller.user } = named
    if (app === caller.app && user === caller.user) return { ...named, app: app ?? '', user: user ?? '' }
    await this.#guard.noteRefusal({ subject: 'session', operation: 'list' })
    throw new CairnError('forbidden', 'This handle lists the sessions of its own app and user only.', {
      hint: 'Leave app and user out.',
    })
  }

  /** The owners of a session to be created: what was named, else what the caller is. */
  ownersFor(input: OwnerInput): Omit<ScopeOwners, 'session'> {
    const { app, user, project } = this.#named(input)
    if (app === undefined || user === undefined) {
      const hint = 'Use cairn.as({ app, user }), or name both here.'
      throw invalidInput('A session belongs to an app and a user; one of them is missing.', hint)
    }
    return { app, user, project: project ?? null }
  }

  mayCreateFor(input: OwnerInput): boolean {
    const { caller } = this.#guard
    if (isRoot(caller)) return true
    const { app, user, project } = this.#named(input)
    return app === caller.app && user === caller.user && project === caller.project
  }

  async foreignOwners(): Promise<CairnError> {
    await this.#guard.noteRefusal({ subject: 'session', operation: 'create' })
    return new CairnError('forbidden', 'This handle creates sessions for its own app, user and project only.', {
      hint: 'Leave app, user and project out.',
    })
  }

  #named(input: OwnerInput): OwnerInput {
    const { caller } = this.#guard
    const own: OwnerInput = isRoot(caller) ? {} : caller
    const { app = own.app, user = own.user, project = own.project } = parseOwners(input)
    return { app, user, project }
  }

  readableScopes(session: SessionRow): StateScope[] {
    const owners = ownersOf(session)
    return storedScopes.filter((scope) => {
      const owner = owners[scope]
      return scope === 'session' || (owner !== null && this.#guard.may('read', scopeNamespace(scope, owner)))
    })
  }

  async demandReadable(scope: StateScope, session: SessionRow): Promise<void> {
    const owner = ownersOf(session)[scope]
    if (scope === 'session' || owner === null) return
    await this.#guard.demand('read', scopeNamespace(scope, owner), { subject: 'state', operation: 'read' })
  }

  /** What the store answers to a write. What it refuses is noted in the trail, as what is refused here is. */
  async answerTo<T>(write: Promise<T>, address: SessionAddress, operation: AuditOperation): Promise<T> {
    try {
      return await write
    } catch (error) {
      if (error instanceof CairnError) await this.#noteRefused(error, address, operation)
      throw error
    }
  }

  async #noteRefused({ code, details }: CairnError, address: SessionAddress, operation: AuditOperation): Promise<void> {
    if (code === 'not_found') await this.noteForeign(address, operation)
    if (code !== 'forbidden') return
    const { namespace } = details ?? {}
    const where = typeof namespace === 'string' ? { namespace } : {}
    await this.#guard.noteRefusal({ subject: 'state', operation: 'update', ...where })
  }
}
