import { Guard, type ReadAudit } from './access/guard.js'
import { narrow } from './access/policy.js'
import { type Caller, isRoot, type Principal, parsePrincipal } from './access/principal.js'
import { AuditService } from './audit/audit-service.js'
import { CairnError } from './errors.js'
import { MemoryService } from './memories/memory-service.js'
import { type SearchOptions, type SearchResult, SearchService } from './search/search-service.js'
import { SessionService } from './sessions/session-service.js'
import type { Storage, StoreInfo } from './storage/storage.js'

export interface CairnParts {
  storage: Storage
  caller: Caller
  now: () => number
  newId: () => string
  auditReads: ReadAudit
  valueBytes: number
}

/**
 * A handle on one store. The one that `openCairn` returns may do everything; `as(principal)` gives handles that may do
 * what their principal may. All of them work on the same connections, and every method rejects with a `CairnError`.
 */
export class Cairn {
  readonly sessions: SessionService
  readonly memories: MemoryService
  readonly audit: AuditService
  readonly #search: SearchService
  readonly #guard: Guard
  readonly #parts: CairnParts

  constructor(parts: CairnParts) {
    this.#parts = parts
    const { storage, newId, valueBytes } = parts
    this.#guard = new Guard(parts)
    this.sessions = new SessionService({ storage, guard: this.#guard, newId, valueBytes })
    this.memories = new MemoryService({ storage, guard: this.#guard, newId, valueBytes })
    this.audit = new AuditService({ storage, guard: this.#guard })
    this.#search = new SearchService({ storage, guard: this.#guard })
  }

  /**
   * A handle for somebody. From the handle that opened the store: with the rights of the principal. From any other it
   * only narrows: `forbidden` for what the handle does not have itself.
   */
  as(principal: Principal): Cairn {
    return new Cairn({ ...this.#parts, caller: narrow(this.#parts.caller, parsePrincipal(principal)) })
  }

  /** Finds memories and events by words. See `SearchOptions` for the filters. */
  search(text: string, options: SearchOptions = {}): Promise<SearchResult> {
    return this.#search.search(text, options)
  }

  /** Size, schema and row counts of the store. Root only. */
  async info(): Promise<StoreInfo> {
    await this.#guard.demandRoot('look at the whole store', { subject: 'store', operation: 'read' })
    return this.#parts.storage.info()
  }

  /** Stores what is under way and closes the store for all its handles. A second call is harmless; later calls reject with `closed`. Root only. */
  async close(): Promise<void> {
    if (!isRoot(this.#parts.caller)) {
      throw new CairnError('forbidden', 'Only the handle that opened the store closes it.', {
        hint: 'Close the handle that openCairn() returned.',
      })
    }
    await this.#parts.storage.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
