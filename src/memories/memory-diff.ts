import { z } from 'zod'
import { parseNamespace } from '../access/namespace.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { MemoryPair } from '../storage/memory-change-store.js'
import type { MemoryAddress, MomentInput } from '../storage/memory-store.js'
import { toMillis } from '../time.js'
import { difference, type JsonDifference } from './difference.js'
import { type Memory, toMemory } from './memory.js'
import { demandRead, type MemoryContext, noMemory, readableSpans } from './memory-context.js'
import { parseAddress, versionSchema } from './memory-inputs.js'

export const diffOptionsSchema = z.strictObject({ from: versionSchema.optional(), to: versionSchema.optional() })

/** The versions to compare: `to` is the latest one by default, `from` the one before `to`. */
export type DiffOptions = z.input<typeof diffOptionsSchema>

const time = z.union([z.date(), z.string(), z.number()])

export const namespaceDiffSchema = z.strictObject({
  from: time,
  to: time.optional(),
  clock: z.enum(['knownAt', 'validAt']).optional(),
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/**
 * Two moments, `to` by default now, on one of the clocks: `knownAt`, the default, compares what was known then; `validAt`
 * what was true then, as is known now. `limit` is 50 by default, at most 1,000; `cursor` the `next` of the page before.
 */
export type NamespaceDiffQuery = z.input<typeof namespaceDiffSchema>

/** Two versions of a memory and how their values differ. A tombstone has no value; before version 1 there is null. */
export interface MemoryDiff extends JsonDifference {
  namespace: string
  key: string
  from: Memory | null
  to: Memory
}

/** A memory that is not what it was; null on the side where there is none. */
export interface MemoryChange {
  namespace: string
  key: string
  change: 'added' | 'removed' | 'changed'
  before: Memory | null
  after: Memory | null
}

export async function diff(
  context: MemoryContext,
  namespace: string,
  key: string,
  options: DiffOptions,
): Promise<MemoryDiff> {
  const address = parseAddress(namespace, key)
  const asked = parse(diffOptionsSchema, options, 'diff')
  await demandRead(context, address.namespace, 'read')
  const to = await versionOf(context, address, asked.to ?? (await latestNumber(context, address)))
  const first = asked.from === undefined && to.version === 1
  const from = first ? null : await versionOf(context, address, asked.from ?? to.version - 1)
  await context.guard.noteRead({ subject: 'memory', operation: 'read', ...address, version: to.version }, () => options)
  return { ...address, from, to, ...difference(liveValue(from), liveValue(to)) }
}

async function latestNumber({ storage, guard }: MemoryContext, address: MemoryAddress): Promise<number> {
  const before = Number.MAX_SAFE_INTEGER
  const [latest] = await storage.memories.history({ ...address, before, limit: 1, now: guard.now() })
  if (latest === undefined) throw noMemory(address)
  return latest.version
}

async function versionOf({ storage, guard }: MemoryContext, address: MemoryAddress, version: number): Promise<Memory> {
  const row = await storage.memories.get({ ...address, version, now: guard.now() })
  if (row === undefined) throw noMemory(address, version)
  return toMemory(row)
}

function liveValue(memory: Memory | null): Memory['value'] | undefined {
  return memory === null || memory.deleted ? undefined : memory.value
}

export async function diffNamespace(
  context: MemoryContext,
  namespace: string,
  query: NamespaceDiffQuery,
): Promise<Page<MemoryChange>> {
  const outer = parseNamespace(namespace)
  const { from, to, clock = 'knownAt', limit = 50, cursor } = parse(namespaceDiffSchema, query, 'diffNamespace')
  await demandRead(context, outer, 'list')
  const now = context.guard.now()
  const at = (millis: number): MomentInput => ({ [clock]: millis })
  const after = cursor === undefined ? undefined : (decodeCursor(cursor, ['string', 'string']) as [string, string])
  const pairs = await context.storage.memories.compare({
    spans: readableSpans(context, outer),
    from: at(toMillis(from, 'from')),
    to: at(to === undefined ? now : toMillis(to, 'to')),
    now,
    limit: limit + 1,
    ...(after && { after }),
  })
  await context.guard.noteRead({ subject: 'memory', operation: 'list', namespace: outer }, () => ({ ...query }))
  return toPage(pairs, limit, toChange, (pair) => [addressOf(pair).namespace, addressOf(pair).key])
}

function toChange(pair: MemoryPair): MemoryChange {
  const { namespace, key } = addressOf(pair)
  const [before, after] = [pair.before, pair.after].map((row) => (row === undefined ? null : toMemory(row)))
  const change = before === null ? 'added' : after === null ? 'removed' : 'changed'
  return { namespace, key, change, before: before ?? null, after: after ?? null }
}

function addressOf({ before, after }: MemoryPair): MemoryAddress {
  return before ?? (after as MemoryAddress)
}
