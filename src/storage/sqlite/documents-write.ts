import type { Database } from 'better-sqlite3'
import { ambiguousName } from '../../documents/ambiguous-name.js'
import type { DocumentPlace, DocumentRow, NewDocument, NotedFile } from '../document-store.js'
import type { Author } from '../storage.js'
import { audit } from './audit-write.js'
import { storeChunks } from './document-chunks.js'
import { documentAt, documentById, pathsBelow } from './document-rows.js'
import { findDocuments, foldersAtRoot } from './documents-read.js'
import { type Refusal, refuse } from './operation.js'
import { column, get, run, sql } from './statements.js'

const insert = sql(
  'documents.insert',
  `insert into documents (
     id, folder_id, namespace, path, title, metadata, sha256, bytes, chunks, modified_at, stamp, read_at, status, error,
     synced_at, created_at)
   values (
     :id, :folder, :namespace, :path, :title, :metadata, :sha256, :bytes, :chunks, :modifiedAt, :stamp, :readAt, :status, :error,
     :now, :now)`,
)

const save = sql(
  'documents.save',
  `update documents
   set folder_id = :folder, path = :path, title = :title, metadata = :metadata, sha256 = :sha256, bytes = :bytes,
     chunks = :chunks, modified_at = :modifiedAt, stamp = :stamp, read_at = :readAt, status = :status, error = :error,
     synced_at = :now
   where id = :id`,
)

const folderExists = sql('documentFolders.exists', 'select 1 as found from document_folders where id = :id')

export function putDocument(db: Database, input: NewDocument): 'created' | 'updated' | 'moved' | Refusal {
  const { folder, path, replaces, author } = input
  if (get(db, folderExists, { id: folder }) === undefined) {
    return refuse('not_found', `The folder of ${path} was removed from the index while it was synced.`, {
      hint: 'Sync it again if it should be there.',
    })
  }
  const before = documentAt(db, folder, path) ?? (replaces === undefined ? undefined : documentById(db, replaces))
  const row = toParameters({ ...input, id: before?.id ?? input.id })
  if (before === undefined) run(db, insert, { ...row, namespace: input.namespace })
  else run(db, save, row)
  storeChunks(db, row.id, input, before)
  const moved = before !== undefined && (before.path !== path || before.folder !== folder)
  const operation = before === undefined ? 'create' : 'update'
  const detail = JSON.stringify({
    bytes: input.bytes,
    chunks: input.chunks.length,
    ...(moved && { from: before.path }),
  })
  audit(db, author, { subject: 'document', operation, namespace: input.namespace, key: path, detail })
  return before === undefined ? 'created' : moved ? 'moved' : 'updated'
}

function toParameters(document: NewDocument) {
  const { id, folder, path, title, metadata, sha256, bytes, chunks, modifiedAt, stamp, readAt, error, author } =
    document
  const about = { id, folder, path, title, metadata, sha256, bytes, chunks: chunks.length, modifiedAt }
  return { ...about, stamp, readAt, status: error === null ? 'synced' : 'failed', error, now: author.now }
}

const noteRead = sql(
  'documents.noteRead',
  `update documents
   set stamp = :stamp, read_at = :readAt
   where id = :id`,
)

const noteFailure = sql(
  'documents.noteFailure',
  `update documents
   set status = 'failed', error = :error
   where id = :id`,
)

export function noteFiles(db: Database, { files }: { files: NotedFile[] }): null {
  for (const { id, error, stamp, readAt } of files) {
    if (error !== null) run(db, noteFailure, { id, error })
    else if (stamp !== undefined && readAt !== undefined) run(db, noteRead, { id, stamp, readAt })
  }
  return null
}

const remove = sql('documents.remove', 'delete from documents where id = :id')

export function removeFiles(db: Database, { ids, author }: { ids: string[]; author: Author }): number {
  const found = ids.flatMap((id) => documentById(db, id) ?? [])
  for (const document of found) removeOne(db, document, author)
  return found.length
}

function removeOne(
  db: Database,
  { id, namespace, path }: Pick<DocumentRow, 'id' | 'namespace' | 'path'>,
  author: Author,
) {
  run(db, remove, { id })
  audit(db, author, { subject: 'document', operation: 'delete', namespace, key: path })
}

const idsBelow = sql(
  'documents.idsBelow',
  `select id
   from documents
   where folder_id = :folder and path > :from and path < :to
   order by path
   limit :limit`,
)

const removeFolder = sql('documentFolders.remove', 'delete from document_folders where id = :id')

/** A document, or what is below a folder or a part of one. */
export function removePlace(
  db: Database,
  { limit, author, ...place }: DocumentPlace & { limit: number; author: Author },
): number | Refusal {
  const named = findDocuments(db, place)
  const ambiguous = ambiguousName(place.id, named)
  if (ambiguous) return { refused: ambiguous }
  if (named.length > 0) return removeFiles(db, { ids: named.map(({ id }) => id), author })
  const parts = place.splits.flatMap(({ root, path }) =>
    foldersAtRoot(db, root, place.namespaces).map(({ id, namespace }) => ({ id, namespace, path })),
  )
  let removed = 0
  for (const { id, path } of parts) {
    const ids = column<string>(db, idsBelow, { folder: id, ...pathsBelow(path), limit: limit - removed })
    removed += removeFiles(db, { ids, author })
    if (removed >= limit) return removed
    if (path === '') run(db, removeFolder, { id })
  }
  return removed
}
