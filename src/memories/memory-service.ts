import type { Guard } from '../access/guard.js'
import { parseNamespace, type Span } from '../access/namespace.js'
import type { Right } from '../access/principal.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError, invalidInput } from '../errors.js'
import { encodeJson, encodeJsonObject } from '../json.js'
import { encodeMetadataFilter } from '../metadata-filter.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { MemoryQuery, NewMemory, VersionStamp } from '../storage/memory-store.js'
import type { Author, Storage } from '../storage/storage.js'
import { decodePlace, placeOf } from './list-place.js'
import { type Memory, memoryOf, toMemory } from './memory.js'
import { MemoryChanges } from './memory-changes.js'
import { demandRead, type MemoryContext, missingOf, readableSpans, refusal } from './memory-context.js'
import {
  type DeleteOptions,
  deleteOptionsSchema,
  type GetOptions,
  getOptionsSchema,
  type HistoryOptions,
  historyOptionsSchema,
  type ListQuery,
  listQuerySchema,
  type NamespacesQuery,
  type NewMemoryInput,
  namespacesQuerySchema,
  parseAddress,
  parseExpiry,
  parseIntervalChange,
  parseMoment,
  parseNewMemories,
  parseNewMemory,
  parseOrigins,
  parseWindow,
  type RestoreOptions,
  type RollbackOptions,
  restoreOptionsSchema,
  rollbackOptionsSchema,
  toGuard,
  type UpdateOptions,
  updateOptionsSchema,
  versionSchema,
} from './memory-inputs.js'
import { foreignSource, originRights } from './origins.js'

export type MemoryServiceOptions = MemoryContext

const defaultLimit = 50

// Most reads have no options, and checking none takes a tenth of such a read.
const noOptions: GetOptions = {}

/**
 * Versioned memories in hierarchical namespaces. Every change appends a version and its audit line in one transaction.
 * Methods reject with a `CairnError`: `invalid_input`, `too_large`, `forbidden` and `closed` everywhere, others as named.
 */
export class MemoryService extends MemoryChanges {
  readonly #context: MemoryServiceOptions
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #newId: () => string
  readonly #valueBytes: number

  constructor(options: MemoryServiceOptions) {
    super(options)
    const { storage, guard, newId, valueBytes } = options
    this.#context = options
    this.#storage = storage
    this.#guard = guard
    this.#newId = newId
    this.#valueBytes = valueBytes
  }

  /** Remembers something new. `already_exists` when the key is alive; a deleted key goes on with its next version, with a `createdAt` and `createdBy` of its own. */
  async add(input: NewMemoryInput): Promise<Memory> {
    const author = this.#guard.author()
    const [memory] = await this.#addAll([this.#parseNew(input, author)], author)
    if (memory === undefined) throw new CairnError('internal', 'The store returned nothing for what was added.')
    return memory
  }

  /** Remembers all or none. A batch with bad entries names each of them. At most 1,000. */
  async addMany(inputs: NewMemoryInput[]): Promise<Memory[]> {
    const author = this.#guard.author()
    const entries = parseNewMemories(inputs, (input) => this.#parseNew(input, author))
    return entries.length === 0 ? [] : this.#addAll(entries, author)
  }

  #parseNew(input: unknown, { now }: Author): NewMemory {
    return parseNewMemory(input, this.#valueBytes, this.#newId, now)
  }

  async #addAll(entries: NewMemory[], author: Author): Promise<Memory[]> {
    const foreign = entries.find(({ namespace }) => !this.#guard.may('write', namespace))
    if (foreign) throw await this.#refusal('write', foreign.namespace, 'create')
    const origins = entries.flatMap((entry) => entry.origins ?? [])
    const source = foreignSource(this.#context, origins)
    if (source !== undefined) throw await this.#refusal('read', source, 'read')
    const stamps = await this.#storage.memories.add({ entries, ...originRights(this.#context), author })
    return stamps.map((stamp) => fromStamp(stamp, author.actor))
  }

  /** The memory as it is, or as of `validAt` and `knownAt`, or one `version` even if it is a tombstone; null when there is none. */
  async get(namespace: string, key: string, options: GetOptions = noOptions): Promise<Memory | null> {
    const address = parseAddress(namespace, key)
    const { version, ...moments } = options === noOptions ? {} : parse(getOptionsSchema, options, 'get')
    if (!this.#guard.may('read', address.namespace)) throw await this.#refusal('read', address.namespace, 'read')
    const row = await this.#storage.memories.get({
      ...address,
      now: this.#guard.now(),
      ...(version !== undefined && { version }),
      ...parseMoment(moments),
    })
    await this.#guard.noteRead(
      { subject: 'memory', operation: 'read', ...address, ...(row && { version: row.version }) },
      () => ({ ...options, found: row !== undefined }),
    )
    return row === undefined ? null : toMemory(row)
  }

  /** Memories in a namespace and below it, or in all that the caller may read. In key order unless `order` is `newest`. */
  async list(query: ListQuery = {}): Promise<Page<Memory>> {
    const { namespace, cursor, limit = defaultLimit, order = 'key', ...rest } = parse(listQuerySchema, query, 'list')
    const spans = await this.#spans(namespace, 'list')
    if (order === 'newest' && rest.knownAt !== undefined) {
      throw invalidInput('order newest is about the latest versions, so it takes no knownAt.', 'List in key order.')
    }
    if (rest.deleted === true && (rest.knownAt ?? rest.validAt) !== undefined) {
      throw invalidInput('deleted is about the latest versions, so it takes neither knownAt nor validAt.')
    }
    const stored: MemoryQuery = { spans, order, now: this.#guard.now(), limit: limit + 1, ...parseMoment(rest) }
    if (rest.type !== undefined) stored.type = rest.type
    if (rest.createdBy !== undefined) stored.createdBy = rest.createdBy.normalize('NFC')
    if (rest.deleted !== undefined) stored.deleted = rest.deleted
    if (rest.metadata !== undefined) stored.metadata = encodeMetadataFilter(rest.metadata, this.#valueBytes)
    if (cursor !== undefined) stored.after = decodePlace(cursor, order)
    const rows = await this.#storage.memories.list(stored)
    await this.#noteList(namespace, () => ({ query, found: rows.length }))
    return toPage(rows, limit, toMemory, (row) => placeOf(row, order))
  }

  /** Appends a version; takes both rights, since it carries metadata forward. `not_found`; `conflict` when `ifVersion` is not the latest; `immutable` for episodic memories. */
  async update(namespace: string, key: string, value: unknown, options: UpdateOptions = {}): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const parsed = parse(updateOptionsSchema, options, 'update')
    const missing = this.#missingOf(address.namespace)
    if (missing) throw await this.#refusal(missing, address.namespace, 'update')
    const author = this.#guard.author()
    const expiresAt = parseExpiry(parsed.expiresAt, author.now)
    const { origins = [] } = parseOrigins(parsed.origins)
    const source = foreignSource(this.#context, origins)
    if (source !== undefined) throw await this.#refusal('read', source, 'read')
    const stamp = await this.#storage.memories.update({
      ...address,
      ...toGuard(parsed.ifVersion),
      value: encodeJson(value, 'value', this.#valueBytes),
      ...(parsed.metadata && { metadata: encodeJsonObject(parsed.metadata, 'metadata', this.#valueBytes) }),
      ...parseWindow(parsed),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(origins.length > 0 && { origins, ...originRights(this.#context) }),
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /** Appends a tombstone; every version stays in the history. False when there was nothing alive. `conflict`. */
  async delete(namespace: string, key: string, options: DeleteOptions = {}): Promise<boolean> {
    const address = parseAddress(namespace, key)
    const { ifVersion } = parse(deleteOptionsSchema, options, 'delete')
    if (!this.#guard.may('write', address.namespace)) throw await this.#refusal('write', address.namespace, 'delete')
    const stamp = await this.#storage.memories.delete({
      ...address,
      ...toGuard(ifVersion),
      author: this.#guard.author(),
    })
    return stamp !== undefined
  }

  /**
   * Brings a deleted or expired memory back, so that every question about now or another time has the answer that it had.
   * Each version that gave one is appended again within its interval; returns the last. With `version` that one alone
   * comes back. Takes both rights. `not_found`, `already_exists`.
   */
  async restore(namespace: string, key: string, options: RestoreOptions = {}): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const { version, expiresAt: expiry, ...times } = parse(restoreOptionsSchema, options, 'restore')
    const interval = parseIntervalChange(times)
    if (version === undefined && Object.keys(interval).length > 0) {
      throw invalidInput('validFrom and validTo are those of one version, which is not named.', 'Add version.')
    }
    const missing = this.#missingOf(address.namespace)
    if (missing) throw await this.#refusal(missing, address.namespace, 'restore')
    const author = this.#guard.author()
    const expiresAt = parseExpiry(expiry, author.now)
    const stamp = await this.#storage.memories.restore({
      ...address,
      ...(version !== undefined && { version }),
      ...interval,
      ...(expiresAt !== undefined && { expiresAt }),
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /**
   * Appends an earlier version again, with its value, metadata and interval; the expiry stays that of now. Takes both
   * rights. `not_found`, also for a version that has expired; `conflict`, `immutable`.
   */
  async rollback(namespace: string, key: string, toVersion: number, options: RollbackOptions = {}): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const { ifVersion, ...times } = parse(rollbackOptionsSchema, options, 'rollback')
    const version = parse(versionSchema, toVersion, 'toVersion')
    const missing = this.#missingOf(address.namespace)
    if (missing) throw await this.#refusal(missing, address.namespace, 'rollback')
    const author = this.#guard.author()
    const stamp = await this.#storage.memories.rollback({
      ...address,
      ...toGuard(ifVersion),
      ...parseIntervalChange(times),
      toVersion: version,
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /** All versions of a memory, newest first, tombstones included. Empty when there never was one. */
  async history(namespace: string, key: string, options: HistoryOptions = {}): Promise<Page<Memory>> {
    const address = parseAddress(namespace, key)
    const { limit = defaultLimit, cursor } = parse(historyOptionsSchema, options, 'history')
    if (!this.#guard.may('read', address.namespace)) throw await this.#refusal('read', address.namespace, 'read')
    const [before] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : (decodeCursor(cursor, ['number']) as [number])
    const rows = await this.#storage.memories.history({ ...address, before, limit: limit + 1, now: this.#guard.now() })
    await this.#guard.noteRead({ subject: 'memory', operation: 'read', ...address }, () => ({
      history: true,
      found: rows.length,
    }))
    return toPage(rows, limit, toMemory, (row) => [row.version])
  }

  /** Namespaces that hold live memories, with how many, in order. */
  async namespaces(query: NamespacesQuery = {}): Promise<Page<{ namespace: string; memories: number }>> {
    const { within, limit = 1000, cursor } = parse(namespacesQuerySchema, query, 'namespaces')
    const spans = await this.#spans(within, 'list')
    const [after] = cursor === undefined ? [''] : (decodeCursor(cursor, ['string']) as [string])
    const rows = await this.#storage.memories.namespaces({ spans, after, limit: limit + 1, now: this.#guard.now() })
    await this.#noteList(within, () => ({ namespaces: true }))
    return toPage(
      rows,
      limit,
      (row) => row,
      (row) => [row.namespace],
    )
  }

  async #spans(namespace: string | undefined, operation: AuditOperation): Promise<Span[]> {
    const parsed = namespace === undefined ? undefined : parseNamespace(namespace)
    if (parsed !== undefined) await demandRead(this.#context, parsed, operation)
    return readableSpans(this.#context, parsed)
  }

  async #noteList(namespace: string | undefined, detail: () => Record<string, unknown>): Promise<void> {
    const where = namespace === undefined ? {} : { namespace: parseNamespace(namespace) }
    await this.#guard.noteRead({ subject: 'memory', operation: 'list', ...where }, detail)
  }

  /** Which right for a change that carries something of what is there forward is not there. */
  #missingOf(namespace: string): Right | undefined {
    return missingOf(this.#context, ['write', 'read'], namespace)
  }

  #refusal(right: Right, namespace: string, operation: AuditOperation): Promise<CairnError> {
    return refusal(this.#context, right, namespace, operation)
  }
}

function fromStamp(stamp: VersionStamp, updatedBy: string): Memory {
  return memoryOf(stamp, { supersededAt: null, updatedBy, deleted: 0 })
}
