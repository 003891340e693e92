import type { AuditOperation, AuditSubject } from '../audit/audit.js'
import { canonicalJson } from '../canonical-json.js'
import { CairnError, fromFailure } from '../errors.js'
import type { NewAuditEntry } from '../storage/audit-store.js'
import type { Author, Storage } from '../storage/storage.js'
import { forbidden, may } from './policy.js'
import { actorOf, type Caller, isRoot, type Right } from './principal.js'

/** off: reads leave no trace; basic: a line for each, written in the background; full: with what was asked, written before the answer. */
export type ReadAudit = 'off' | 'basic' | 'full'

export interface GuardOptions {
  caller: Caller
  storage: Storage
  now: () => number
  auditReads: ReadAudit
}

export interface Attempt {
  subject: AuditSubject
  operation: AuditOperation
  namespace?: string
  session?: string
  task?: string
}

/** Stands between a service and its store: who asks, what they may do, and the trail of what they were refused. */
export class Guard {
  readonly caller: Caller
  readonly now: () => number
  readonly #storage: Storage
  readonly #auditReads: ReadAudit
  readonly #signature: Omit<Author, 'now'>

  constructor({ caller, storage, now, auditReads }: GuardOptions) {
    this.caller = caller
    this.now = now
    this.#storage = storage
    this.#auditReads = auditReads
    const agent = isRoot(caller) ? null : (caller.agent ?? null)
    this.#signature = { actor: actorOf(caller), principal: canonicalJson({ ...caller }), agent }
  }

  author(): Author {
    return { ...this.#signature, now: this.now() }
  }

  may(right: Right, namespace: string): boolean {
    return may(this.caller, right, namespace)
  }

  /** Decided before anything is looked up, so that a refusal never tells whether a thing exists. */
  async demand(right: Right, namespace: string, attempt: Omit<Attempt, 'namespace'>): Promise<void> {
    if (!this.may(right, namespace)) throw await this.refusal(right, namespace, attempt)
  }

  /**
   * The refusal, when it is in the trail. Writes ask `may` first and wait for this only when it says no: a write that
   * waits for anything before it is handed to the store is overtaken by the one that is called next.
   */
  async refusal(right: Right, namespace: string, attempt: Omit<Attempt, 'namespace'>): Promise<CairnError> {
    await this.noteRefusal({ ...attempt, namespace })
    return fromFailure(forbidden(this.#signature.actor, right, namespace))
  }

  async demandRoot(what: string, attempt: Attempt): Promise<void> {
    if (!isRoot(this.caller)) throw await this.rootRefusal(what, attempt)
  }

  /** As `refusal`, of what only root may do. */
  async rootRefusal(what: string, attempt: Attempt): Promise<CairnError> {
    await this.noteRefusal(attempt)
    return new CairnError('forbidden', `Only the handle that opened the store may ${what}.`, {
      hint: 'Use the handle that openCairn() returned.',
    })
  }

  /** If the line cannot be written, the refusal stands all the same. */
  async noteRefusal(attempt: Attempt): Promise<void> {
    try {
      await this.#storage.audit.record({ entry: { ...attempt, outcome: 'forbidden' }, author: this.author() })
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
    }
  }

  async noteRead(
    entry: Omit<NewAuditEntry, 'outcome' | 'detail'>,
    detail: () => Record<string, unknown> = () => ({}),
  ): Promise<void> {
    if (this.#auditReads === 'off') return
    const full = this.#auditReads === 'full'
    const written = this.#storage.audit.record({
      entry: { ...entry, outcome: 'ok', ...(full && { detail: JSON.stringify(detail()) }) },
      author: this.author(),
    })
    if (full) await written
    else written.catch(() => undefined)
  }
}
