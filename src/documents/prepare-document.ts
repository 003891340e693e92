import { documentText, type ItemText } from '../search/index-text.js'
import { chunkMarkdown, type MarkdownChunk } from './chunk-markdown.js'
import { readFrontMatter } from './front-matter.js'

/** A document as the store takes it, but for what says which file it is. */
export interface PreparedDocument {
  title: string
  /** A JSON object. */
  metadata: string
  error: string | null
  chunks: (MarkdownChunk & { words: ItemText })[]
}

/** Title, metadata and chunks of a text; `path` is relative to its folder. */
export function prepareDocument(text: string, path: string): PreparedDocument {
  const { metadata, error, body, firstLine, plainLines, ...front } = readFrontMatter(text.replaceAll(/\r\n?/g, '\n'))
  const { title: heading, chunks } = chunkMarkdown(body, { firstLine, plainLines })
  const title = oneLine(front.title) ?? heading ?? stemOf(path)
  const about = { title, path, metadata: JSON.stringify(metadata) }
  return {
    title,
    metadata: about.metadata,
    error,
    chunks: chunks.map((chunk, position) => ({
      ...chunk,
      words: documentText({ ...about, heading: chunk.heading, position }, chunk.text),
    })),
  }
}

function oneLine(text: string | undefined): string | undefined {
  return text?.toWellFormed().replaceAll(/\s+/g, ' ').trim() || undefined
}

/** The name of a file without its ending. */
function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name.replace(/(?<=.)\.[^.]*$/, '')
}
