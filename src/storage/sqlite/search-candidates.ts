import type { Database } from 'better-sqlite3'
import type { SearchTerm } from '../../search/query.js'
import { inverseDocumentFrequency, type WeightedTerm } from '../../search/rank.js'
import type { LexicalQuery } from '../search-store.js'
import { allTerms, inScope, oneTerm, scopeExpression } from './search-match.js'
import { all, get, sql } from './statements.js'

/** Something that holds a term, and the weights of those it is known to hold. */
export interface Candidate {
  id: number
  score: number
}

/** Newest first, as far as asked: a word that most rows contain must not cost a look at them all. */
const postings = sql(
  'search.postings',
  `select rowid as id
   from search_text
   where search_text match :match
   order by rowid desc
   limit :limit`,
)

const frequency = sql(
  'search.frequency',
  `select count(*) as count, min(id) as reached
   from (
     select rowid as id
     from search_text
     where search_text match :match
     order by rowid desc
     limit :limit)`,
)

const newestItem = sql('search.newestItem', 'select max(id) as id from search_items')

/** Longest posting list that is read: 1.5 ms. What is cut off are the oldest rows with a word that tells little. */
const maxPostings = 5_000
const maxCounted = 20_000

/** Candidates by the words that they share with the query, best first. FTS5's own bm25() reads whole posting lists. */
export function findCandidates(db: Database, query: LexicalQuery): { candidates: Candidate[]; terms: WeightedTerm[] } {
  const scope = scopeExpression(query)
  if (scope === 'nothing' || query.terms.length === 0) return { candidates: [], terms: [] }
  const terms = weighTerms(db, query.terms)
  const scores = new Map<number, number>()
  const addUp = (match: string, weight: number): number => {
    const found = all<{ id: number }>(db, postings, { match: inScope(scope, match), limit: maxPostings })
    for (const { id } of found) scores.set(id, (scores.get(id) ?? 0) + weight)
    return found.length
  }
  const lengths = terms.map((term) => addUp(oneTerm(term), term.weight))
  // Nothing but common words: rows that hold all of them come first, however old.
  if (lengths.every((length) => length === maxPostings)) addUp(allTerms(terms), 1)
  const candidates = Array.from(scores, ([id, score]) => ({ id, score }))
  return { candidates: candidates.sort((a, b) => b.score - a.score || b.id - a.id), terms }
}

interface Frequencies {
  items: number
  counts: Map<string, number>
}

const known = new WeakMap<Database, Frequencies>()

/** Weights by frequency in the whole store, whoever asks: what is rare does not depend on it. */
export function weighTerms(db: Database, terms: SearchTerm[]): WeightedTerm[] {
  const items = get<{ id: number | null }>(db, newestItem, {})?.id ?? 0
  const frequencies = frequenciesOf(db, items)
  return terms.map((term) => {
    const match = oneTerm(term)
    const count = frequencies.counts.get(match) ?? countItems(db, match, items)
    frequencies.counts.set(match, count)
    return { ...term, weight: inverseDocumentFrequency(items, count) }
  })
}

/** Frequencies hold until the store has grown by a tenth. */
function frequenciesOf(db: Database, items: number): Frequencies {
  const found = known.get(db)
  if (found && found.items <= items && items <= found.items * 1.1 && found.counts.size < 20_000) return found
  const fresh = { items, counts: new Map<string, number>() }
  known.set(db, fresh)
  return fresh
}

/** Exact up to 20,000; beyond, by how far back the newest 20,000 reach. */
function countItems(db: Database, match: string, items: number): number {
  const { count, reached } = get<{ count: number; reached: number | null }>(db, frequency, {
    match,
    limit: maxCounted,
  }) ?? {
    count: 0,
    reached: null,
  }
  return count < maxCounted || reached === null ? count : (count * items) / Math.max(1, items - reached + 1)
}
