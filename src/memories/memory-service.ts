import type { Guard } from '../access/guard.js'
import { everything, parseNamespace, type Span, spansOf, spansOfAll } from '../access/namespace.js'
import { readable } from '../access/policy.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError, invalidInput } from '../errors.js'
import { encodeJson, encodeJsonObject } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { MemoryQuery, NewMemory, VersionStamp } from '../storage/memory-store.js'
import type { Storage } from '../storage/storage.js'
import { decodePlace, placeOf } from './list-place.js'
import { type Memory, toMemory } from './memory.js'
import { MemoryChanges } from './memory-changes.js'
import type { MemoryContext } from './memory-context.js'
import {
  type CleanupOptions,
  cleanupOptionsSchema,
  type DeleteOptions,
  deleteOptionsSchema,
  type GetOptions,
  getOptionsSchema,
  type HistoryOptions,
  historyOptionsSchema,
  type IfVersion,
  type ListQuery,
  listQuerySchema,
  type NamespacesQuery,
  type NewMemoryInput,
  namespacesQuerySchema,
  parseAddress,
  parseMoment,
  parseNewMemory,
  parseOrigins,
  parseTime,
  parseWindow,
  type RestoreOptions,
  restoreOptionsSchema,
  toGuard,
  type UpdateOptions,
  updateOptionsSchema,
  versionSchema,
} from './memory-inputs.js'
import { resolveOrigins } from './origins.js'

export type MemoryServiceOptions = MemoryContext

const dayMillis = 86_400_000
const expiryBatch = 500
const defaultLimit = 50

// Most reads have no options, and checking none takes a tenth of such a read.
const noOptions: GetOptions = {}

/**
 * Versioned memories in hierarchical namespaces. Every change appends a version and its audit line in one transaction.
 * Methods reject with a `CairnError`: `invalid_input`, `too_large`, `forbidden` and `closed` everywhere, others as named.
 */
export class MemoryService extends MemoryChanges {
  readonly #options: MemoryServiceOptions
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #newId: () => string
  readonly #valueBytes: number

  constructor(options: MemoryServiceOptions) {
    super(options)
    const { storage, guard, newId, valueBytes } = options
    this.#options = options
    this.#storage = storage
    this.#guard = guard
    this.#newId = newId
    this.#valueBytes = valueBytes
  }

  /** Remembers something new. `already_exists` when the key is alive; a deleted key goes on with its next version. */
  async add(input: NewMemoryInput): Promise<Memory> {
    const [memory] = await this.#addAll([parseNewMemory(input, this.#valueBytes, this.#newId)])
    if (memory === undefined) throw new CairnError('internal', 'The store returned nothing for what was added.')
    return memory
  }

  /** Remembers all or none. A batch with bad entries names each of them. At most 1,000. */
  async addMany(inputs: NewMemoryInput[]): Promise<Memory[]> {
    if (!Array.isArray(inputs) || inputs.length > 1000)
      throw invalidInput('addMany takes a list of at most 1,000 memories.', 'Split the list.')
    const problems: string[] = []
    const entries = inputs.flatMap((input, index) => {
      try {
        return [parseNewMemory(input, this.#valueBytes, this.#newId)]
      } catch (error) {
        if (!(error instanceof CairnError)) throw error
        problems.push(`[${index}] ${error.message}`)
        return []
      }
    })
    if (problems.length > 0) {
      const hint = 'Correct these entries, or leave them out.'
      throw new CairnError('invalid_input', `None was added. ${problems.join(' ')}`, { hint, details: { problems } })
    }
    return entries.length === 0 ? [] : this.#addAll(entries)
  }

  async #addAll(entries: NewMemory[]): Promise<Memory[]> {
    for (const { namespace } of entries) await this.#demandWrite(namespace, 'create')
    // Nothing is awaited where there are no origins: calls that nobody waits for stay in their order.
    for (const entry of entries) if (entry.origins) entry.origins = await resolveOrigins(this.#options, entry.origins)
    const author = this.#guard.author()
    const stamps = await this.#storage.memories.add({ entries, author })
    return stamps.map((stamp) => fromStamp(stamp, author.actor))
  }

  /** The memory as it is, or as of `validAt` and `knownAt`, or one `version` even if it is a tombstone; null when there is none. */
  async get(namespace: string, key: string, options: GetOptions = noOptions): Promise<Memory | null> {
    const address = parseAddress(namespace, key)
    const { version, ...moments } = options === noOptions ? {} : parse(getOptionsSchema, options, 'get')
    if (!this.#guard.may('read', address.namespace)) await this.#demandRead(address.namespace, 'read')
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
    if (rest.metadata !== undefined) stored.metadata = encodeJsonObject(rest.metadata, 'metadata', this.#valueBytes)
    if (cursor !== undefined) stored.after = decodePlace(cursor, order)
    const rows = await this.#storage.memories.list(stored)
    await this.#noteList(namespace, () => ({ query, found: rows.length }))
    return toPage(rows, limit, toMemory, (row) => placeOf(row, order))
  }

  /** Appends a version; takes both rights, since it carries metadata forward. `not_found`; `conflict` when `ifVersion` is not the latest; `immutable` for episodic memories. */
  async update(namespace: string, key: string, value: unknown, options: UpdateOptions = {}): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const parsed = parse(updateOptionsSchema, options, 'update')
    await this.#demandWrite(address.namespace, 'update')
    await this.#demandRead(address.namespace, 'update')
    const author = this.#guard.author()
    const expiresAt = parseTime(parsed.expiresAt, 'expiresAt')
    const { origins } = parseOrigins(parsed.origins)
    const stamp = await this.#storage.memories.update({
      ...address,
      ...toGuard(parsed.ifVersion),
      value: encodeJson(value, 'value', this.#valueBytes),
      ...(parsed.metadata && { metadata: encodeJsonObject(parsed.metadata, 'metadata', this.#valueBytes) }),
      ...parseWindow(parsed),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(origins && { origins: await resolveOrigins(this.#options, origins) }),
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /** Appends a tombstone; every version stays in the history. False when there was nothing alive. `conflict`. */
  async delete(namespace: string, key: string, options: DeleteOptions = {}): Promise<boolean> {
    const address = parseAddress(namespace, key)
    const { ifVersion } = parse(deleteOptionsSchema, options, 'delete')
    await this.#demandWrite(address.namespace, 'delete')
    const stamp = await this.#storage.memories.delete({
      ...address,
      ...toGuard(ifVersion),
      author: this.#guard.author(),
    })
    return stamp !== undefined
  }

  /** Brings a deleted memory back as a new version, with its last value or that of `version`; takes both rights. `not_found`, `already_exists`. */
  async restore(namespace: string, key: string, options: RestoreOptions = {}): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const { version, ...times } = parse(restoreOptionsSchema, options, 'restore')
    await this.#demandWrite(address.namespace, 'restore')
    await this.#demandRead(address.namespace, 'restore')
    const author = this.#guard.author()
    const expiresAt = parseTime(times.expiresAt, 'expiresAt')
    const stamp = await this.#storage.memories.restore({
      ...address,
      ...(version !== undefined && { version }),
      ...(expiresAt !== undefined && { expiresAt }),
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /** Appends the value of an earlier version as a new one; takes both rights. `not_found`, `conflict`, `immutable`. */
  async rollback(
    namespace: string,
    key: string,
    toVersion: number,
    options: { ifVersion?: IfVersion } = {},
  ): Promise<Memory> {
    const address = parseAddress(namespace, key)
    const { ifVersion } = parse(deleteOptionsSchema, options, 'rollback')
    const version = parse(versionSchema, toVersion, 'toVersion')
    await this.#demandWrite(address.namespace, 'rollback')
    await this.#demandRead(address.namespace, 'rollback')
    const author = this.#guard.author()
    const stamp = await this.#storage.memories.rollback({
      ...address,
      ...toGuard(ifVersion),
      toVersion: version,
      author,
    })
    return fromStamp(stamp, author.actor)
  }

  /** All versions of a memory, newest first, tombstones included. Empty when there never was one. */
  async history(namespace: string, key: string, options: HistoryOptions = {}): Promise<Page<Memory>> {
    const address = parseAddress(namespace, key)
    const { limit = defaultLimit, cursor } = parse(historyOptionsSchema, options, 'history')
    if (!this.#guard.may('read', address.namespace)) await this.#demandRead(address.namespace, 'read')
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

  /**
   * Deletes, by tombstones, what is past its `expiresAt`, and with `ttlDays` the episodic memories recorded that long ago.
   * Reads do not wait for it. Root only. Returns how many.
   */
  async cleanupExpired(options: CleanupOptions = {}): Promise<number> {
    await this.#guard.demandRoot('clean up expired memories', { subject: 'memory', operation: 'expire' })
    const { ttlDays } = parse(cleanupOptionsSchema, options, 'cleanupExpired')
    for (let total = 0; ; ) {
      const author = this.#guard.author()
      const episodicBefore = ttlDays === undefined ? null : author.now - ttlDays * dayMillis
      const count = await this.#storage.memories.expire({ episodicBefore, limit: expiryBatch, author })
      total += count
      if (count < expiryBatch) return total
    }
  }

  async #spans(namespace: string | undefined, operation: AuditOperation): Promise<Span[]> {
    if (namespace !== undefined) {
      const parsed = parseNamespace(namespace)
      await this.#guard.demand('read', parsed, { subject: 'memory', operation })
      return spansOf(parsed)
    }
    const namespaces = readable(this.#guard.caller)
    return namespaces === undefined ? [everything] : spansOfAll(namespaces)
  }

  async #noteList(namespace: string | undefined, detail: () => Record<string, unknown>): Promise<void> {
    const where = namespace === undefined ? {} : { namespace: parseNamespace(namespace) }
    await this.#guard.noteRead({ subject: 'memory', operation: 'list', ...where }, detail)
  }

  async #demandWrite(namespace: string, operation: AuditOperation): Promise<void> {
    if (!this.#guard.may('write', namespace))
      await this.#guard.demand('write', namespace, { subject: 'memory', operation })
  }

  async #demandRead(namespace: string, operation: AuditOperation): Promise<void> {
    await this.#guard.demand('read', namespace, { subject: 'memory', operation })
  }
}

function fromStamp(stamp: VersionStamp, updatedBy: string): Memory {
  return toMemory({ ...stamp, supersededAt: null, updatedBy, deleted: 0 })
}
