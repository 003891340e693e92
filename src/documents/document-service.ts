import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Guard } from '../access/guard.js'
import { parseNamespace } from '../access/namespace.js'
import { readable, writable } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { fromFailure, invalidInput } from '../errors.js'
import { describe } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { Storage } from '../storage/storage.js'
import { ambiguousName } from './ambiguous-name.js'
import {
  type Document,
  type DocumentFolder,
  type DocumentWithChunks,
  toChunk,
  toDocument,
  toFolder,
} from './document.js'
import {
  type DocumentListQuery,
  type DocumentPlaceOptions,
  documentListSchema,
  documentPlaceSchema,
  foldersSchema,
  type SyncOptions,
  syncOptionsSchema,
  type WatchOptions,
  watchOptionsSchema,
} from './document-inputs.js'
import { placeOf } from './document-place.js'
import type { DocumentWork } from './document-work.js'
import type { SelectionGlobs } from './file-selection.js'
import type { FolderWatcher } from './folder-watcher.js'
import { type SyncContext, syncFolders } from './sync.js'
import { findFolders } from './sync-folders.js'
import type { SyncReport } from './sync-report.js'

export interface DocumentServiceOptions {
  storage: Storage
  guard: Guard
  newId: () => string
  work: DocumentWork
}

const removeBatch = 100

/**
 * An index of markdown files: what is on disk is the truth. Documents are in namespaces, under the same rights as memories.
 * Methods reject with a `CairnError`: `invalid_input`, `forbidden` and `closed` everywhere, others as named.
 */
export class DocumentService {
  readonly #options: DocumentServiceOptions
  readonly #storage: Storage
  readonly #guard: Guard

  constructor(options: DocumentServiceOptions) {
    this.#options = options
    this.#storage = options.storage
    this.#guard = options.guard
  }

  /**
   * Makes the index what some folders are: new files added, changed ones indexed anew, moved ones renamed, missing ones
   * removed. Waits while another process syncs one of them. `not_found` for a folder that is not there, or that vanishes
   * meanwhile: then nothing is removed; `cancelled`, `busy`.
   */
  async sync(folders: string | string[], options: SyncOptions = {}): Promise<SyncReport> {
    const paths = [parse(foldersSchema, folders, 'The folders')].flat()
    const { namespace, onProgress = () => undefined, ...rest } = parse(syncOptionsSchema, options, 'sync')
    await checkGlobs(rest)
    const target = await this.#namespaceToWrite(namespace, 'update')
    return this.#sync(paths, { ...rest, namespace: target, onProgress })
  }

  #sync(
    paths: string[],
    options: Pick<SyncContext, 'namespace' | 'include' | 'exclude' | 'signal' | 'onProgress'>,
  ): Promise<SyncReport> {
    const { storage, newId, work } = this.#options
    const { maxBytes, reader } = work
    return reader.use((opened) =>
      syncFolders(paths, {
        ...{ storage, newId, maxBytes, reader: opened, ...options },
        now: this.#guard.now,
        author: () => this.#guard.author(),
      }),
    )
  }

  /**
   * Keeps the index of some folders as they are until the watcher that it returns is closed, or the store is: what changed
   * while nothing ran is found at the start, and after that every change. One process at a time watches a folder; another
   * stands by and takes over. `not_found` for a folder that is not there; one that goes later is waited for.
   */
  async watch(folders: string | string[], options: WatchOptions = {}): Promise<FolderWatcher> {
    const paths = [parse(foldersSchema, folders, 'The folders')].flat().map((path) => resolve(path))
    const parsed = parse(watchOptionsSchema, options, 'watch')
    const { namespace, debounceMs = 500, scanMs = 3_600_000, onProgress = () => undefined, ...globs } = parsed
    await checkGlobs(globs)
    const target = await this.#namespaceToWrite(namespace, 'update')
    await findFolders(paths)
    const { storage, work } = this.#options
    const sync = (some: string[], signal: AbortSignal) =>
      this.#sync(some, { ...globs, namespace: target, signal, onProgress })
    return work.watchers.add({ storage, namespace: target, paths, now: this.#guard.now, debounceMs, scanMs, sync })
  }

  /** Documents without their chunks, in the order of namespace, folder and path. */
  async list(query: DocumentListQuery = {}): Promise<Page<Document>> {
    const { namespace, failed = false, limit = 50, cursor } = parse(documentListSchema, query, 'list')
    const namespaces = await this.#namespacesToRead(namespace, 'list')
    const after = cursor === undefined ? undefined : decodeCursor(cursor, ['string', 'string', 'string'])
    const rows = await this.#storage.documents.list({
      ...{ namespaces, failed, limit: limit + 1 },
      ...(after && { after: after as [string, string, string] }),
    })
    await this.#guard.noteRead({ subject: 'document', operation: 'list' }, () => ({ query, found: rows.length }))
    return toPage(rows, limit, toDocument, ({ namespace, folder, path }) => [namespace, folder, path])
  }

  /**
   * A document with its chunks, by its path on disk, by its path in a folder, or by its id; null when there is none.
   * `invalid_input` for a name that several have, with what tells them apart.
   */
  async get(name: string, options: DocumentPlaceOptions = {}): Promise<DocumentWithChunks | null> {
    const { namespace } = parse(documentPlaceSchema, options, 'get')
    const place = placeOf(parseName(name))
    const namespaces = await this.#namespacesToRead(namespace, 'read')
    const named = await this.#storage.documents.find({ ...place, namespaces })
    const [found] = named
    await this.#guard.noteRead({ subject: 'document', operation: 'read' }, () => ({ name, found: found !== undefined }))
    const ambiguous = ambiguousName(name, named)
    if (ambiguous) throw fromFailure(ambiguous)
    if (found === undefined) return null
    const chunks = await this.#storage.documents.chunks({ document: found.id })
    return { ...toDocument(found), content: chunks.map(toChunk) }
  }

  /**
   * Removes a document from the index, named as for `get`, or all that is indexed of a folder or a part of one. Files stay
   * where they are, and the next sync of their folder finds them again. Returns how many documents. `invalid_input` for a
   * name that several documents have; none is removed then.
   */
  async remove(name: string, options: DocumentPlaceOptions = {}): Promise<number> {
    const { namespace } = parse(documentPlaceSchema, options, 'remove')
    const place = placeOf(parseName(name))
    const parsed = namespace === undefined ? undefined : parseNamespace(namespace)
    if (parsed !== undefined && !this.#guard.may('write', parsed)) {
      throw await this.#guard.refusal('write', parsed, { subject: 'document', operation: 'delete' })
    }
    const namespaces = parsed === undefined ? writable(this.#guard.caller) : [parsed]
    for (let total = 0; ; ) {
      const batch = { ...place, namespaces, limit: removeBatch, author: this.#guard.author() }
      const removed = await this.#storage.documents.remove(batch)
      total += removed
      if (removed < removeBatch) return total
    }
  }

  /** The folders that were synced, with how many documents of each are indexed. */
  async status(query: DocumentPlaceOptions = {}): Promise<{ items: DocumentFolder[] }> {
    const { namespace } = parse(documentPlaceSchema, query, 'status')
    const namespaces = await this.#namespacesToRead(namespace, 'list')
    const rows = await this.#storage.documents.folders({ namespaces })
    await this.#guard.noteRead({ subject: 'document', operation: 'list' }, () => ({ folders: rows.length }))
    return { items: rows.map((row) => ({ ...toFolder(row), error: absence(row.root) ?? row.error })) }
  }

  async #namespaceToWrite(namespace: string | undefined, operation: AuditOperation): Promise<string> {
    const { caller } = this.#guard
    const project = isRoot(caller) ? undefined : caller.project
    const target = parseNamespace(namespace ?? `project:${project ?? 'default'}`)
    await this.#guard.demand('write', target, { subject: 'document', operation })
    return target
  }

  async #namespacesToRead(namespace: string | undefined, operation: AuditOperation): Promise<string[] | undefined> {
    if (namespace === undefined) return readable(this.#guard.caller)
    const parsed = parseNamespace(namespace)
    await this.#guard.demand('read', parsed, { subject: 'document', operation })
    return [parsed]
  }
}

/** A sync of a folder that is not there leaves no trace of itself. */
function absence(root: string): string | null {
  return existsSync(root) ? null : 'the folder is not there'
}

async function checkGlobs(globs: SelectionGlobs): Promise<void> {
  if (!globs.include && !globs.exclude) return
  // The matcher takes 7 ms to load, which most programs never need.
  const { assertGlobs } = await import('./file-selection.js')
  assertGlobs(globs)
}

function parseName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw invalidInput(
    `A document is named by a path or an id, not by ${name === '' ? 'an empty text' : describe(name)}.`,
  )
}
