import MarkdownIt from 'markdown-it'

/** A block of a document: lines from and to, counted from 0, the end left out. */
export interface Block {
  kind: 'heading' | 'code' | 'table' | 'list' | 'other'
  from: number
  to: number
  /** Of a heading: 1 to 6, and its text without markup. */
  level: number
  text: string
  /** The first lines of the items of a list. */
  items: number[]
}

// Blocks are all that is asked for: without what is inside of them it takes a tenth of the time.
const blockParser = new MarkdownIt({ html: true }).disable([
  'inline',
  'linkify',
  'replacements',
  'smartquotes',
  'text_join',
])
type Token = ReturnType<typeof blockParser.parse>[number]

const inlineParser = new MarkdownIt({ html: true })

const kinds: Record<string, Block['kind']> = {
  heading_open: 'heading',
  fence: 'code',
  code_block: 'code',
  table_open: 'table',
  bullet_list_open: 'list',
  ordered_list_open: 'list',
}

/** The outermost blocks of a markdown text, in order; so many lines at its beginning are one block of anything else. */
export function readBlocks(text: string, plainLines = 0): Block[] {
  if (plainLines === 0) return blocksOf(text)
  const plain: Block = { kind: 'other', from: 0, to: plainLines, level: 0, text: '', items: [] }
  const rest = blocksOf(text.split('\n').slice(plainLines).join('\n'))
  const moved = rest.map(({ from, to, items, ...block }) => ({
    ...{ ...block, from: from + plainLines, to: to + plainLines },
    items: items.map((line) => line + plainLines),
  }))
  return [plain, ...moved]
}

function blocksOf(text: string): Block[] {
  const tokens = blockParser.parse(text, {})
  const blocks: Block[] = []
  for (const [index, token] of tokens.entries()) {
    const [from, to] = token.map ?? []
    if (from === undefined || to === undefined || token.nesting === -1) continue
    const last = blocks.at(-1)
    if (token.level === 0)
      blocks.push({ kind: kinds[token.type] ?? 'other', from, to, ...headingOf(tokens, index), items: [] })
    else if (token.level === 1 && token.type === 'list_item_open' && last?.kind === 'list') last.items.push(from)
  }
  return blocks
}

function headingOf(tokens: Token[], index: number): Pick<Block, 'level' | 'text'> {
  const token = tokens[index]
  if (token?.type !== 'heading_open') return { level: 0, text: '' }
  return { level: Number(token.tag.slice(1)), text: plainText(tokens[index + 1]?.content ?? '') }
}

/** `**Bold** and [a link](x)` as `Bold and a link`. */
function plainText(markdown: string): string {
  const [inline] = inlineParser.parseInline(markdown, {})
  const parts = (inline?.children ?? []).map(({ type, content }) => {
    if (type === 'text' || type === 'code_inline' || type === 'image') return content
    return type === 'softbreak' || type === 'hardbreak' ? ' ' : ''
  })
  return parts.join('').replaceAll(/\s+/g, ' ').trim()
}
