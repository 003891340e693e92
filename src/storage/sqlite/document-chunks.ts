import type { Database } from 'better-sqlite3'
import { chunkEmbeddingText } from '../../embeddings/embedding-text.js'
import { documentScope, documentText } from '../../search/index-text.js'
import type { DocumentRow, NewChunk, NewDocument } from '../document-store.js'
import { indexItem, replaceItemText, setItemTime } from './search-index.js'
import { all, run, sql } from './statements.js'

interface StoredChunk {
  id: number
  item: number
  position: number
  heading: string
  text: string
}

type PlacedChunk = NewChunk & { position: number }

const stored = sql(
  'documents.storedChunks',
  `select c.id, i.id as item, c.position, c.heading, c.text
   from document_chunks c
   cross join search_items i on i.kind = 'document' and i.ref = c.id
   where c.document_id = :document
   order by c.position`,
)

const removeOthers = sql(
  'documents.removeOtherChunks',
  `delete from document_chunks
   where document_id = :document and id not in (select value from json_each(:ids))`,
)

const makeRoom = sql(
  'documents.makeRoom',
  `update document_chunks
   set position = position + :by
   where document_id = :document`,
)

const saveChunk = sql(
  'documents.saveChunk',
  `update document_chunks
   set position = :position, heading = :heading, line_from = :from, line_to = :to, tokens = :tokens, text = :text
   where id = :id`,
)

const insertChunk = sql(
  'documents.insertChunk',
  `insert into document_chunks (document_id, position, heading, line_from, line_to, tokens, text)
   values (:document, :position, :heading, :from, :to, :tokens, :text)`,
)

/**
 * Makes the chunks of a document what they are now; `before` is the document as it was. A chunk of which the same is embedded
 * keeps its row and its item, and with them its vectors, or the jobs that wait for them.
 */
export function storeChunks(db: Database, document: string, input: NewDocument, before: DocumentRow | undefined): void {
  const kept = before === undefined ? [] : keepChunks(db, before, input)
  for (const [position, chunk] of input.chunks.entries()) {
    const [placed, old] = [{ ...chunk, position }, kept[position]]
    if (before === undefined || old === undefined) addChunk(db, document, placed, input)
    else changeChunk(db, { ...old, before }, placed, input)
  }
}

/** Leaves the chunks that stay, each for the position that it will have, and out of the way of all positions. */
function keepChunks(db: Database, before: DocumentRow, { title, chunks }: NewDocument): (StoredChunk | undefined)[] {
  const document = before.id
  const old = all<StoredChunk>(db, stored, { document })
  const take = takerOf(old, before.title)
  const kept = chunks.map(({ heading, text }) => take(chunkEmbeddingText({ title, heading }, text)))
  const ids = kept.flatMap((chunk) => chunk?.id ?? [])
  run(db, removeOthers, { document, ids: JSON.stringify(ids) })
  const by = Math.max(chunks.length, (old.at(-1)?.position ?? 0) + 1)
  if (kept.some((chunk, position) => chunk && chunk.position !== position)) run(db, makeRoom, { document, by })
  return kept
}

/** Gives each chunk once, by what is embedded of it; of equal ones the first remains the first. */
function takerOf(chunks: StoredChunk[], title: string): (text: string) => StoredChunk | undefined {
  const byText = new Map<string, StoredChunk[]>()
  for (const chunk of chunks) {
    const text = chunkEmbeddingText({ title, heading: chunk.heading }, chunk.text)
    const same = byText.get(text)
    if (same) same.push(chunk)
    else byText.set(text, [chunk])
  }
  return (text) => byText.get(text)?.shift()
}

function addChunk(
  db: Database,
  document: string,
  { position, heading, lines: [from, to], tokens, text, words }: PlacedChunk,
  { namespace, modifiedAt }: NewDocument,
): void {
  const { id } = run(db, insertChunk, { document, position, heading, from, to, tokens, text })
  const item = { kind: 'document' as const, ref: id, namespace, owner: null, type: 'document', time: modifiedAt }
  indexItem(db, item, { scope: documentScope(namespace), ...words })
}

function changeChunk(
  db: Database,
  { id, item, before, ...old }: StoredChunk & { before: DocumentRow },
  { position, heading, lines: [from, to], tokens, text, words }: PlacedChunk,
  { namespace, modifiedAt }: NewDocument,
): void {
  run(db, saveChunk, { id, position, heading, from, to, tokens, text })
  if (before.modifiedAt !== modifiedAt) setItemTime(db, item, modifiedAt)
  // Words cost more than all else, and most stay when one section changes.
  const { title, path, metadata } = before
  const said = documentText({ title, path, metadata, ...old }, old.text)
  if (said.title !== words.title || said.body !== words.body)
    replaceItemText(db, item, { scope: documentScope(namespace), ...words })
}
