import type { Span } from '../access/namespace.js'
import type { Owner } from '../access/policy.js'
import type { MemoryRow } from '../memories/memory.js'
import type { NewOrigin, OriginRow } from '../memories/origin.js'
import type { SkippedChange, UndoneChange } from '../memories/undo-plan.js'
import type { MemoryAddress, MomentInput, NewMemory, VersionGuard, VersionStamp } from './memory-store.js'
import type { Author } from './storage.js'

/** What is asked and done about several versions, or several memories, at once. */
export interface MemoryChangeStore {
  /** Memories of disjoint, sorted spans whose visible content differs between two moments, in key order. */
  compare(input: ComparedMoments): Promise<MemoryPair[]>
  /** What `undo` would do with the same input; nothing is written. */
  undoPreview(input: UndoBatch): Promise<UndoStep>
  /**
   * Takes back what `by` wrote since a moment, as `memories/undo-plan.ts` decides it, for at most `limit` memories that
   * changed since. Go on with `next`, which is null at the end.
   */
  undo(input: UndoBatch & { author: Author }): Promise<UndoStep>
  /** Appends the value that is visible now at one place to another. `not_found`, `immutable`, `conflict`. */
  publish(
    input: { from: MemoryAddress; to: MemoryAddress; chain: string; author: Author } & VersionGuard,
  ): Promise<VersionStamp>
  /** Says where a version came from, the visible one or the one named, and answers as `origins`. Once. `not_found`, also for the origin. */
  link(
    input: MemoryAddress & OriginRights & { version?: number; origin: NewOrigin; author: Author },
  ): Promise<StoredOrigins>
  /** Where a version came from: the visible one, or the one named; undefined when there is none. */
  origins(input: MemoryAddress & { version?: number; now: number }): Promise<StoredOrigins | undefined>
  /** Versions that came from something, within spans. */
  fromOrigin(input: OriginQuery): Promise<FoundByOrigin[]>
  /** Adds the entries whose key never had a version. Of each other one it answers with the latest version, as it stays. */
  seed(input: { entries: NewMemory[]; author: Author }): Promise<(MemoryRow | null)[]>
}

/**
 * Whose sessions the events are that something came from; undefined means anybody's. Only the store sees whether an origin
 * is there: were it looked for beforehand, a write would wait for it and be overtaken by the one that is called next.
 */
export interface OriginRights {
  sessionsOf?: Owner
}

export interface StoredOrigins {
  version: number
  origins: OriginRow[]
}

export interface ComparedMoments {
  spans: Span[]
  from: MomentInput
  to: MomentInput
  now: number
  /** After this (namespace, key). */
  after?: [string, string]
  limit: number
}

/** At least one of both is there. */
export interface MemoryPair {
  before: MemoryRow | undefined
  after: MemoryRow | undefined
}

export interface UndoBatch {
  by: string
  since: number
  /** Undefined: everywhere. */
  namespaces?: string[]
  now: number
  /** `next` of the batch before. */
  next?: UndoPlace
  limit: number
}

/** Where the next batch begins, and up to where there was something when the first began. Opaque outside the store. */
export interface UndoPlace {
  after: [number, number]
  until: number
}

export interface UndoStep {
  undone: UndoneChange[]
  skipped: SkippedChange[]
  next: UndoPlace | null
}

export interface OriginQuery {
  kind: NewOrigin['kind']
  /** Sources from this text on and before that one. */
  from: string
  to: string
  spans: Span[]
  now: number
  after?: [string, number]
  limit: number
}

/** `source` and `place` make the order total; `place` is opaque outside the store. */
export type FoundByOrigin = MemoryRow & { source: string; place: number }
