import { z } from 'zod'
import { parseName, parseNamespace } from '../access/namespace.js'
import { CairnError, invalidInput } from '../errors.js'
import { encodeJson, encodeJsonObject } from '../json.js'
import { metadataFilterSchema } from '../metadata-filter.js'
import { parse, plainObject } from '../parse.js'
import type { IntervalChange, MomentInput, NewMemory, VersionGuard } from '../storage/memory-store.js'
import { type TimeInput, toIso, toMillis } from '../time.js'
import { memoryTypeSchema } from './memory.js'
import { encodeOrigin, type NewOrigin, type Origin, parseOrigin } from './origin.js'

const time = z.union([z.date(), z.string(), z.number()])

const times = { validFrom: time.nullish(), validTo: time.nullish(), expiresAt: time.nullish() }

const originsSchema = z.array(z.custom<Origin>()).max(100)

export const newMemorySchema = z.strictObject({
  namespace: z.string(),
  key: z.string().optional(),
  value: z.unknown(),
  type: memoryTypeSchema,
  metadata: plainObject.optional(),
  origins: originsSchema.optional(),
  ...times,
})

/**
 * What to remember. `key` may be left out for episodic memories, which then get one. `origins` say where it came from.
 * Times: Date, ISO 8601, or milliseconds.
 */
export type NewMemoryInput = z.input<typeof newMemorySchema>

export const versionSchema = z.number().int().positive()

export const guardSchema = z.union([versionSchema, z.object({ version: versionSchema, chain: z.string() })])

/** The version that must be the latest: its number, or the memory that was read, which also tells lives of a purged key apart. */
export type IfVersion = z.input<typeof guardSchema>

export const updateOptionsSchema = z.strictObject({
  ifVersion: guardSchema.optional(),
  metadata: plainObject.optional(),
  origins: originsSchema.optional(),
  ...times,
})

/**
 * `ifVersion` must be the latest version, else `conflict`. `metadata` and `expiresAt` stay as they were when left out; a
 * null `expiresAt` takes an expiry away. `validFrom` and `validTo` are unbounded when left out. `origins` say where this
 * version came from.
 */
export type UpdateOptions = z.input<typeof updateOptionsSchema>

export const deleteOptionsSchema = z.strictObject({ ifVersion: guardSchema.optional() })

/** `ifVersion` must be the latest version, else `conflict`. */
export type DeleteOptions = z.input<typeof deleteOptionsSchema>

export const restoreOptionsSchema = z.strictObject({ version: versionSchema.optional(), ...times })

/**
 * `version` is the one that comes back; without it all come back that were the answer about some time. `expiresAt` is
 * when it expires, by default never. `validFrom` and `validTo` go with `version`, and are those of that version when left
 * out; null is unbounded.
 */
export type RestoreOptions = z.input<typeof restoreOptionsSchema>

export const rollbackOptionsSchema = z.strictObject({
  ifVersion: guardSchema.optional(),
  validFrom: time.nullish(),
  validTo: time.nullish(),
})

/**
 * `ifVersion` must be the latest version, else `conflict`. `validFrom` and `validTo` are those of the version rolled back
 * to when left out; null is unbounded.
 */
export type RollbackOptions = z.input<typeof rollbackOptionsSchema>

export const getOptionsSchema = z.strictObject({
  version: versionSchema.optional(),
  validAt: time.optional(),
  knownAt: time.optional(),
})

/**
 * `version` reads exactly that one, whatever the clocks say. `validAt` is the time in the world and `knownAt` the time of
 * the store's knowledge; by default both are now.
 */
export type GetOptions = z.input<typeof getOptionsSchema>

const limit = z.number().int().min(1).max(1000)

export const listQuerySchema = z.strictObject({
  namespace: z.string().optional(),
  type: memoryTypeSchema.optional(),
  metadata: metadataFilterSchema.optional(),
  createdBy: z.string().optional(),
  deleted: z.boolean().optional(),
  order: z.enum(['key', 'newest']).optional(),
  validAt: time.optional(),
  knownAt: time.optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/**
 * Filters, which must all hold. `metadata` names fields and the plain value each must equal or, as a list, hold, or a list
 * of values that it must all have; `deleted` lists tombstones instead of memories; the clocks are those of `get`. `order` is
 * `key` by default, `newest` by last change. `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before.
 */
export type ListQuery = z.input<typeof listQuerySchema>

export const historyOptionsSchema = z.strictObject({ limit: limit.optional(), cursor: z.string().optional() })

/** `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type HistoryOptions = z.input<typeof historyOptionsSchema>

export const namespacesQuerySchema = z.strictObject({
  within: z.string().optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/** `within` keeps to a namespace and what is below it. `limit` is 1,000 by default and at most; `cursor` is the `next` of the page before. */
export type NamespacesQuery = z.input<typeof namespacesQuerySchema>

export const cleanupOptionsSchema = z.strictObject({ ttlDays: z.number().min(0).optional() })

/** `ttlDays` also deletes episodic memories recorded that many days ago or earlier; by default none. */
export type CleanupOptions = z.input<typeof cleanupOptionsSchema>

export function parseAddress(namespace: unknown, key: unknown): { namespace: string; key: string } {
  return { namespace: parseNamespace(namespace), key: parseName(key, 'The key') }
}

/** A checked memory, ready to be stored. */
export function parseNewMemory(input: unknown, valueBytes: number, newId: () => string, now: number): NewMemory {
  const parsed = parse(newMemorySchema, input, 'The memory')
  if (parsed.key === undefined && parsed.type !== 'episodic') {
    throw invalidInput(`A ${parsed.type} memory needs a key.`, 'Only episodic memories get one by themselves.')
  }
  const { namespace, key } = parseAddress(parsed.namespace, parsed.key ?? newId())
  const { validFrom, validTo } = parseWindow(parsed)
  return {
    namespace,
    key,
    chain: newId(),
    type: parsed.type,
    value: encodeJson(parsed.value, 'value', valueBytes),
    metadata: encodeJsonObject(parsed.metadata ?? {}, 'metadata', valueBytes),
    validFrom,
    validTo,
    expiresAt: parseExpiry(parsed.expiresAt, now) ?? null,
    ...parseOrigins(parsed.origins),
  }
}

/** All of a batch, or `invalid_input` that names each entry at fault. */
export function parseNewMemories(inputs: unknown, parseOne: (input: unknown) => NewMemory): NewMemory[] {
  if (!Array.isArray(inputs) || inputs.length > 1000)
    throw invalidInput('addMany takes a list of at most 1,000 memories.', 'Split the list.')
  const problems: string[] = []
  const entries = inputs.flatMap((input: unknown, index) => {
    try {
      return [parseOne(input)]
    } catch (error) {
      if (!(error instanceof CairnError)) throw error
      problems.push(`[${index}] ${error.message}`)
      return []
    }
  })
  if (problems.length === 0) return entries
  const hint = 'Correct these entries, or leave them out.'
  throw new CairnError('invalid_input', `None was added. ${problems.join(' ')}`, { hint, details: { problems } })
}

/** Checked, but not looked up. */
export function parseOrigins(inputs: unknown[] | undefined): { origins?: NewOrigin[] } {
  return inputs === undefined ? {} : { origins: inputs.map((input) => encodeOrigin(parseOrigin(input))) }
}

interface TimesInput {
  validFrom?: TimeInput | null | undefined
  validTo?: TimeInput | null | undefined
}

export function parseWindow(input: TimesInput): { validFrom: number | null; validTo: number | null } {
  const validFrom = parseTime(input.validFrom, 'validFrom') ?? null
  const validTo = parseTime(input.validTo, 'validTo') ?? null
  if (validFrom !== null && validTo !== null && validFrom >= validTo) {
    throw invalidInput('validFrom must be before validTo.', 'The interval is half-open: [validFrom, validTo).')
  }
  return { validFrom, validTo }
}

/** Undefined and null stay what they are: what was left out, and what is taken away. */
function parseTime(input: TimeInput | null | undefined, what: string): number | null | undefined {
  return input === undefined || input === null ? input : toMillis(input, what)
}

/** What has expired already would be gone as soon as it is stored. */
export function parseExpiry(input: TimeInput | null | undefined, now: number): number | null | undefined {
  const expiresAt = parseTime(input, 'expiresAt')
  if (typeof expiresAt === 'number' && expiresAt <= now) {
    throw invalidInput(
      `expiresAt is not a time to come: ${toIso(expiresAt)}, and it is ${toIso(now)}.`,
      'Give a later time, or none; to end a memory now, delete it.',
    )
  }
  return expiresAt
}

/** The bounds that were given, where one that was left out is to stay what it is. */
export function parseIntervalChange(input: TimesInput): IntervalChange {
  const validFrom = parseTime(input.validFrom, 'validFrom')
  const validTo = parseTime(input.validTo, 'validTo')
  return { ...(validFrom !== undefined && { validFrom }), ...(validTo !== undefined && { validTo }) }
}

export function parseMoment(input: { validAt?: TimeInput | undefined; knownAt?: TimeInput | undefined }): {
  moment?: MomentInput
} {
  if (input.validAt === undefined && input.knownAt === undefined) return {}
  const moment: MomentInput = {}
  if (input.validAt !== undefined) moment.validAt = toMillis(input.validAt, 'validAt')
  if (input.knownAt !== undefined) moment.knownAt = toMillis(input.knownAt, 'knownAt')
  return { moment }
}

export function toGuard(ifVersion: IfVersion | undefined): VersionGuard {
  if (ifVersion === undefined) return {}
  return typeof ifVersion === 'number' ? { ifVersion } : { ifVersion: ifVersion.version, ifChain: ifVersion.chain }
}
