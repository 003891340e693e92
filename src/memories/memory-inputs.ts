import { z } from 'zod'
import { parseName, parseNamespace } from '../access/namespace.js'
import { invalidInput } from '../errors.js'
import { encodeJson, encodeJsonObject } from '../json.js'
import { objectOf, parse, plainObject } from '../parse.js'
import type { MomentInput, NewMemory, VersionGuard } from '../storage/memory-store.js'
import { type TimeInput, toMillis } from '../time.js'
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

export const restoreOptionsSchema = z.strictObject({
  version: versionSchema.optional(),
  expiresAt: time.nullish(),
})

/** `version` is the one whose value comes back, by default the last. `expiresAt` is when it expires, by default never. */
export type RestoreOptions = z.input<typeof restoreOptionsSchema>

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

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const limit = z.number().int().min(1).max(1000)

export const listQuerySchema = z.strictObject({
  namespace: z.string().optional(),
  type: memoryTypeSchema.optional(),
  metadata: objectOf(scalar).optional(),
  createdBy: z.string().optional(),
  deleted: z.boolean().optional(),
  order: z.enum(['key', 'newest']).optional(),
  validAt: time.optional(),
  knownAt: time.optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/**
 * Filters, which must all hold. `metadata` names fields and the plain values they must equal; `deleted` lists tombstones
 * instead of memories; the clocks are those of `get`. `order` is `key` by default, `newest` by last change. `limit` is 50
 * by default, at most 1,000; `cursor` is the `next` of the page before.
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
export function parseNewMemory(input: unknown, valueBytes: number, newId: () => string): NewMemory {
  const parsed = parse(newMemorySchema, input, 'The memory')
  if (parsed.key === undefined && parsed.type !== 'episodic') {
    throw invalidInput(`A ${parsed.type} memory needs a key.`, 'Only episodic memories get one by themselves.')
  }
  return {
    ...parseAddress(parsed.namespace, parsed.key ?? newId()),
    chain: newId(),
    type: parsed.type,
    value: encodeJson(parsed.value, 'value', valueBytes),
    metadata: encodeJsonObject(parsed.metadata ?? {}, 'metadata', valueBytes),
    ...parseOrigins(parsed.origins),
    ...parseWindow(parsed),
    expiresAt: parseTime(parsed.expiresAt, 'expiresAt') ?? null,
  }
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

/** Undefined stays undefined, null stays null: for expiresAt they mean carry forward and take away. */
export function parseTime(input: TimeInput | null | undefined, what: string): number | null | undefined {
  return input === undefined || input === null ? input : toMillis(input, what)
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
