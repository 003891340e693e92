import type { ItemAddress } from './search-store.js'
import type { Author } from './storage.js'

/** Vectors of what search can find, by spaces: vectors of different spaces never mix. One space is active, or none. */
export interface EmbeddingStore {
  /** The newest first. */
  spaces(): Promise<SpaceRow[]>
  /** How far a space is. Null when there is none with this name. */
  progress(input: { space: string }): Promise<SpaceProgress | null>
  /**
   * The space with this name, made when there is none: active when no other is, else filling. One that was kept fills what
   * it has missed. `conflict` while another one is filling, and for a name with other dimensions or prefixes.
   */
  open(input: NewSpace & { author: Author }): Promise<SpaceRow>
  /**
   * Makes the filling space the active one, if it is full: all has a vector, cannot have one, or has failed `attempts` times,
   * which is less than has a vector. The active one is kept. Returns whether it was.
   */
  activate(input: { space: string; attempts: number; author: Author }): Promise<boolean>
  /** Makes a kept space active again and keeps the active one. `not_found`, or `illegal_transition` for one that never was active. */
  rollback(input: { space: string; author: Author }): Promise<SpaceRow>
  /** Removes a space with its vectors, at most `limit` at once; true when it is gone. `illegal_transition`, `not_found`. */
  drop(input: { space: string; limit: number; unlessActive?: boolean; author: Author }): Promise<boolean>
  /** Makes jobs of what was there before the space: the next `limit` items. True when there are no more. */
  queue(input: { space: string; limit: number }): Promise<boolean>
  /**
   * Whether anything is to be done for a space now: to be queued, to be embedded, or to be made the active one. Nothing is
   * for one that is kept.
   */
  hasDue(input: { space: string; now: number }): Promise<boolean>
  /** What is to be embedded now, what is new before what was there before; nothing of a kept space. */
  due(input: { space: string; now: number; limit: number }): Promise<DueText[]>
  /**
   * Stores vectors and takes their jobs away. What is gone meanwhile, or says something else, is left out, whatever the
   * answer was. Returns how many were stored. `invalid_input` for a vector with other dimensions.
   */
  save(input: EmbeddingAnswers): Promise<number>
  /**
   * How many vectors a space is to be tried with: when it has `fewest`, when half of those that it was tried with are gone, and
   * when as many came since. Null while it need not be.
   */
  trialDue(input: { space: string; fewest: number }): Promise<number | null>
  /**
   * What a space may be tried on: texts from all over the store, of its owners in turn, and the vectors of others. Null when
   * there is no such space.
   */
  trialSample(input: { space: string; texts: number; others: number }): Promise<TrialSample | null>
  /** Notes how far a space was found to be of use (null: there were too few texts to say), and with how many vectors. */
  noteTrial(input: { space: string; found: number | null; vectors: number }): Promise<void>
  /**
   * Forgets that vectors are gone, the longest ago first, but for the newest `keep` of all spaces; at most `limit` at once.
   * Whoever holds vectors in memory and knows less reads them anew. Returns how many were forgotten.
   */
  prune(input: { keep: number; limit: number }): Promise<number>
  /** Tries what could not be embedded once more, and at once what is put off. Returns how many. */
  retry(input: { space: string }): Promise<number>
}

export interface NewSpace {
  name: string
  provider: string
  model: string
  dimensions: number
  documentPrefix: string
  queryPrefix: string
}

export type SpaceState = 'filling' | 'active' | 'kept'

export interface SpaceRow extends NewSpace {
  state: SpaceState
  createdAt: number
  activatedAt: number | null
  /** Of how many texts of the store the end of the first half finds the second: 0 to 1. Null before it was tried. */
  found: number | null
  /** With how many vectors it was tried. */
  triedWith: number
}

/** Texts of twelve words or more and whose they are, such as user:alice; vectors of items that are not among them. */
export interface TrialSample {
  texts: { text: string; owner: string }[]
  others: Float32Array[]
}

interface FailedItem {
  item: ItemAddress
  error: string
  attempts: number
}

export interface SpaceProgress {
  vectors: number
  waiting: number
  /** What is not to be tried again, with the newest reasons. */
  failed: number
  failures: FailedItem[]
  /** What has failed and is tried again at `runAfter`, the latest first. */
  postponed: (FailedItem & { runAfter: number })[]
  /** Items from before the space that have neither a vector nor a job yet. */
  unqueued: number
}

/**
 * A text without a prefix; an empty one is not embedded. `hash` is equal for equal texts of one namespace, or of the sessions
 * of one user of an app: whoever may read one of them may read the others. `known`: the space has a vector of such a one.
 */
export interface DueText {
  item: number
  attempts: number
  text: string
  hash: string
  known: boolean
}

export interface EmbeddingAnswers {
  space: string
  /** Unit vectors as float32, little-endian, and their codes. */
  vectors: { item: number; hash: string; vector: Uint8Array; code: Uint8Array }[]
  /** Items with a text that has a vector already, by its hash. */
  known: { item: number; hash: string }[]
  /** Items without a text. */
  empty: number[]
  /** `runAfter` null: never again by itself. */
  failures: { item: number; hash: string; error: string; runAfter: number | null }[]
}
