import type { Owner } from '../access/policy.js'
import type { MemoryRow, MemoryType } from '../memories/memory.js'
import type { SearchTerm } from '../search/query.js'
import type { EventRow, EventType } from '../sessions/event.js'
import type { MomentInput } from './memory-store.js'

export interface SearchStore {
  /** Candidates that hold any of the terms, best first. Every filter is applied before the limit. */
  lexical(input: LexicalQuery): Promise<LexicalHit[]>
}

export interface LexicalQuery {
  /** Words and word starts, as `search/query.ts` makes them. */
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
  limit: number
}

export type LexicalHit =
  | { kind: 'memory'; score: number; memory: MemoryRow }
  | { kind: 'event'; score: number; event: EventRow; session: string; owner: Owner }
