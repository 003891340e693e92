import type { LexicalQuery } from '../search-store.js'
import type { RankedRow } from './search-read.js'
import type { FoundRow } from './search-rows.js'

export type FoldedRow = RankedRow & { duplicates: number }

/**
 * The best, as many as are asked for with those before them, without sections of a document beyond those asked for, and
 * without what says the same as a better one.
 */
export function foldHits(rows: RankedRow[], query: LexicalQuery): FoldedRow[] {
  const { perDocument = 1, fold = false, offset = 0, limit } = query
  const sections = new Map<string, number>()
  const known = new Map<string, FoldedRow>()
  const kept: FoldedRow[] = []
  for (const ranked of rows) {
    if (kept.length === offset + limit) break
    const { row } = ranked
    if (row.kind === 'document') {
      const count = (sections.get(row.chunk.document) ?? 0) + 1
      sections.set(row.chunk.document, count)
      if (count > perDocument) continue
    }
    const folded = { ...ranked, duplicates: 0 }
    const words = fold ? sameWords(ranked) : undefined
    const better = words === undefined ? undefined : known.get(words)
    if (better) better.duplicates++
    else kept.push(folded)
    if (words !== undefined && !better) known.set(words, folded)
  }
  return kept
}

/** The same for rows that say the same: a turn said twice, a memory that was published, a copy of a page. */
function sameWords({ row, text }: RankedRow): string | undefined {
  if (text === undefined || text.body.length === 0) return undefined
  return `${placeOf(row)}\n${text.body.join(' ')}`
}

function placeOf(row: FoundRow): string {
  if (row.kind === 'memory') return `memory ${row.memory.key}`
  if (row.kind === 'event') return `event ${row.session} ${row.event.actor}`
  // Pages share a paragraph here and there; that makes none a copy of another.
  return `document ${row.chunk.namespace} ${row.chunk.title} ${row.chunk.heading}`
}
