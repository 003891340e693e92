import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { chunkEmbeddingText, eventEmbeddingText, memoryEmbeddingText } from '../../embeddings/embedding-text.js'
import { decodeJson } from '../../json.js'
import { all, sql } from './statements.js'

// The plus: by its id, and not among all of a kind.

const memories = sql(
  'embeddings.memories',
  `select i.id, m.key, m.value
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'memory'
   cross join memory_entries m on m.id = i.ref`,
)

const events = sql(
  'embeddings.events',
  `select i.id, e.actor, e.content
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'event'
   cross join session_events e on e.id = i.ref`,
)

const chunks = sql(
  'embeddings.chunks',
  `select i.id, d.title, c.heading, c.text
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'document'
   cross join document_chunks c on c.id = i.ref
   cross join documents d on d.id = c.document_id`,
)

export interface EmbeddingText {
  text: string
  hash: Buffer
}

/** What is embedded of each item that is there. */
export function embeddingTexts(db: Database, items: number[]): Map<number, EmbeddingText> {
  const ids = JSON.stringify(items)
  const texts = new Map<number, EmbeddingText>()
  const add = (id: number, text: string): void => void texts.set(id, { text, hash: hashOf(text) })
  for (const { id, key, value } of all<{ id: number; key: string; value: string }>(db, memories, { ids }))
    add(id, memoryEmbeddingText(key, decodeJson(value)))
  for (const { id, actor, content } of all<{ id: number; actor: string; content: string }>(db, events, { ids }))
    add(id, eventEmbeddingText(actor, decodeJson(content)))
  for (const { id, text, ...place } of all<{ id: number; title: string; heading: string; text: string }>(db, chunks, {
    ids,
  }))
    add(id, chunkEmbeddingText(place, text))
  return texts
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
