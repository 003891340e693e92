import { corrected, correctionsIn, maybeMisspelt } from '../../search/misspelt.js'
import type { PoolItem } from '../../search/pool.js'
import type { ReadText } from '../../search/read-text.js'
import { type BestRows, inBatches } from './search-best.js'
import { findCandidates, type IndexReads } from './search-candidates.js'
import type { HistoryQuery } from './search-histories.js'
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

/** The query with what its misspelt words were probably meant to be; undefined when there are none. */
export function correctQuery(
  index: IndexReads,
  query: HistoryQuery,
  { read, itemOf }: Reading,
  { rows, pool, unheld }: BestRows,
): HistoryQuery | undefined {
  const words = query.asWritten ? [] : maybeMisspelt(unheld)
  if (words.length === 0) return undefined
  const correctionsOf = correctionsIn(rows.slice(0, pool).map((row) => itemOf(row).text))
  const meant = new Map<string, string[]>()
  for (const word of words) {
    const elsewhere = (): ReadText[] => (pool < enough ? textsWithStart(index, query, { read, itemOf }, word) : [])
    const found = correctionsOf(word) ?? correctionsIn(elsewhere())(word)
    if (found) meant.set(word, found)
  }
  return meant.size > 0 ? { ...query, terms: corrected(query.terms, meant) } : undefined
}

function textsWithStart(index: IndexReads, query: HistoryQuery, { read, itemOf }: Reading, word: string): ReadText[] {
  const start = { text: [...word].slice(0, startLength).join(''), prefix: true as const }
  const { candidates } = findCandidates(index, { ...query, terms: [start] })
  for (const some of inBatches(candidates)) return read(some).map((row) => itemOf(row).text)
  return []
}

/** What was read stays for when the query is asked again with other words. */
export function remembering(read: RowReader): RowReader {
  const known = new Map<number, FoundRow | undefined>()
  return (candidates) => {
    const unknown = candidates.filter(({ id }) => !known.has(id))
    for (const { id } of unknown) known.set(id, undefined)
    for (const row of read(unknown)) if (row.id !== undefined) known.set(row.id, row)
    return candidates.flatMap(({ id, score }) => {
      const row = known.get(id)
      return row ? Object.assign(row, { score }) : []
    })
  }
}
