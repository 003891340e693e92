import type { Database } from 'better-sqlite3'
import { isAmong } from '../../access/policy.js'
import { mostFound } from '../../documents/ambiguous-name.js'
import type { ChunkRow, DocumentPlace, DocumentQuery, DocumentRow, FolderRow, IndexedFile } from '../document-store.js'
import { documentAt, documentById, documentColumns, pathsBelow, spansIn } from './document-rows.js'
import { all, sql, sqlFamily } from './statements.js'

const list = sqlFamily(
  'documents.list',
  ['all', 'failed'],
  (shape) =>
    `select ${documentColumns}
     from documents d
     cross join document_folders f on f.id = d.folder_id
     where (d.namespace, d.folder_id, d.path) > (:from, :afterFolder, :afterPath) and d.namespace < :to${
       shape === 'failed' ? " and d.status = 'failed'" : ''
     }
     order by d.namespace, d.folder_id, d.path
     limit :limit`,
)

export function listDocuments(db: Database, query: DocumentQuery): DocumentRow[] {
  const { namespaces, failed = false, after = ['', '', ''], limit } = query
  const rows: DocumentRow[] = []
  for (const { from, to } of spansIn(namespaces)) {
    const [namespace, afterFolder, afterPath] = after[0] >= from ? after : [from, '', '']
    const rest = limit - rows.length
    if (rest === 0) break
    const statement = list[failed ? 'failed' : 'all']
    rows.push(...all<DocumentRow>(db, statement, { from: namespace, afterFolder, afterPath, to, limit: rest }))
  }
  return rows
}

const byPath = sql(
  'documents.byPath',
  `select ${documentColumns}
   from documents d
   cross join document_folders f on f.id = d.folder_id
   where d.path = :path
   order by d.namespace, d.folder_id`,
)

const foldersAt = sql(
  'documentFolders.atRoot',
  `select id, namespace
   from document_folders
   where root = :root
   order by namespace`,
)

export interface FolderAt {
  id: string
  namespace: string
}

export function foldersAtRoot(db: Database, root: string, namespaces: string[] | undefined): FolderAt[] {
  return all<FolderAt>(db, foldersAt, { root }).filter(({ namespace }) => isAmong(namespaces, namespace))
}

/** By id, or else on disk, or else in a folder. */
export function findDocuments(db: Database, { namespaces, id, splits }: DocumentPlace): DocumentRow[] {
  const visible = (found: DocumentRow[]): DocumentRow[] =>
    found.filter(({ namespace }) => isAmong(namespaces, namespace)).slice(0, mostFound)
  const named = documentById(db, id)
  if (named) return visible([named])
  const onDisk = visible(
    splits.flatMap(({ root, path }) =>
      foldersAtRoot(db, root, namespaces).flatMap((folder) => documentAt(db, folder.id, path) ?? []),
    ),
  )
  return onDisk.length > 0 ? onDisk : visible(all<DocumentRow>(db, byPath, { path: id }))
}

const chunks = sql(
  'documents.chunks',
  `select heading, line_from as lineFrom, line_to as lineTo, tokens, text
   from document_chunks
   where document_id = :document
   order by position`,
)

export function listChunks(db: Database, { document }: { document: string }): ChunkRow[] {
  return all<ChunkRow>(db, chunks, { document })
}

const files = sql(
  'documents.files',
  `select id, folder_id as folder, path, sha256, stamp, read_at as readAt, status, error
   from documents
   where folder_id = :folder and path > :afterPath and path < :to
   order by path
   limit :limit`,
)

export function listFiles(
  db: Database,
  { folder, under, after, limit }: { folder: string; under: string; after: string; limit: number },
): IndexedFile[] {
  const { from, to } = pathsBelow(under)
  return all<IndexedFile>(db, files, { folder, afterPath: after > from ? after : from, to, limit })
}

const folders = sql(
  'documentFolders.list',
  `select id, namespace, root, synced_at as syncedAt, error, skipped, skipped_count as skippedCount,
     (select count(*) from documents where folder_id = f.id) as documents,
     (select ifnull(sum(chunks), 0) from documents where folder_id = f.id) as chunks,
     (select count(*) from documents where namespace = f.namespace and folder_id = f.id and status = 'failed') as failed
   from document_folders f
   where namespace >= :from and namespace < :to
   order by namespace, root`,
)

export function listFolders(db: Database, { namespaces }: { namespaces: string[] | undefined }): FolderRow[] {
  return spansIn(namespaces).flatMap(({ from, to }) => all<FolderRow>(db, folders, { from, to }))
}
