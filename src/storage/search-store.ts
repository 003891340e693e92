import type { Owner } from '../access/policy.js'
import type { MemoryType } from '../memories/memory.js'
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
}

/** A question, as `search/question.ts` makes it, and where its answers may be. */
export interface LexicalQuery extends Partial<Question> {
  /** Words and word starts. */
  terms: SearchTerm[]
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

/** What identifies a hit and whom it belongs to, with its snippet: rows stay where they are. */
export type LexicalHit = { score: number; snippet: Snippet } & (
  | { kind: 'memory'; namespace: string; key: string; version: number; recordedAt: number }
  | { kind: 'event'; session: string; owner: Owner; seq: number; eventId: string; timestamp: number }
)
