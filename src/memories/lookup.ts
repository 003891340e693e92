import { z } from 'zod'
import { parseName, parseNamespace, parseSegment } from '../access/namespace.js'
import { isRoot } from '../access/principal.js'
import { CairnError, invalidInput } from '../errors.js'
import { parse } from '../parse.js'
import { type StateScope, storedScopes } from '../sessions/state.js'
import { type Memory, toMemory } from './memory.js'
import { demandRead, type MemoryContext } from './memory-context.js'

export const lookupOptionsSchema = z.strictObject({ session: z.string().optional(), within: z.string().optional() })

/** `session` is the one whose memories come first; `within` is the part of the namespaces after their owner: preferences. */
export type LookupOptions = z.input<typeof lookupOptionsSchema>

/** What is there under a key, the scope that it is from, and what it hides in wider scopes. */
export interface FoundMemory {
  memory: Memory
  scope: StateScope
  shadowed: { scope: StateScope; memory: Memory }[]
}

type Owners = Partial<Record<StateScope, string | null>>

export async function lookup(context: MemoryContext, key: string, options: LookupOptions): Promise<FoundMemory | null> {
  const name = parseName(key, 'The key')
  const { session, within } = parse(lookupOptionsSchema, options, 'lookup')
  const id = session === undefined ? undefined : parseSegment(session, 'The session id')
  if (id !== undefined) await demandRead(context, `session:${id}`, 'read')
  const owners = await ownersFor(context, id)
  const found: FoundMemory['shadowed'] = []
  for (const scope of storedScopes) {
    const owner = owners[scope]
    if (owner === undefined || owner === null) continue
    const namespace = parseNamespace(within === undefined ? `${scope}:${owner}` : `${scope}:${owner}:${within}`)
    const row = await context.storage.memories.get({ namespace, key: name, now: context.guard.now() })
    if (row !== undefined) found.push({ scope, memory: toMemory(row) })
  }
  const [first, ...shadowed] = found
  const where = first && { namespace: first.memory.namespace, version: first.memory.version }
  await context.guard.noteRead({ subject: 'memory', operation: 'read', key: name, ...where }, () => ({ ...options }))
  return first === undefined ? null : { ...first, shadowed }
}

/** Those that the handle is for; for the root handle, those that a session belongs to. */
async function ownersFor({ guard, storage }: MemoryContext, session: string | undefined): Promise<Owners> {
  const { caller } = guard
  if (!isRoot(caller)) {
    const { user, app, project } = caller
    return { session: session ?? caller.session, user, app, project } as Owners
  }
  if (session === undefined) {
    throw invalidInput('Whose? This handle is nobody in particular.', 'Use cairn.as({ app, user }), or name a session.')
  }
  const row = await storage.sessions.get({ id: session, owner: undefined })
  if (row === undefined) {
    throw new CairnError('not_found', `There is no session ${session}.`, { hint: 'Look for it with sessions.list().' })
  }
  return { session, user: row.user, app: row.app, project: row.project }
}
