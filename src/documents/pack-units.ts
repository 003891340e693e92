import type { Excerpt, Source } from './source.js'
import { maxTokens, mostTokens, overlapTokens, tokensOf, tokensWithin } from './tokens.js'
import type { Unit } from './units.js'

export interface Piece extends Excerpt {
  tokens: number
}

/**
 * As many units as fit in each piece. From the second on a piece begins with the end of the one before, as far as that
 * is neither all of it nor a part of a code block or a table. A part of one begins and ends with what makes it readable.
 */
export function packUnits(units: Unit[], source: Source): Piece[] {
  const pieces: Piece[] = []
  for (let first = 0, before = 0; first < units.length; ) {
    const overlap = pieces.length === 0 ? undefined : overlapBefore(units, before, first, source)
    const { piece, next } = fill(units, first, overlap, source)
    if (piece.text !== '') pieces.push(piece)
    before = first
    first = next
  }
  return pieces
}

type Overlap = Pick<Unit, 'start' | 'tokens'>

function fill(
  units: Unit[],
  first: number,
  before: Overlap | undefined,
  source: Source,
): { piece: Piece; next: number } {
  let overlap = before
  let next = first + 1
  const repeats = units[first]?.opens ? tokensOf(units[first].opens) : 0
  const end = (): number => units[next - 1]?.end ?? 0
  for (let tokens = (overlap?.tokens ?? 0) + (units[first]?.tokens ?? 0) + repeats; next < units.length; next++) {
    tokens += units[next]?.tokens ?? 0
    if (tokens > maxTokens) break
  }
  // Where texts join, tokens may join as well, or part; then there is one more or less than the sum.
  for (;;) {
    const alone = next === first + 1
    const excerpt = readable(source.trimmed(overlap?.start ?? units[first]?.start ?? 0, end()), {
      opens: overlap === undefined ? units[first]?.opens : '',
      closes: units[next - 1]?.closes,
    })
    const tokens = tokensWithin(excerpt.text, alone ? mostTokens : maxTokens)
    if (tokens !== undefined) return { piece: { ...excerpt, tokens }, next }
    if (!alone) next--
    else if (overlap !== undefined) overlap = undefined
    else return { piece: { ...excerpt, tokens: tokensOf(excerpt.text) }, next }
  }
}

function readable(
  excerpt: Excerpt,
  { opens = '', closes = '' }: Partial<Record<'opens' | 'closes', string | undefined>>,
): Excerpt {
  if (excerpt.text === '') return excerpt
  const text = [opens, excerpt.text, closes].filter((part) => part !== '').join('\n')
  return { ...excerpt, text }
}

/** Where the overlap before unit `first` begins, in a piece that began with unit `before`. */
function overlapBefore(units: Unit[], before: number, first: number, source: Source): Overlap | undefined {
  let overlap: Overlap | undefined
  for (let index = first - 1; index > before; index--) {
    const unit = units[index]
    const tokens = (overlap?.tokens ?? 0) + (unit?.tokens ?? 0)
    if (unit === undefined || unit.opens !== undefined || tokens > overlapTokens) break
    overlap = { start: unit.start, tokens }
  }
  const last = units[first - 1]
  return overlap ?? (last === undefined || last.solid ? undefined : endOf(last, source))
}

/** The last words of a unit, as many as an overlap takes. */
function endOf({ start, end }: Unit, { text }: Source): Overlap | undefined {
  // A word is a token or more, and most are less than eight characters.
  const from = Math.max(start + 1, end - overlapTokens * 8)
  const words = Array.from(text.slice(from, end).matchAll(/(?<=\s)\S/gu), ({ index }) => from + index)
  for (const word of words) {
    const tokens = tokensOf(text.slice(word, end))
    if (tokens <= overlapTokens) return { start: word, tokens }
  }
  return undefined
}
