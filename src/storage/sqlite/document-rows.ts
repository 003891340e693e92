import type { Database } from 'better-sqlite3'
import { everything, type Span, spansOfAll } from '../../access/namespace.js'
import type { DocumentRow } from '../document-store.js'
import { get, sql } from './statements.js'

export const documentColumns = `d.id, d.namespace, d.folder_id as folder, f.root, d.path, d.title, d.metadata, d.sha256, d.bytes,
   d.chunks, d.modified_at as modifiedAt, d.status, d.error, d.synced_at as syncedAt, d.created_at as createdAt`

const byId = sql(
  'documents.byId',
  `select ${documentColumns}
   from documents d
   cross join document_folders f on f.id = d.folder_id
   where d.id = :id`,
)

const atPath = sql(
  'documents.atPath',
  `select ${documentColumns}
   from documents d
   cross join document_folders f on f.id = d.folder_id
   where d.folder_id = :folder and d.path = :path`,
)

export function documentById(db: Database, id: string): DocumentRow | undefined {
  return get<DocumentRow>(db, byId, { id })
}

export function documentAt(db: Database, folder: string, path: string): DocumentRow | undefined {
  return get<DocumentRow>(db, atPath, { folder, path })
}

export function spansIn(namespaces: string[] | undefined): Span[] {
  return namespaces === undefined ? [everything] : spansOfAll(namespaces)
}

/** The paths that are below a part of a folder: '0' is the character after '/', and no path begins with either. */
export function pathsBelow(under: string): { from: string; to: string } {
  return under === '' ? { from: '', to: '\u{10ffff}' } : { from: `${under}/`, to: `${under}0` }
}
