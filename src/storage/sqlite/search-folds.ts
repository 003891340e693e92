import { ancestors } from '../../access/namespace.js'
import type { LexicalQuery } from '../search-store.js'
import type { RankedRow } from './search-read.js'
import type { FoundRow } from './search-rows.js'

export type FoldedRow = RankedRow & { duplicates: number }

/** What is kept, by what it says, each with whose it is. */
type KnownWords = Map<string, { owner: string; row: FoldedRow }[]>

/**
 * The best, as many as are asked for with those before them, without sections of a document beyond those asked for, and
 * without what says the same as a better one.
 */
export function foldHits(rows: RankedRow[], query: LexicalQuery): FoldedRow[] {
  const { perDocument = 1, fold = false, offset = 0, limit } = query
  const sections = new Map<string, number>()
  const known: KnownWords = new Map()
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
    if (fold && isCounted(folded, known)) continue
    kept.push(folded)
  }
  return kept
}

/** Counts what says the same as a better row there, or notes it as the first to say so. */
function isCounted(row: FoldedRow, known: KnownWords): boolean {
  const words = sameWords(row)
  if (words === undefined) return false
  const owner = ownerOf(row.row)
  const alike = known.get(words) ?? []
  const better = alike.find((other) => mayBeCopies(other.owner, owner))
  if (better) {
    better.row.duplicates++
    return true
  }
  alike.push({ owner, row })
  known.set(words, alike)
  return false
}

/** The same for rows that say the same: a turn said twice, a memory that was published, a copy of a page. */
function sameWords({ row, text }: RankedRow): string | undefined {
  if (text === undefined || text.body.length === 0) return undefined
  return `${placeOf(row)}\n${text.body.join(' ')}`
}

/** Whose a memory is, such as user:alice. Of events and documents the place tells. */
function ownerOf(row: FoundRow): string {
  return row.kind === 'memory' ? (ancestors(row.memory.namespace)[0] ?? '') : ''
}

/** A memory may be published from one scope to another, but what two users keep are two things. */
function mayBeCopies(owner: string, other: string): boolean {
  return owner === other || prefixOf(owner) !== prefixOf(other)
}

function prefixOf(owner: string): string {
  return owner.slice(0, owner.indexOf(':'))
}

function placeOf(row: FoundRow): string {
  if (row.kind === 'memory') return `memory ${row.memory.key}`
  if (row.kind === 'event') return `event ${row.session} ${row.event.actor}`
  // Pages share a paragraph here and there; that makes none a copy of another.
  return `document ${row.chunk.namespace} ${row.chunk.title} ${row.chunk.heading}`
}
