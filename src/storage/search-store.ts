import type { Owner } from '../access/policy.js'
import type { QueryVector } from '../embeddings/query-vectors.js'
import type { MemoryType } from '../memories/memory.js'
import type { Evidence } from '../search/pool.js'
import type { SearchTerm } from '../search/query.js'
import type { Question } from '../search/question.js'
import type { Snippet } from '../search/snippet.js'
import type { EventType } from '../sessions/event.js'
import type { MomentInput } from './memory-store.js'

export interface SearchStore {
  /**
   * What holds any of the terms, best first. Every filter is applied before the limit, and nothing but what passes the
   * filters of scope has a part in the scores: they must not tell what else is in the store.
   */
  lexical(input: LexicalQuery): Promise<LexicalAnswer>
  /** What is like an item, without the item and the document that it is of. Null when the query may not find the item. */
  similar(input: Omit<LexicalQuery, 'terms'> & { address: ItemAddress }): Promise<LexicalAnswer | null>
}

/**
 * One item. A chunk of a document is named by its first line, and of several in one long line by its number in the
 * document, from 0; without that it is the first of them.
 */
export type ItemAddress =
  | { kind: 'memory'; namespace: string; key: string; version: number }
  | { kind: 'event'; session: string; seq: number }
  | { kind: 'document'; namespace: string; root: string; path: string; line: number; chunk?: number }

export type SearchMode = 'hybrid' | 'lexical' | 'semantic'

/** A question, as `search/question.ts` makes it, and where its answers may be. */
export interface LexicalQuery extends Partial<Question> {
  /** Words and word starts. */
  terms: SearchTerm[]
  /** Whether a word that nothing holds stays as it is, and is not taken for a misspelt one. */
  asWritten?: boolean
  memories?: {
    /** Undefined: all. */
    namespaces?: string[]
    types?: MemoryType[]
  }
  events?: {
    /** Undefined: all sessions. */
    owner?: Owner
    sessions?: string[]
    types?: EventType[]
  }
  documents?: {
    /** Undefined: all. */
    namespaces?: string[]
  }
  /**
   * JSON object of lists of plain values, all of which must be in the metadata of a memory or document: as the field, or in
   * its list. Events have none.
   */
  metadata?: string
  /** From this time on, and before that one: of the event, of the memory's version, of the document's last change. */
  from?: number
  to?: number
  /** How much of the question a hit must hold by itself, by the weights of the words: 0 to 1. Default 0. */
  threshold?: number
  /** At most so many sections of one document. Default 1. */
  perDocument?: number
  /** Whether what says the same as a better hit is counted there and left out: a turn said twice, a memory of the same key. */
  fold?: boolean
  /** With `full` each hit brings its whole text. */
  detail?: 'short' | 'full'
  /** Whether each hit says why it is where it is. */
  explain?: boolean
  /** By words, `semantic`: by vectors alone, or by both. Default lexical. */
  mode?: SearchMode
  /** The question as a unit vector of the active space, or why there is none. */
  vector?: QueryVector
  moment?: MomentInput
  now: number
  /** How many of the best are left out before the first. Default 0. */
  offset?: number
  limit: number
}

/** `degraded` says in words what may be missing, and why; mostly nothing. */
export interface LexicalAnswer {
  hits: LexicalHit[]
  degraded: string[]
}

/** A chunk; `path` is relative to `root`. */
export interface DocumentHit {
  kind: 'document'
  namespace: string
  document: string
  root: string
  path: string
  title: string
  heading: string
  /** Its number in the document, from 0. */
  chunk: number
  lines: [from: number, to: number]
  modifiedAt: number
}

/** Why a hit is where it is. The points of its evidence add up to its score. */
export interface HitExplanation {
  /** Which way of finding candidates found it, and the score it had there. */
  retrievers: { name: 'lexical' | 'vector'; score: number }[]
  match: number
  evidence: Evidence[]
  /**
   * The words of the question and what each weighs: how rare it is in what the caller may read. `by` are the words of the hit
   * that stand for it: itself, another form, one that means nearly the same; none where the hit lacks it. `readAs` are words
   * of what the caller may read which stand for one that nothing there holds.
   */
  words: { text: string; weight: number; by: string[]; readAs?: string[] }[]
}

/** What a hit shows of itself, whatever it is. `duplicates`: so many others say the same and were left out. */
export interface ShownHit {
  score: number
  snippet: Snippet
  text?: string
  duplicates?: number
  explain?: HitExplanation
}

/** What identifies a hit and whom it belongs to, with its snippet: rows stay where they are. */
export type LexicalHit = ShownHit &
  (
    | { kind: 'memory'; namespace: string; key: string; version: number; recordedAt: number }
    | { kind: 'event'; session: string; owner: Owner; seq: number; eventId: string; timestamp: number }
    | DocumentHit
  )
