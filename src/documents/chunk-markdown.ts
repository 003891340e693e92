import { type Block, readBlocks } from './markdown-blocks.js'
import { packUnits } from './pack-units.js'
import { type Source, sourceOf } from './source.js'
import { maxTokens, tokensWithin } from './tokens.js'
import { unitsOf } from './units.js'

/** A piece of a document. Lines count from 1, both included. */
export interface MarkdownChunk {
  /** The headings above it, with ` > ` between. */
  heading: string
  lines: [from: number, to: number]
  tokens: number
  text: string
}

export interface ChunkedMarkdown {
  /** The first heading of the first level. */
  title: string | undefined
  chunks: MarkdownChunk[]
}

/** Headings and what is below them, up to the next heading. */
interface Section {
  headings: string[]
  blocks: Block[]
  from: number
  to: number
}

/**
 * Cuts a document at its headings; a section that fits is one chunk. A longer one is split between its blocks, and inside
 * a block only where that alone is too long. `firstLine` is where the text begins in its file, counted from 0; its
 * first `plainLines` are no markdown.
 */
export function chunkMarkdown(text: string, { firstLine = 0, plainLines = 0 } = {}): ChunkedMarkdown {
  const blocks = readBlocks(text, plainLines)
  const source = sourceOf(text, firstLine)
  const title = blocks.find(({ kind, level, text }) => kind === 'heading' && level === 1 && text !== '')?.text
  return { title, chunks: sectionsOf(blocks, source.lines).flatMap((section) => chunkSection(section, source)) }
}

function chunkSection({ headings, blocks, from, to }: Section, source: Source): MarkdownChunk[] {
  const heading = headings.join(' > ')
  const whole = source.trimmed(source.offset(from), source.offset(to))
  if (whole.text === '') return []
  const tokens = tokensWithin(whole.text, maxTokens)
  if (tokens !== undefined) return [{ heading, lines: whole.lines, tokens, text: whole.text }]
  return packUnits(unitsOf({ blocks, from, to }, source), source).map((piece) => ({ heading, ...piece }))
}

/** A heading with nothing of its own goes to the first section below it. */
function sectionsOf(blocks: Block[], lines: number): Section[] {
  const sections: Section[] = []
  let path: Block[] = []
  let open: Section = { headings: [], blocks: [], from: 0, to: lines }
  for (const block of blocks) {
    if (block.kind === 'heading') {
      const above = path.at(-1)
      const isBare = above !== undefined && open.blocks.at(-1) === above && above.level < block.level
      path = [...path.filter(({ level }) => level < block.level), block]
      const headings = path.map(({ text }) => text).filter((text) => text !== '')
      if (isBare) open = { ...open, headings }
      else {
        sections.push({ ...open, to: block.from })
        open = { headings, blocks: [], from: block.from, to: lines }
      }
    }
    open.blocks.push(block)
  }
  return [...sections, open]
}
