import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { chunkEmbeddingText, eventEmbeddingText, memoryEmbeddingText } from '../../embeddings/embedding-text.js'
import { decodeJson } from '../../json.js'
import { all, sql } from './statements.js'

// The plus: by its id, and not among all of a kind.

const memories = sql(
  'embeddings.memories',
  `select i.id, i.namespace as readers, m.key, m.value
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'memory'
   cross join memory_entries m on m.id = i.ref`,
)

const events = sql(
  'embeddings.events',
  `select i.id, i.owner as readers, e.actor, e.content
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'event'
   cross join session_events e on e.id = i.ref`,
)

const chunks = sql(
  'embeddings.chunks',
  `select i.id, i.namespace as readers, d.title, c.heading, c.text
   from json_each(:ids) wanted
   cross join search_items i on i.id = wanted.value and +i.kind = 'document'
   cross join document_chunks c on c.id = i.ref
   cross join documents d on d.id = c.document_id`,
)

export interface EmbeddingText {
  text: string
  /** Equal for equal texts that the same people may read. */
  hash: Buffer
}

type Item<Fields extends string> = { id: number; readers: string } & Record<Fields, string>

/** What is embedded of each item that is there. */
export function embeddingTexts(db: Database, items: number[]): Map<number, EmbeddingText> {
  const ids = JSON.stringify(items)
  const texts = new Map<number, EmbeddingText>()
  const add = ({ id, readers }: Item<never>, text: string): void =>
    void texts.set(id, { text, hash: hashOf(readers, text) })
  for (const item of all<Item<'key' | 'value'>>(db, memories, { ids }))
    add(item, memoryEmbeddingText(item.key, decodeJson(item.value)))
  for (const item of all<Item<'actor' | 'content'>>(db, events, { ids }))
    add(item, eventEmbeddingText(item.actor, decodeJson(item.content)))
  for (const item of all<Item<'title' | 'heading' | 'text'>>(db, chunks, { ids }))
    add(item, chunkEmbeddingText(item, item.text))
  return texts
}

/**
 * A vector is copied by it, without the model. Who may read both: in one namespace, or in the sessions of one user of an
 * app. By the text alone, whoever gets a vector while the model is away would know that somebody else has this text.
 */
function hashOf(readers: string, text: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([readers, text]))
    .digest()
    .subarray(0, 16)
}
