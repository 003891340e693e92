import { ancestors } from '../../access/namespace.js'
import { decodeJson } from '../../json.js'
import { areParaphrases, beyondTexts, essenceOf, nearlyTheSame } from '../../search/near-duplicates.js'
import type { LexicalQuery } from '../search-store.js'
import { readableText } from './search-pool.js'
import type { RankedRow } from './search-read.js'
import type { FoundRow } from './search-rows.js'

export type FoldedRow = RankedRow & { duplicates: number }

/** The cosine of the vectors of two items; undefined where one has none. */
export type Likeness = (item: number, other: number) => number | undefined

interface Folding {
  likeness: Likeness | undefined
  /** What is kept, by what it says. */
  known: Map<string, FoldedRow[]>
  memories: FoldedRow[]
}

/**
 * The best, as many as are asked for with those before them, without sections of a document beyond those asked for, and
 * without what says the same as a better one.
 */
export function foldHits(rows: RankedRow[], query: LexicalQuery, likeness?: Likeness): FoldedRow[] {
  const { perDocument = 1, fold = false, offset = 0, limit } = query
  const sections = new Map<string, number>()
  const folding: Folding = { likeness, known: new Map(), memories: [] }
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
    if (fold && isCounted(folded, folding)) continue
    kept.push(folded)
  }
  return kept
}

/** Counts what says the same as a better row there, or notes it as the first to say so. */
function isCounted(row: FoldedRow, folding: Folding): boolean {
  const words = sameWords(row)
  const alike = words === undefined ? [] : (folding.known.get(words) ?? [])
  const better = alike.find((other) => mayBeCopies(other, row)) ?? nearest(row, folding)
  if (better) {
    better.duplicates++
    return true
  }
  if (words !== undefined) folding.known.set(words, [...alike, row])
  if (row.row.kind === 'memory') folding.memories.push(row)
  return false
}

/** The same for rows that say the same: a turn said twice, a memory that was published, a copy of a page. */
function sameWords({ row, text }: RankedRow): string | undefined {
  const read = text?.()
  if (read === undefined || read.body.length === 0) return undefined
  return `${placeOf(row)}\n${beyondWords(row)}\n${essenceOf(read)}`
}

/** A better memory that says the same in other words, under whatever key. */
function nearest(row: FoldedRow, { likeness, memories }: Folding): FoldedRow | undefined {
  if (likeness === undefined || row.row.kind !== 'memory') return undefined
  return memories.find((other) => {
    const cosine = mayBeCopies(other, row) ? likeness(other.row.id ?? 0, row.row.id ?? 0) : undefined
    return (
      cosine !== undefined &&
      cosine >= nearlyTheSame &&
      beyondWords(other.row) === beyondWords(row.row) &&
      areParaphrases(readableText(other.row), readableText(row.row))
    )
  })
}

/** A value that is one text holds nothing else, and need not be read for that. */
function beyondWords(row: FoundRow): string {
  return row.kind !== 'memory' || row.memory.value.startsWith('"') ? '' : beyondTexts(decodeJson(row.memory.value))
}

/** Whose a memory is, such as user:alice. Of events and documents the place tells. */
function ownerOf(row: FoundRow): string {
  return row.kind === 'memory' ? (ancestors(row.memory.namespace)[0] ?? '') : ''
}

/** A memory may be published from one scope to another, but what two users keep are two things. */
function mayBeCopies({ row: one }: FoldedRow, { row: two }: FoldedRow): boolean {
  const [owner, other] = [ownerOf(one), ownerOf(two)]
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
