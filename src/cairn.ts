import { Guard, type ReadAudit } from './access/guard.js'
import { narrow } from './access/policy.js'
import { type Caller, type Principal, parsePrincipal } from './access/principal.js'
import { AuditService } from './audit/audit-service.js'
import { DocumentService } from './documents/document-service.js'
import type { DocumentWork } from './documents/document-work.js'
import { EmbeddingService } from './embeddings/embedding-service.js'
import type { EmbeddingWork } from './embeddings/embedding-work.js'
import { MemoryService } from './memories/memory-service.js'
import { MetricService } from './observe/metric-service.js'
import type { OperationTimes } from './observe/operation-times.js'
import type { ImportReport } from './ops/import-report.js'
import type { ForeignImportOptions, ForeignImportReport } from './ops/importers/foreign-service.js'
import type { ExportOptions, ImportFileOptions, InterchangeService } from './ops/interchange-service.js'
import type { ImportChunks } from './ops/line-reader.js'
import { type SeededMemory, seedApp } from './ops/seed.js'
import type { ValueLimits } from './ops/value-limits.js'
import type { ContextResult } from './search/context.js'
import type { ContextOptions } from './search/context-inputs.js'
import type { SearchOptions, SimilarTo } from './search/search-inputs.js'
import { withMode } from './search/search-inputs.js'
import { type SearchResult, SearchService } from './search/search-service.js'
import { SessionService } from './sessions/session-service.js'
import type { OpenForeignDatabase } from './storage/foreign-database.js'
import type { Storage, StoreInfo } from './storage/storage.js'
import { AgentService } from './tasks/agent-service.js'
import { CheckpointService } from './tasks/checkpoint-service.js'
import { TaskService } from './tasks/task-service.js'
import { TaskWaiters } from './tasks/task-waiters.js'

export interface CairnParts {
  storage: Storage
  caller: Caller
  now: () => number
  newId: () => string
  auditReads: ReadAudit
  valueBytes: number
  /** Shared by all handles of a store. */
  waiters?: TaskWaiters
  checkpointBytes: number
  documents: DocumentWork
  embeddings: EmbeddingWork
  times: OperationTimes
  openDatabase: OpenForeignDatabase
}

/**
 * A handle on one store. The one that `openCairn` returns may do everything; `as(principal)` gives handles that may do
 * what their principal may. All of them work on the same connections, and every method rejects with a `CairnError`.
 */
export class Cairn {
  readonly sessions: SessionService
  readonly memories: MemoryService
  readonly tasks: TaskService
  readonly agents: AgentService
  readonly checkpoints: CheckpointService
  readonly documents: DocumentService
  readonly embeddings: EmbeddingService
  readonly metrics: MetricService
  readonly audit: AuditService
  readonly #search: SearchService
  readonly #guard: Guard
  readonly #parts: CairnParts & { waiters: TaskWaiters }

  constructor(parts: CairnParts) {
    const { storage, newId, valueBytes, checkpointBytes } = parts
    const { now, waiters = new TaskWaiters(storage, now) } = parts
    this.#parts = { ...parts, waiters }
    this.#guard = new Guard(parts)
    this.sessions = new SessionService({ storage, guard: this.#guard, newId, valueBytes })
    this.memories = new MemoryService({ storage, guard: this.#guard, newId, valueBytes })
    this.tasks = new TaskService({ storage, guard: this.#guard, newId, valueBytes, waiters })
    this.agents = new AgentService({ storage, guard: this.#guard, newId, valueBytes, waiters })
    this.checkpoints = new CheckpointService({ storage, guard: this.#guard, stateBytes: checkpointBytes })
    this.documents = new DocumentService({ storage, guard: this.#guard, newId, work: parts.documents })
    this.embeddings = new EmbeddingService({ storage, guard: this.#guard, work: parts.embeddings })
    this.metrics = new MetricService({ storage, guard: this.#guard, times: parts.times })
    this.audit = new AuditService({ storage, guard: this.#guard })
    this.#search = new SearchService({ storage, guard: this.#guard, embeddings: parts.embeddings })
  }

  /**
   * A handle for somebody. From the handle that opened the store: with the rights of the principal. From any other it
   * only narrows: `forbidden` for what the handle does not have itself.
   */
  as(principal: Principal): Cairn {
    const next = parsePrincipal(principal)
    try {
      return new Cairn({ ...this.#parts, caller: narrow(this.#parts.caller, next) })
    } catch (error) {
      void this.#guard.noteRefusal({ subject: 'store', operation: 'read' })
      throw error
    }
  }

  /** Finds memories, events and documents by words. See `SearchOptions` for the filters. */
  search(text: string, options: SearchOptions = {}): Promise<SearchResult> {
    return this.#search.search(text, options)
  }

  /** By the meaning of the question alone: `search` with mode `semantic`. Scores are cosines, and `threshold` the least of them. */
  async semanticSearch(text: string, options: Omit<SearchOptions, 'mode'> = {}): Promise<SearchResult> {
    return this.search(text, withMode('semantic', options))
  }

  /** By words and meaning together: `search` with mode `hybrid`, which says in `degraded` when there are no vectors. */
  async hybridSearch(text: string, options: Omit<SearchOptions, 'mode'> = {}): Promise<SearchResult> {
    return this.search(text, withMode('hybrid', options))
  }

  /** Finds what is like something that was found: `item` is a hit, its `kind` and `ref`, or its `ref` alone. */
  similar(item: SimilarTo, options: SearchOptions = {}): Promise<SearchResult> {
    return this.#search.similar(item, options)
  }

  /**
   * The text that a prompt should begin with: memories of app, project and user, a task, the state of a session, what is
   * found for a query, and the last events, within a budget of tokens, with a manifest of what went in and what did not.
   * What the caller may not read is not in it. `not_found` for a session or task that is named and not there for it.
   */
  async context(options: ContextOptions = {}): Promise<ContextResult> {
    const { buildContext } = await import('./search/context.js')
    const { sessions, memories, tasks } = this
    const search = this.#search.search.bind(this.#search)
    return buildContext({ sessions, memories, tasks, search }, this.#guard, options)
  }

  /** Adds the memories that an app begins with, each of them once: what is there, edited or deleted stays as it is. */
  seed(app: string): Promise<{ items: SeededMemory[] }> {
    const { storage, newId, valueBytes } = this.#parts
    return seedApp({ storage, guard: this.#guard, newId, valueBytes }, app)
  }

  /**
   * The lines of an interchange file, each with its line break: everything, or one namespace or session. What is written
   * meanwhile is not in it. Root only.
   */
  async *export(options: ExportOptions = {}): AsyncGenerator<string> {
    const interchange = await this.#interchange()
    yield* interchange.export(options)
  }

  /**
   * Restores what an interchange file holds: its path, or its contents in pieces. What is there already stays as it is.
   * Root only. Rejects with `invalid_input`, which names every bad line, and has then stored nothing; after any other
   * failure the same import goes on where it stopped.
   */
  async import(source: string | ImportChunks, options: ImportFileOptions = {}): Promise<ImportReport> {
    const interchange = await this.#interchange()
    return interchange.import(source, options)
  }

  /**
   * Imports a file of another tool, and says what was taken, mapped and left. A second import of it changes nothing. Root
   * only. Rejects with `invalid_input`, `not_found`, `not_a_database`, `corrupt`, `busy` or `read_only`, and has then
   * stored nothing.
   */
  async importForeign(path: string, options: ForeignImportOptions): Promise<ForeignImportReport> {
    const { ForeignService } = await import('./ops/importers/foreign-service.js')
    const { storage, openDatabase } = this.#parts
    const foreign = new ForeignService({ storage, guard: this.#guard, limits: this.#limits(), openDatabase })
    return foreign.import(path, options)
  }

  /** Loaded when it is needed: with the importers and their libraries, a fifth of the start of a process. */
  async #interchange(): Promise<InterchangeService> {
    const { InterchangeService } = await import('./ops/interchange-service.js')
    const { storage } = this.#parts
    return new InterchangeService({ storage, guard: this.#guard, limits: this.#limits() })
  }

  #limits(): ValueLimits {
    const { valueBytes, checkpointBytes } = this.#parts
    return { valueBytes, checkpointBytes }
  }

  /** Size, schema and row counts of the store. Root only. */
  async info(): Promise<StoreInfo> {
    await this.#guard.demandRoot('look at the whole store', { subject: 'store', operation: 'read' })
    return this.#parts.storage.info()
  }

  /** Stores what is under way and closes the store for all its handles. A second call is harmless; later calls reject with `closed`. Root only. */
  async close(): Promise<void> {
    await this.#guard.demandRoot('close the store', { subject: 'store', operation: 'update' })
    await this.#parts.waiters.close()
    await this.#parts.documents.close()
    try {
      await this.#parts.embeddings.close()
    } finally {
      // An embedder of the caller's own may fail to close.
      await this.#parts.storage.close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
