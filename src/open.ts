import { uuidv7 } from 'uuidv7'
import { root } from './access/principal.js'
import { Cairn } from './cairn.js'
import { type ConfigInput, resolveConfig } from './config.js'
import { openSqliteStorage } from './storage/sqlite/sqlite-storage.js'

export interface OpenOptions extends ConfigInput {
  /** Whether a missing store is created. Default true. */
  create?: boolean
  /** The clock, in milliseconds since the epoch. */
  now?: () => number
  /** Ids for sessions, events and keys that callers leave out. Default UUIDv7. */
  newId?: () => string
}

const pageBytes = 4096

/**
 * Opens a store, creating or migrating it as needed. Takes a path, or options; files and environment variables are for
 * the command line and are not read here. Rejects with `config_invalid`, `not_found`, `not_a_database`, `corrupt`,
 * `schema_newer`, `migration_failed`, `read_only`, `disk_full` or `unsupported_filesystem`.
 */
export async function openCairn(target: string | OpenOptions = {}): Promise<Cairn> {
  const {
    create = true,
    now = Date.now,
    newId = uuidv7,
    ...settings
  } = typeof target === 'string' ? { db: target } : target
  const config = resolveConfig(settings)
  const storage = await openSqliteStorage({
    path: config.db,
    create,
    durability: config.durability,
    busyTimeoutMs: config.busyTimeoutMs,
    threads: config.threads,
    maxPages: Math.ceil(config.limits.storeBytes / pageBytes),
  })
  return new Cairn({
    storage,
    caller: root,
    now,
    newId,
    auditReads: config.auditReads,
    valueBytes: config.limits.valueBytes,
  })
}
