import type { LexicalQuery } from '../search-store.js'
import { sameWords } from './search-pool.js'
import type { RankedRow } from './search-read.js'

export type FoldedRow = RankedRow & { duplicates: number }

/** Best first, without sections of a document beyond those asked for, and without what says the same as a better one. */
export function foldHits(rows: RankedRow[], { perDocument = 1, duplicates = false }: LexicalQuery): FoldedRow[] {
  const sections = new Map<string, number>()
  const known = new Map<string, FoldedRow>()
  const kept: FoldedRow[] = []
  for (const ranked of rows) {
    const { row } = ranked
    if (row.kind === 'document') {
      const count = (sections.get(row.chunk.document) ?? 0) + 1
      sections.set(row.chunk.document, count)
      if (count > perDocument) continue
    }
    const folded = { ...ranked, duplicates: 0 }
    const words = duplicates ? undefined : sameWords(row)
    const better = words === undefined ? undefined : known.get(words)
    if (better) better.duplicates++
    else kept.push(folded)
    if (words !== undefined && !better) known.set(words, folded)
  }
  return kept
}
