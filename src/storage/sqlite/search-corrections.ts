import { corrected, correctionsIn, maybeMisspelt, spellingsNear } from '../../search/misspelt.js'
import type { PoolItem } from '../../search/pool.js'
import type { ReadText } from '../../search/read-text.js'
import { type BestRows, inBatches } from './search-best.js'
import { findCandidates, type IndexReads } from './search-candidates.js'
import type { HistoryQuery } from './search-histories.js'
import { inScope, oneTerm, scopeExpression } from './search-match.js'
import type { FoundRow, RowReader } from './search-rows.js'

// The vocabulary of the index is everybody's. Words are corrected to what stands in rows that the query may find.

/**
 * So many rows that the other words have found are about the same, most likely. To look elsewhere as well finds one in two
 * hundred questions more, and takes half of the time of a search.
 */
const enough = 20

/** A word is looked for among the newest rows with a word that begins with so many of its letters. */
const startLength = 4

/** How a search reads rows and their texts, each once. */
interface Reading {
  read: RowReader
  itemOf: (row: FoundRow) => PoolItem
}

/**
 * Of so many words of a question that finds nothing, what begins otherwise is looked at as well: 6 ms for each among 300,000
 * items. With one of its first letters changed, a shorter word is mostly another one.
 */
const maxRespelt = 2
const respeltLength = 5

/** The query with what its misspelt words were probably meant to be; undefined when there are none. */
export function correctQuery(
  index: IndexReads,
  query: HistoryQuery,
  reading: Reading,
  { rows, pool, unheld }: BestRows,
): HistoryQuery | undefined {
  const words = query.asWritten ? [] : maybeMisspelt(unheld)
  if (words.length === 0) return undefined
  const meant = new Map<string, string[]>()
  const lookInto = (texts: ReadText[]): void => {
    const correctionsOf = correctionsIn(texts)
    for (const word of words.filter((each) => !meant.has(each))) {
      const found = correctionsOf(word)
      if (found) meant.set(word, found)
    }
  }
  const unknown = (): string[] => words.filter((word) => !meant.has(word))
  lookInto(textsOf(rows.slice(0, pool), reading))
  // What one word finds may be what another one was meant to be.
  if (pool < enough) lookInto(unknown().flatMap((word) => textsWithStart(index, query, reading, word)))
  if (pool === 0) {
    const respelt = unknown().filter(({ length }) => length >= respeltLength)
    lookInto(respelt.slice(0, maxRespelt).flatMap((word) => textsWithNear(index, query, reading, word)))
  }
  return meant.size > 0 ? { ...query, terms: corrected(query.terms, meant) } : undefined
}

function textsOf(rows: FoundRow[], { itemOf }: Reading): ReadText[] {
  return rows.map((row) => itemOf(row).text)
}

function textsWithStart(index: IndexReads, query: HistoryQuery, reading: Reading, word: string): ReadText[] {
  const start = { text: [...word].slice(0, startLength).join(''), prefix: true as const }
  const { candidates } = findCandidates(index, { ...query, terms: [start] })
  for (const some of inBatches(candidates)) return textsOf(reading.read(some), reading)
  return []
}

/** The newest texts with a word that differs in the letters by which it would be looked for. */
function textsWithNear(index: IndexReads, query: HistoryQuery, reading: Reading, word: string): ReadText[] {
  const scope = scopeExpression(query)
  if (scope === 'nothing') return []
  const alike = spellingsNear(word, startLength).map((text) => ({ text, weight: 1 }))
  const { ids } = index.next(inScope(scope, oneTerm({ text: word, alike })), Number.MAX_SAFE_INTEGER)
  for (const some of inBatches(ids.map((id) => ({ id, score: 0 })))) return textsOf(reading.read(some), reading)
  return []
}

/** What was read stays for when it is asked for again, by other words or by vectors. */
export function remembering(read: RowReader): RowReader {
  const known = new Map<number, FoundRow | undefined>()
  return (candidates) => {
    const unknown = candidates.filter(({ id }) => !known.has(id))
    for (const { id } of unknown) known.set(id, undefined)
    for (const row of read(unknown)) if (row.id !== undefined) known.set(row.id, row)
    return candidates.flatMap(({ id, score }) => {
      const row = known.get(id)
      return row ? { ...row, score } : []
    })
  }
}
