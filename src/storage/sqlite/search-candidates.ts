import type { Database } from 'better-sqlite3'
import type { SearchTerm } from '../../search/query.js'
import { inverseDocumentFrequency, type WeightedTerm } from '../../search/rank.js'
import type { LexicalQuery } from '../search-store.js'
import { allTerms, anyTerm, inScope, oneTerm, onlyScope, scopeExpression } from './search-match.js'
import { column, get, sql } from './statements.js'

/** Something that holds a term, and the weights of those it is known to hold. */
export interface Candidate {
  id: number
  score: number
}

export interface Candidates {
  terms: WeightedTerm[]
  /** Those that nothing in the scope holds. */
  unheld: WeightedTerm[]
  /** Best first among the newest, then best first among those before them, and so on: read as far as is asked. */
  candidates: Iterable<Candidate>
}

/** Newest first, as far as asked: a word that most rows contain must not cost a look at them all. */
const postings = sql(
  'search.postings',
  `select rowid as id
   from search_text
   where search_text match :match and rowid < :below
   order by rowid desc
   limit :limit`,
)

/** All of a list that is known to be short: newest first costs a third more. */
const shortPostings = sql(
  'search.shortPostings',
  `select rowid as id
   from search_text
   where search_text match :match
   limit :limit`,
)

const countFrom = sql(
  'search.count',
  `select count(*) as count
   from (
     select rowid
     from search_text
     where search_text match :match and rowid >= :from
     limit :limit)`,
)

const newestItem = sql('search.newestItem', 'select max(id) as id from search_items')

/** A word in a title brings a candidate forward, where that costs little to know: long texts have titles that tell. */
const inTitle = 0.5

/** How much of a posting list is read at once: .5 to 1 ms. Rows with nothing but common words are mostly in the first. */
const batch = 5_000
// How far is counted: 1 ms for a word of the whole store, 2.5 for a scope, 4 for a word within a scope.
const maxWithTerm = 20_000
const maxInScope = 50_000

/**
 * Items without the word that every scope is counted to have besides its own: in a small scope many words are in most
 * items by chance. Over real conversations of some 600 turns each (`npm run demo`), R@10 rises from .634 to .638.
 */
const supposedItems = 1_000

/**
 * A word that costs a look at each part of the index costs it in every list: 50 µs each time. So many words of a scope are
 * tried; most of those of one user are of kinds and places that hold nothing.
 */
const maxTried = 16

/** A posting list, read from its newest row down. */
interface PostingList {
  match: string
  weight: number
  /** The rows that were read last. */
  ids: number[]
  /** Where to read on; 0 when there is no more. */
  below: number
}

/** What was read of the index for a question: asked again with some other words, only those are read. */
export class IndexReads {
  readonly #db: Database
  readonly #first = new Map<string, Pick<PostingList, 'ids' | 'below'>>()
  readonly #counts = new Map<string, number>()
  readonly #empty = new Map<string, boolean>()
  readonly #inNoTitle = new Set<string>()

  constructor(db: Database) {
    this.#db = db
  }

  /** The whole list, if there are no more than are read at once in its scope. */
  first(match: string, itemsInScope: number): Pick<PostingList, 'ids' | 'below'> {
    const found =
      this.#first.get(match) ?? (itemsInScope < batch ? this.#all(match) : this.next(match, Number.MAX_SAFE_INTEGER))
    this.#first.set(match, found)
    return found
  }

  #all(match: string): Pick<PostingList, 'ids' | 'below'> {
    return { ids: column<number>(this.#db, shortPostings, { match, limit: batch }), below: 0 }
  }

  next(match: string, below: number): Pick<PostingList, 'ids' | 'below'> {
    const ids = column<number>(this.#db, postings, { match, below, limit: batch })
    return { ids, below: ids.length < batch ? 0 : (ids.at(-1) ?? 0) }
  }

  count(match: string, from: number, limit: number): number {
    const key = `${from} ${limit} ${match}`
    const found =
      this.#counts.get(key) ?? get<{ count: number }>(this.#db, countFrom, { match, from, limit })?.count ?? 0
    this.#counts.set(key, found)
    return found
  }

  /** Whether a word of a scope is of nothing, as far as that is tried. */
  isEmpty(token: string): boolean {
    if (!this.#empty.has(token) && this.#empty.size >= maxTried) return false
    const found = this.#empty.get(token) ?? this.count(onlyScope(token), 0, 1) === 0
    this.#empty.set(token, found)
    return found
  }

  /** Two words written as one are mostly in no text of anybody, and would be looked for in four lists. */
  withoutEmpty(terms: SearchTerm[]): SearchTerm[] {
    const joined = terms.flatMap(({ alike = [] }) => alike.filter(({ isJoined }) => isJoined))
    const isAny = joined.length > 0 && this.count(anyTerm(joined), 0, 1) > 0
    const isHeld = ({ text }: SearchTerm): boolean => isAny && this.count(oneTerm({ text }), 0, 1) > 0
    return terms.map(({ alike, ...term }) => {
      const held = alike?.filter((other) => !other.isJoined || isHeld(other)) ?? []
      return held.length > 0 ? { ...term, alike: held } : term
    })
  }

  /** Whether any of the terms is in a title. Those that are in none are not looked for again. */
  anyInTitle(scope: string, terms: SearchTerm[]): boolean {
    const unknown = terms.filter((term) => !this.#inNoTitle.has(inScope(scope, oneTerm(term))))
    if (unknown.length === 0 || this.count(inScope(scope, anyTerm(unknown, 'title')), 0, 1) > 0)
      return unknown.length > 0
    for (const term of unknown) this.#inNoTitle.add(inScope(scope, oneTerm(term)))
    return false
  }

  newest(): number {
    return get<{ id: number | null }>(this.#db, newestItem, {})?.id ?? 0
  }
}

/** Candidates by the words that they share with the query. FTS5's own bm25() reads whole posting lists. */
export function findCandidates(reads: IndexReads, query: LexicalQuery): Candidates {
  const scope = scopeExpression(query, (token) => reads.isEmpty(token))
  if (scope === 'nothing' || query.terms.length === 0) return { candidates: [], terms: [], unheld: [] }
  const items = countItems(reads, scope, 0)
  const asked = reads.withoutEmpty(query.terms)
  const lists = asked.map((term) => openList(reads, inScope(scope, oneTerm(term)), items))
  weigh(reads, scope, lists, items)
  const terms = query.terms.map((term, index) => ({ ...term, weight: lists[index]?.weight ?? 0 }))
  const unheld = terms.filter((_, index) => lists[index]?.ids.length === 0)
  const rare = asked
    .map((term, index) => ({ ...term, weight: lists[index]?.weight ?? 0 }))
    .filter((_, index) => lists[index]?.below === 0 && lists[index].ids.length > 0)
  const titles = titleLists(reads, scope, rare, items)
  // Nothing but common words: rows that hold all of them come first, however old.
  if (lists.length > 1 && lists.every(({ below }) => below > 0)) {
    const all = openList(reads, inScope(scope, allTerms(query.terms)), items)
    lists.push({ ...all, weight: lists.reduce((sum, { weight }) => sum + weight, 0) })
  }
  return { terms, unheld, candidates: readCandidates(reads, [...lists, ...titles]) }
}

/** Most words of most questions are in no title, and each list costs the scope's again. */
function titleLists(reads: IndexReads, scope: string, terms: WeightedTerm[], items: number): PostingList[] {
  if (!reads.anyInTitle(scope, terms)) return []
  return terms.map((term) => ({
    ...openList(reads, inScope(scope, oneTerm(term, 'title')), items),
    weight: term.weight * inTitle,
  }))
}

function openList(reads: IndexReads, match: string, items: number): PostingList {
  return { match, weight: 0, ...reads.first(match, items) }
}

function* readCandidates(reads: IndexReads, lists: PostingList[]): Generator<Candidate> {
  const seen = new Set<number>()
  for (let open = lists; open.length > 0; ) {
    const scores = new Map<number, number>()
    for (const { ids, weight } of open) {
      for (const id of ids) if (!seen.has(id)) scores.set(id, (scores.get(id) ?? 0) + weight)
    }
    const found = Array.from(scores, ([id, score]) => ({ id, score }))
    yield* found.sort((a, b) => b.score - a.score || b.id - a.id)
    for (const id of scores.keys()) seen.add(id)
    open = open.filter(({ below }) => below > 0)
    for (const list of open) Object.assign(list, reads.next(list.match, list.below))
  }
}

/**
 * Weights by frequency within the scope: what others have must not show in a score, and what is rare among one's own is
 * what tells them apart.
 */
function weigh(reads: IndexReads, scope: string, lists: PostingList[], items: number): void {
  for (const list of lists) {
    const withTerm = countWithTerm(reads, scope, list, items)
    list.weight = inverseDocumentFrequency(Math.max(items, withTerm) + supposedItems, withTerm)
  }
}

/** Exact up to a limit; beyond, by how far back in the scope the first rows of the list reach. */
function countWithTerm(reads: IndexReads, scope: string, { match, ids, below }: PostingList, items: number): number {
  if (below === 0) return ids.length
  const counted = reads.count(match, 0, maxWithTerm)
  if (counted < maxWithTerm) return counted
  return Math.max(counted, (ids.length * items) / Math.max(1, countItems(reads, scope, below)))
}

/** The items of a scope from an id on. Those of the whole store are not counted one by one; only root asks for them. */
function countItems(reads: IndexReads, scope: string, from: number): number {
  if (scope !== 'everything') return reads.count(onlyScope(scope), from, maxInScope)
  return reads.newest() - from + 1
}
