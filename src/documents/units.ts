import type { Block } from './markdown-blocks.js'
import type { Source } from './source.js'
import { splitBlock } from './split-block.js'
import { maxTokens, mostTokens, tokensOf, tokensWithin } from './tokens.js'

/** What is not split any further: a stretch of the text, by offsets. */
export interface Unit {
  start: number
  end: number
  tokens: number
  /** A code block or a table, or a part of one: no end of it makes sense alone. */
  solid: boolean
  /** What a chunk begins with that begins here, and ends with that ends here, so that it can be read alone. */
  opens?: string
  closes?: string
}

/** The lines [from, to) of a section and the blocks in it, each as long as it fits, else cut into parts that do. */
export function unitsOf(section: { blocks: Block[]; from: number; to: number }, source: Source): Unit[] {
  const { from, to } = section
  const before: Block = { kind: 'other', from, to, level: 0, text: '', items: [] }
  const blocks = section.blocks[0]?.from === from ? section.blocks : [before, ...section.blocks]
  return blocks.flatMap((block, index) => {
    // What belongs to no block, such as link definitions, goes with the block before.
    const end = blocks[index + 1]?.from ?? to
    return blockUnits(block, end, source)
  })
}

function blockUnits(block: Block, to: number, source: Source): Unit[] {
  const [start, end] = [source.offset(block.from), source.offset(to)]
  const solid = block.kind === 'code' || block.kind === 'table'
  const tokens = tokensWithin(source.text.slice(start, end).trimEnd(), solid ? mostTokens : maxTokens)
  if (tokens !== undefined) return [{ start, end, tokens, solid }]
  if (solid) return [...solidUnits(block, source), ...lineUnits(block.to, to, source)]
  if (block.kind !== 'list') return lineUnits(block.from, to, source)
  const items = block.items.map((from, index) => [from, block.items[index + 1] ?? to] as const)
  return items.flatMap(([from, to]) => itemUnits(from, to, source))
}

/** The lines of a code block or a table: each says what makes it readable without those before and after. */
function solidUnits(block: Block, source: Source): Unit[] {
  const split = splitBlock(block, source)
  // Neither a header nor a fence is alone.
  const first = Math.min(block.from + split.head, block.to - 1)
  const last = Math.max(first, block.to - 1 - split.tail)
  const starts = [block.from, ...Array.from({ length: last - first }, (_, index) => first + 1 + index)]
  const units = starts.flatMap((from, index) => {
    const [start, end] = [source.offset(from), source.offset(starts[index + 1] ?? block.to)]
    return partUnits(start, source.text.slice(start, end), [whole, ...cuts], maxTokens - split.tokens)
  })
  return units.map((unit, index) => ({
    ...{ ...unit, solid: true, opens: index === 0 ? '' : split.opens },
    closes: index === units.length - 1 ? '' : split.closes,
  }))
}

function itemUnits(from: number, to: number, source: Source): Unit[] {
  const [start, end] = [source.offset(from), source.offset(to)]
  const tokens = tokensWithin(source.text.slice(start, end), maxTokens)
  return tokens === undefined ? lineUnits(from, to, source) : [{ start, end, tokens, solid: false }]
}

function lineUnits(from: number, to: number, source: Source): Unit[] {
  return Array.from({ length: to - from }, (_, index) => from + index).flatMap((line) => {
    const [start, end] = [source.offset(line), source.offset(line + 1)]
    return partUnits(start, source.text.slice(start, end), [whole, ...cuts])
  })
}

const whole = /.+/gsu

/** Ways to cut a long line, the best first: into sentences, words, and characters in small groups. */
const cuts = [
  /.+?(?:[.!?…]["'”’)\]]*\s+|[。！？]|$)/gsu,
  /\s*\S+\s*/gu,
  // At most three bytes for each unit, and no token has less than one: 384.
  /.{1,64}/gsu,
]

function partUnits(offset: number, text: string, [cut, ...others]: RegExp[], most = maxTokens): Unit[] {
  if (cut === undefined) return [{ start: offset, end: offset + text.length, tokens: tokensOf(text), solid: false }]
  return Array.from(text.matchAll(cut)).flatMap(({ 0: part, index }) => {
    const start = offset + index
    const tokens = tokensWithin(part, most)
    if (tokens === undefined) return partUnits(start, part, others, most)
    return [{ start, end: start + part.length, tokens, solid: false }]
  })
}
