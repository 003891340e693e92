import type { Span } from '../access/namespace.js'
import type { MemoryRow, MemoryType } from '../memories/memory.js'
import type { NewOrigin } from '../memories/origin.js'
import type { MemoryChangeStore, OriginRights } from './memory-change-store.js'
import type { Author } from './storage.js'

export interface MemoryStore extends MemoryChangeStore {
  /**
   * Appends version 1, or the next version where a deleted or expired one is, made anew by this author. `already_exists` names each live key; then
   * none is added. `not_found` when an origin is not there.
   */
  add(input: { entries: NewMemory[]; author: Author } & OriginRights): Promise<VersionStamp[]>
  /** Appends a version to a live memory. `not_found`, also of an origin, `conflict` with the latest version in details, `immutable`. */
  update(input: MemoryUpdate): Promise<VersionStamp>
  /** Appends a tombstone. Undefined when there is nothing alive. */
  delete(input: MemoryAddress & VersionGuard & { author: Author }): Promise<VersionStamp | undefined>
  /**
   * Brings back a deleted or expired memory. With `version` appends that one again, within its interval or the one given.
   * Without it appends again, in order, all versions that were the answer for some moment of valid time before the
   * tombstone, so that each moment has the answer that it had; the stamp is that of the last. They do not expire, or at
   * `expiresAt`, but one that had expired before the memory was deleted stays so. `not_found`, `already_exists` when alive,
   * `invalid_input` when the interval ends before it begins.
   */
  restore(
    input: MemoryAddress & IntervalChange & { version?: number; expiresAt?: number | null; author: Author },
  ): Promise<VersionStamp>
  /**
   * Appends an earlier version to a live memory, within its interval or the one given. `not_found`, also when it has
   * expired; `immutable`, `conflict`, `invalid_input` when the interval ends before it begins.
   */
  rollback(
    input: MemoryAddress & VersionGuard & IntervalChange & { toVersion: number; author: Author },
  ): Promise<VersionStamp>
  /**
   * Appends a tombstone to at most `limit` memories that are past their `expiresAt`, or episodic and recorded at or
   * before `episodicBefore`. Returns how many; fewer than `limit` means done.
   */
  expire(input: { episodicBefore: number | null; limit: number; author: Author }): Promise<number>

  /** The version visible at both clocks, or exactly `version` (a tombstone too), or undefined. No read returns what has expired. */
  get(input: MemoryAddress & { version?: number; moment?: MomentInput; now: number }): Promise<MemoryRow | undefined>
  /** Visible memories of disjoint, sorted spans. At most `limit` rows. */
  list(input: MemoryQuery): Promise<ListedMemory[]>
  /** All versions below `before`, highest first, tombstones included. */
  history(input: MemoryAddress & { before: number; limit: number; now: number }): Promise<MemoryRow[]>
  /** Namespaces with live memories after `after`, in byte order, with their counts. */
  namespaces(input: {
    spans: Span[]
    after: string
    limit: number
    now: number
  }): Promise<{ namespace: string; memories: number }[]>
}

export interface MemoryAddress {
  namespace: string
  key: string
}

/** Compare-and-swap: the latest version must be this one, and of this life of the key when `ifChain` is given. */
export interface VersionGuard {
  ifVersion?: number
  ifChain?: string
}

/** A bound as it was when undefined; null is none. */
export interface IntervalChange {
  validFrom?: number | null
  validTo?: number | null
}

export interface MomentInput {
  validAt?: number
  knownAt?: number
}

export interface NewMemory extends MemoryAddress {
  /** Id of the chain, used when the key has none yet. */
  chain: string
  type: MemoryType
  value: string
  metadata: string
  validFrom: number | null
  validTo: number | null
  expiresAt: number | null
  origins?: NewOrigin[]
}

export interface MemoryUpdate extends MemoryAddress, VersionGuard, OriginRights {
  value: string
  /** Carried forward from the version before when undefined. */
  metadata?: string
  validFrom: number | null
  validTo: number | null
  /** Carried forward when undefined; null takes an expiry away. */
  expiresAt?: number | null
  origins?: NewOrigin[]
  author: Author
}

/** What a write adds to what its caller knew already. */
export type VersionStamp = Pick<
  MemoryRow,
  | 'namespace'
  | 'key'
  | 'version'
  | 'chain'
  | 'type'
  | 'value'
  | 'metadata'
  | 'validFrom'
  | 'validTo'
  | 'expiresAt'
  | 'recordedAt'
  | 'createdAt'
  | 'createdBy'
>

export interface MemoryQuery {
  spans: Span[]
  order: 'key' | 'newest'
  type?: MemoryType
  createdBy?: string
  /** JSON object of lists of plain values, all of which must be in the memory's metadata: as the field, or in its list. */
  metadata?: string
  /** Latest versions that are tombstones, instead of visible memories. */
  deleted?: boolean
  moment?: MomentInput
  now: number
  /** After this (namespace, key) in key order; before this (changedAt, place) in newest order. */
  after?: [string, string] | [number, number]
  limit: number
}

/** With order newest: when the memory changed last, and what makes the order total (opaque outside the store). */
export type ListedMemory = MemoryRow & { changedAt?: number; place?: number }
