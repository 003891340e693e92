import { z } from 'zod'
import type { Guard } from '../access/guard.js'
import { ownsSession } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { CairnError } from '../errors.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import { type Memory, toMemory } from './memory.js'
import { demand, type MemoryContext, noMemory, readableSpans } from './memory-context.js'
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
  const named = parseOrigin(origin)
  await demand(context, ['write', 'read'], address.namespace, 'update')
  const resolved = await resolve(context, named)
  const linked = await context.storage.memories.link({
    ...address,
    ...(version !== undefined && { version }),
    origin: encodeOrigin(resolved),
    author: context.guard.author(),
  })
  return readOrigins(context, address, linked.version)
}

export async function origins(
  context: MemoryContext,
  namespace: string,
  key: string,
  options: OriginOptions,
): Promise<MemoryOrigins> {
  const address = parseAddress(namespace, key)
  const { version } = parse(originOptionsSchema, options, 'origins')
  await demand(context, ['read'], address.namespace, 'read')
  const found = await readOrigins(context, address, version)
  await context.guard.noteRead({ subject: 'memory', operation: 'read', ...address, version: found.version })
  return found
}

async function readOrigins(
  { storage, guard }: MemoryContext,
  address: { namespace: string; key: string },
  version: number | undefined,
): Promise<MemoryOrigins> {
  const now = guard.now()
  const found = await storage.memories.origins({ ...address, now, ...(version !== undefined && { version }) })
  if (found === undefined) throw noMemory(address, version)
  const seen = found.origins.filter(
    (row) => isRoot(guard.caller) || row.kind !== 'event' || ownsEvent(guard, row.owner),
  )
  const named = seen.map(toNamedOrigin)
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

/** Origins as they are stored. One that is not there, or not the caller's, is refused before anything is written. */
export async function resolveOrigins(context: MemoryContext, named: NewOrigin[]): Promise<NewOrigin[]> {
  const resolved: NewOrigin[] = []
  for (const origin of named) resolved.push(encodeOrigin(await resolve(context, decodeOrigin(origin))))
  return resolved
}

async function resolve(context: MemoryContext, origin: Origin): Promise<Origin> {
  await demandOrigin(context, origin)
  if (!('memory' in origin)) return origin
  const { storage, guard } = context
  const row = await storage.memories.get({ ...origin.memory, now: guard.now() })
  if (row === undefined) throw noMemory(origin.memory, origin.memory.version)
  return { memory: { ...origin.memory, version: row.version } }
}

/** An event of a session that is not the caller's is as good as none. */
async function demandOrigin(context: MemoryContext, origin: Origin): Promise<void> {
  if ('memory' in origin) await demand(context, ['read'], origin.memory.namespace, 'read')
  if (!('event' in origin)) return
  const { storage, guard } = context
  const { caller } = guard
  const owner = isRoot(caller) ? undefined : { app: caller.app ?? '', user: caller.user ?? '' }
  const { session: id, eventId } = origin.event
  if (await storage.sessions.event({ id, owner, eventId })) return
  throw new CairnError('not_found', `There is no event ${eventId} in a session ${id}.`, {
    hint: 'Look for it with sessions.events().',
  })
}
