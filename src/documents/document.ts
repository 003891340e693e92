import { decodeJson, decodeJsonObject, type JsonObject } from '../json.js'
import type { ChunkRow, DocumentRow, FolderRow } from '../storage/document-store.js'
import { toIso, toIsoOrNull } from '../time.js'
import type { SkippedFile } from './file-errors.js'

/**
 * `failed`: the file is there but could not be read or indexed, and what was indexed before is kept; or its front matter could
 * not be read, and everything else is indexed.
 */
export type DocumentStatus = 'synced' | 'failed'

/** What is indexed of a file. The file itself stays where it is. */
export interface Document {
  id: string
  namespace: string
  /** The folder that was synced: an absolute path. */
  root: string
  /** Where the file is in that folder, with `/`. */
  path: string
  title: string
  /** The front matter. */
  metadata: JsonObject
  sha256: string
  bytes: number
  chunks: number
  /** When the file was last changed, and when that was last indexed. */
  modifiedAt: string
  syncedAt: string
  status: DocumentStatus
  /** What is wrong with the file, or with its front matter. */
  error: string | null
}

/** A piece of a document that search finds by itself. With the place of the document it is the `ref` of a hit. */
export interface DocumentChunk {
  /** The way to it: Guide > Install. Null before the first heading. */
  heading: string | null
  /** Its first and last line, counted from 1. */
  lines: [from: number, to: number]
  /** Its number in the document, from 0. */
  chunk: number
  tokens: number
  text: string
}

/** A document with all of its chunks, in order. */
export interface DocumentWithChunks extends Document {
  content: DocumentChunk[]
}

/** A folder that was synced. */
export interface DocumentFolder {
  namespace: string
  root: string
  documents: number
  chunks: number
  /** How many of its documents could not be read or indexed as they are now, or only without their front matter. */
  failed: number
  syncedAt: string | null
  /** What the last sync could not index, and why: the first hundred by path. */
  skipped: SkippedFile[]
  skippedCount: number
  /** What kept the last sync from being done. */
  error: string | null
}

export function toDocument(row: DocumentRow): Document {
  const { id, namespace, root, path, title, sha256, bytes, chunks, status, error } = row
  const times = { modifiedAt: toIso(row.modifiedAt), syncedAt: toIso(row.syncedAt) }
  const metadata = decodeJsonObject(row.metadata)
  return { id, namespace, root, path, title, metadata, sha256, bytes, chunks, ...times, status, error }
}

/** `chunk`: how many come before it. */
export function toChunk({ heading, lineFrom, lineTo, tokens, text }: ChunkRow, chunk: number): DocumentChunk {
  return { heading: heading === '' ? null : heading, lines: [lineFrom, lineTo], chunk, tokens, text }
}

export function toFolder({ namespace, root, documents, chunks, failed, ...row }: FolderRow): DocumentFolder {
  const { syncedAt, skipped, skippedCount, error } = row
  const files = decodeJson(skipped) as unknown as SkippedFile[]
  const outcome = { syncedAt: toIsoOrNull(syncedAt), skipped: files, skippedCount, error }
  return { namespace, root, documents, chunks, failed, ...outcome }
}
