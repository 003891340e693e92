import type { DocumentStatus } from '../documents/document.js'
import type { ItemText } from '../search/index-text.js'
import type { Author } from './storage.js'

/** An index of files: what is on disk is the truth, and a store never looks there. Paths are relative to their folder, with `/`. */
export interface DocumentStore {
  /**
   * The folder of a namespace that is `root` or holds it, made when there is none, and those inside of `root`; with a lease
   * on each until `until`. When another holder has one of them, nothing is done but to say so.
   */
  claimFolder(input: FolderClaim): Promise<ClaimedFolders | { heldBy: string }>
  /** Gives the leases back, and notes how it went. Folders that are inside another and have become empty are gone. */
  finishFolder(input: FinishedFolder): Promise<void>
  /** What is indexed of the files of a folder below `under` (empty: all), in the order of their paths, after one. */
  files(input: { folder: string; under: string; after: string; limit: number }): Promise<IndexedFile[]>
  /**
   * Stores a document with its chunks, in place of all that was there of it: of `replaces`, which may have had another
   * path, or else of the document at its path. Chunks of which the same is embedded as before keep their vectors, or go on
   * waiting for them.
   */
  put(input: NewDocument): Promise<'created' | 'updated' | 'moved'>
  /** Notes that files were looked at: unchanged, or with an `error` that kept them from being read. */
  note(input: { files: NotedFile[] }): Promise<void>
  /** Removes documents by their ids. Returns how many were there. */
  removeFiles(input: { ids: string[]; author: Author }): Promise<number>
  /**
   * Removes, of the namespaces given (undefined: all), what is at a place: one document, or all below a folder, and then the
   * folder. At most `limit` documents at once; returns how many. `invalid_input` when several documents are at the place:
   * then nothing is removed.
   */
  remove(input: DocumentPlace & { limit: number; author: Author }): Promise<number>
  /** In the order of namespace, folder and path. */
  list(input: DocumentQuery): Promise<DocumentRow[]>
  /** Documents at a place that is no folder, in the namespaces given (undefined: all); at most `mostFound`. */
  find(input: DocumentPlace): Promise<DocumentRow[]>
  chunks(input: { document: string }): Promise<ChunkRow[]>
  /** The folders in the namespaces given (undefined: all), with how many documents and chunks each has. */
  folders(input: { namespaces: string[] | undefined }): Promise<FolderRow[]>
}

export interface FolderClaim {
  /** For the folder, if it is made. */
  id: string
  namespace: string
  /** An absolute path. */
  root: string
  identity: string
  holder: string
  now: number
  until: number
}

export interface ClaimedFolders {
  folder: StoredFolder
  /** Folders that were indexed by themselves and are parts of this one now. */
  inner: StoredFolder[]
}

export interface StoredFolder {
  id: string
  root: string
  identity: string
}

export interface FinishedFolder {
  /** All that was claimed, the outer one first. */
  folders: string[]
  holder: string
  now: number
  /** Undefined: the work was broken off, and only the leases are given back. */
  outcome?: { identity: string; error: string | null; skipped?: SkippedFiles }
}

/** What a sync could not index. Left out of an outcome: what was noted before stays. */
export interface SkippedFiles {
  count: number
  /** The first of them, as a JSON array of `path` and `reason`. */
  files: string
}

export interface IndexedFile {
  id: string
  folder: string
  path: string
  sha256: string
  stamp: string
  readAt: number
  status: DocumentStatus
  error: string | null
}

export interface NewDocument {
  id: string
  /** The document that this one takes the place of. */
  replaces?: string
  folder: string
  namespace: string
  path: string
  title: string
  /** A JSON object. */
  metadata: string
  sha256: string
  bytes: number
  modifiedAt: number
  stamp: string
  readAt: number
  /** What is wrong with it: then it is `failed`. */
  error: string | null
  chunks: NewChunk[]
  author: Author
}

export interface NewChunk {
  heading: string
  lines: [from: number, to: number]
  tokens: number
  text: string
  /** What full text holds of it. */
  words: ItemText
}

export interface NotedFile {
  id: string
  /** Left out with an error: nothing was read. */
  stamp?: string
  readAt?: number
  error: string | null
}

/** An id or a path relative to its folder (`id`), or an absolute path in all the ways it splits into a folder and the rest. */
export interface DocumentPlace {
  namespaces: string[] | undefined
  id: string
  splits: { root: string; path: string }[]
}

export interface DocumentQuery {
  namespaces: string[] | undefined
  /** Only those that could not be read or indexed as they are now. */
  failed?: boolean
  after?: [namespace: string, folder: string, path: string]
  limit: number
}

export interface DocumentRow {
  id: string
  namespace: string
  folder: string
  root: string
  path: string
  title: string
  metadata: string
  sha256: string
  bytes: number
  modifiedAt: number
  status: DocumentStatus
  error: string | null
  syncedAt: number
  createdAt: number
  chunks: number
}

export interface ChunkRow {
  heading: string
  lineFrom: number
  lineTo: number
  tokens: number
  text: string
}

export interface FolderRow {
  id: string
  namespace: string
  root: string
  syncedAt: number | null
  error: string | null
  /** A JSON array of `path` and `reason`, and how many there were. */
  skipped: string
  skippedCount: number
  documents: number
  failed: number
  chunks: number
}
