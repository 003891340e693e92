import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { ownsSession } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { CairnError } from '../errors.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { OriginRights, StoredOrigins } from '../storage/memory-change-store.js'
import type { MemoryAddress } from '../storage/memory-store.js'
import { type Memory, toMemory } from './memory.js'
import { demandRead, type MemoryContext, missingOf, noMemory, readableSpans, refusal } from './memory-context.js'
import { parseAddress, versionSchema } from './memory-inputs.js'
import {
  decodeOrigin,
  encodeOrigin,
  type NamedOrigin,
  type NewOrigin,
  type Origin,
  parseOrigin,
  sourceRange,
  toNamedOrigin,
} from './origin.js'

export const originOptionsSchema = z.strictObject({ version: versionSchema.optional() })

/** `version` is the one that is meant, by default the one that is there now. */
export type OriginOptions = z.input<typeof originOptionsSchema>

export const fromOriginSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/** `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type FromOriginQuery = z.input<typeof fromOriginSchema>

/** A version of a memory, and where it came from, as far as the handle may know. */
export interface MemoryOrigins {
  namespace: string
  key: string
  version: number
  origins: NamedOrigin[]
}

export async function link(
  context: MemoryContext,
  namespace: string,
  key: string,
  origin: Origin,
  options: OriginOptions,
): Promise<MemoryOrigins> {
  const address = parseAddress(namespace, key)
  const { version } = parse(originOptionsSchema, options, 'link')
  const named = encodeOrigin(parseOrigin(origin))
  const missing = missingOf(context, ['write', 'read'], address.namespace)
  if (missing) throw await refusal(context, missing, address.namespace, 'update')
  const foreign = foreignSource(context, [named])
  if (foreign !== undefined) throw await refusal(context, 'read', foreign, 'read')
  const linked = await context.storage.memories.link({
    ...address,
    ...(version !== undefined && { version }),
    origin: named,
    ...originRights(context),
    author: context.guard.author(),
  })
  return seenOrigins(context, address, linked)
}

export async function origins(
  context: MemoryContext,
  namespace: string,
  key: string,
  options: OriginOptions,
): Promise<MemoryOrigins> {
  const address = parseAddress(namespace, key)
  const { version } = parse(originOptionsSchema, options, 'origins')
  await demandRead(context, address.namespace, 'read')
  const found = await readOrigins(context, address, version)
  await context.guard.noteRead({ subject: 'memory', operation: 'read', ...address, version: found.version })
  return found
}

async function readOrigins(
  context: MemoryContext,
  address: MemoryAddress,
  version: number | undefined,
): Promise<MemoryOrigins> {
  const now = context.guard.now()
  const found = await context.storage.memories.origins({ ...address, now, ...(version !== undefined && { version }) })
  if (found === undefined) throw noMemory(address, version)
  return seenOrigins(context, address, found)
}

function seenOrigins({ guard }: MemoryContext, address: MemoryAddress, found: StoredOrigins): MemoryOrigins {
  const own = found.origins.filter((row) => isRoot(guard.caller) || row.kind !== 'event' || ownsEvent(guard, row.owner))
  const named = own.map(toNamedOrigin)
  return { ...address, version: found.version, origins: named.filter((origin) => mayKnow(guard, origin)) }
}

function ownsEvent({ caller }: Guard, owner: { app: string; user: string } | null): boolean {
  return owner !== null && ownsSession(caller, owner)
}

/** Where a memory was copied from is for those who may read there. */
function mayKnow(guard: Guard, origin: Origin): boolean {
  return !('memory' in origin) || guard.may('read', origin.memory.namespace)
}

export async function fromOrigin(
  context: MemoryContext,
  origin: Origin,
  query: FromOriginQuery,
): Promise<Page<Memory>> {
  const named = parseOrigin(origin)
  const { limit = 50, cursor } = parse(fromOriginSchema, query, 'fromOrigin')
  // An event may go before what was learned from it does; then only root can still ask.
  if (!isRoot(context.guard.caller)) await demandOrigin(context, named)
  const after = cursor === undefined ? undefined : (decodeCursor(cursor, ['string', 'number']) as [string, number])
  const rows = await context.storage.memories.fromOrigin({
    ...sourceRange(named),
    spans: readableSpans(context, undefined),
    now: context.guard.now(),
    limit: limit + 1,
    ...(after && { after }),
  })
  await context.guard.noteRead({ subject: 'memory', operation: 'list' }, () => ({ origin }))
  return toPage(rows, limit, toMemory, (row) => [row.source, row.place])
}

/** The namespace of a memory among some origins that the caller may not read. */
export function foreignSource({ guard }: MemoryContext, named: NewOrigin[]): string | undefined {
  const origins = named.map(decodeOrigin)
  const foreign = origins.find((origin) => !mayKnow(guard, origin))
  return foreign && 'memory' in foreign ? foreign.memory.namespace : undefined
}

/** What the store, which alone sees whether an origin is there, has to know of whoever names it. */
export function originRights({ guard: { caller } }: MemoryContext): OriginRights {
  return isRoot(caller) ? {} : { sessionsOf: { app: caller.app ?? '', user: caller.user ?? '' } }
}

/** An event of a session that is not the caller's is as good as none. */
async function demandOrigin(context: MemoryContext, origin: Origin): Promise<void> {
  if ('memory' in origin) await demandRead(context, origin.memory.namespace, 'read')
  if (!('event' in origin)) return
  const { session: id, eventId } = origin.event
  if (await context.storage.sessions.event({ id, owner: originRights(context).sessionsOf, eventId })) return
  throw new CairnError('not_found', `There is no event ${eventId} in a session ${id}.`, {
    hint: 'Look for it with sessions.events().',
  })
}
