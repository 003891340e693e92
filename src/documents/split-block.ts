import type { Block } from './markdown-blocks.js'
import type { Source } from './source.js'
import { tokensOf, tokensWithin } from './tokens.js'

/** A code block or a table that is split, and what a part of it needs so that it can be read alone. */
export interface SplitBlock {
  /** What stands before a part that is not the first, and after one that is not the last; empty for none. */
  opens: string
  closes: string
  /** How many tokens both take at most. */
  tokens: number
  /** Lines that stay with the line after them at the beginning, and with the line before them at the end. */
  head: number
  tail: number
}

/** A table with more columns, or a fence that says more, is not repeated. */
const mostRepeated = 100

// Where texts join there may be a token or two more.
const joints = 4

/** How parts of a block are made whole: by the fence of code, by the header of a table. */
export function splitBlock({ kind, from, to }: Block, source: Source): SplitBlock {
  const line = (index: number): string => source.text.slice(source.offset(index), source.offset(index + 1)).trimEnd()
  if (kind === 'table') return repeated(`${line(from)}\n${line(from + 1)}`, '', { head: 2, tail: 0 })
  const fence = /^\s*(`{3,}|~{3,})/.exec(line(from))?.[1]
  // Indented code needs nothing: each line says that it is code.
  if (fence === undefined) return repeated('', '', { head: 0, tail: 0 })
  const last = line(to - 1).trim()
  const isClosed = to - from > 1 && last.startsWith(fence) && last === last.charAt(0).repeat(last.length)
  return repeated(line(from), fence, { head: 1, tail: isClosed ? 1 : 0 })
}

function repeated(opens: string, closes: string, lines: Pick<SplitBlock, 'head' | 'tail'>): SplitBlock {
  const fits = tokensWithin(`${opens}\n${closes}`, mostRepeated) !== undefined
  const given = fits ? { opens, closes } : { opens: closes, closes }
  return { ...given, ...lines, tokens: tokensOf(given.opens) + tokensOf(given.closes) + joints }
}
