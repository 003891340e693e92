import type { Page } from '../page.js'
import { cleanupExpired } from './cleanup.js'
import { type FoundMemory, type LookupOptions, lookup } from './lookup.js'
import type { Memory } from './memory.js'
import type { MemoryContext } from './memory-context.js'
import {
  type DiffOptions,
  diff,
  diffNamespace,
  type MemoryChange,
  type MemoryDiff,
  type NamespaceDiffQuery,
} from './memory-diff.js'
import type { CleanupOptions } from './memory-inputs.js'
import type { Origin } from './origin.js'
import { type FromOriginQuery, fromOrigin, link, type MemoryOrigins, type OriginOptions, origins } from './origins.js'
import { type PublishOptions, publish } from './publish.js'
import { type UndoOptions, type UndoResult, undo } from './undo.js'

/** What a `MemoryService` does beyond single memories: compare, take back, publish, look up, say where they came from, and clean up. */
export class MemoryChanges {
  readonly #context: MemoryContext

  constructor(context: MemoryContext) {
    this.#context = context
  }

  /** How the value of one version differs from that of another. `not_found`. */
  async diff(namespace: string, key: string, options: DiffOptions = {}): Promise<MemoryDiff> {
    return diff(this.#context, namespace, key, options)
  }

  /** What was added, removed and changed in a namespace and below it between two moments on one of the clocks, by key. */
  async diffNamespace(namespace: string, query: NamespaceDiffQuery): Promise<Page<MemoryChange>> {
    return diffNamespace(this.#context, namespace, query)
  }

  /**
   * Takes back what an actor has written since a moment: each memory whose latest versions are all theirs gets, as new
   * versions, what was there before. What somebody else has written to since stays, and is named. Only where the handle
   * may both read and write; done in batches, each of them whole.
   */
  async undo(options: UndoOptions): Promise<UndoResult> {
    return undo(this.#context, options)
  }

  /**
   * Copies the value that is there now to another namespace, as its next version there, with where it came from. Takes
   * the right to read here and to write there. `not_found`, `conflict`, `immutable`.
   */
  async publish(
    from: { namespace: string; key: string },
    toNamespace: string,
    options: PublishOptions = {},
  ): Promise<Memory> {
    return publish(this.#context, from, toNamespace, options)
  }

  /**
   * The memory of the narrowest scope that has one under this key: session, user, app, project, as the handle has them;
   * null when none has. `not_found` for an unknown session.
   */
  async lookup(key: string, options: LookupOptions = {}): Promise<FoundMemory | null> {
    return lookup(this.#context, key, options)
  }

  /** Says where a version came from, and returns all its origins. Takes both rights. `not_found`, also for the origin. */
  async link(namespace: string, key: string, origin: Origin, options: OriginOptions = {}): Promise<MemoryOrigins> {
    return link(this.#context, namespace, key, origin, options)
  }

  /** Where a version came from, as far as the handle may know. `not_found`. */
  async origins(namespace: string, key: string, options: OriginOptions = {}): Promise<MemoryOrigins> {
    return origins(this.#context, namespace, key, options)
  }

  /** The versions of memories that came from something, of those that the handle may read. `not_found` for an event that it does not have. */
  async fromOrigin(origin: Origin, query: FromOriginQuery = {}): Promise<Page<Memory>> {
    return fromOrigin(this.#context, origin, query)
  }

  /**
   * Deletes, by tombstones, what is past its `expiresAt`, and with `ttlDays` the episodic memories recorded that long ago.
   * Reads do not wait for it. Root only. Returns how many.
   */
  async cleanupExpired(options: CleanupOptions = {}): Promise<number> {
    return cleanupExpired(this.#context, options)
  }
}
