import type { Block } from './markdown-blocks.js'
import type { Source } from './source.js'
import { maxTokens, mostTokens, tokensOf, tokensWithin } from './tokens.js'

/** What is not split any further: a stretch of the text, by offsets. */
export interface Unit {
  start: number
  end: number
  tokens: number
  /** A code block or a table, of which no part makes sense alone. */
  solid: boolean
}

/** The lines [from, to) of a section and the blocks in it, each as long as it fits, else cut into parts that do. */
export function unitsOf(section: { blocks: Block[]; from: number; to: number }, source: Source): Unit[] {
  const { from, to } = section
  const before: Block = { kind: 'other', from, to, level: 0, text: '', items: [] }
  const blocks = section.blocks[0]?.from === from ? section.blocks : [before, ...section.blocks]
  return blocks.flatMap((block, index) => {
    // What belongs to no block, such as link definitions, goes with the block before.
    const end = blocks[index + 1]?.from ?? to
    return blockUnits({ ...block, to: end }, source)
  })
}

function blockUnits(block: Block, source: Source): Unit[] {
  const [start, end] = [source.offset(block.from), source.offset(block.to)]
  const solid = block.kind === 'code' || block.kind === 'table'
  const tokens = tokensWithin(source.text.slice(start, end).trimEnd(), solid ? mostTokens : maxTokens)
  if (tokens !== undefined) return [{ start, end, tokens, solid }]
  if (block.kind !== 'list') return lineUnits(block.from, block.to, source)
  const items = block.items.map((from, index) => [from, block.items[index + 1] ?? block.to] as const)
  return items.flatMap(([from, to]) => itemUnits(from, to, source))
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

function partUnits(offset: number, text: string, [cut, ...others]: RegExp[]): Unit[] {
  if (cut === undefined) return [{ start: offset, end: offset + text.length, tokens: tokensOf(text), solid: false }]
  return Array.from(text.matchAll(cut)).flatMap(({ 0: part, index }) => {
    const start = offset + index
    const tokens = tokensWithin(part, maxTokens)
    if (tokens === undefined) return partUnits(start, part, others)
    return [{ start, end: start + part.length, tokens, solid: false }]
  })
}
