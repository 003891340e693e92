import { z } from 'zod'
import { invalidInput } from '../errors.js'
import { parseId, parseNamespace, parseSegment } from './namespace.js'

const rights = z.enum(['read', 'write'])

/** What a grant allows: reading, or changing, which does not imply reading. */
export type Right = z.infer<typeof rights>

export const grantSchema = z.union([
  z.enum(['app:write', 'project:write']),
  z.strictObject({ namespace: z.string(), rights: z.array(rights).min(1) }),
])

/**
 * A right beyond those that come with being someone: to write the app's or the project's shared memories, or to read
 * or write a namespace and all below it.
 */
export type Grant = z.infer<typeof grantSchema>

export const principalSchema = z.strictObject({
  app: z.string().optional(),
  user: z.string().optional(),
  project: z.string().optional(),
  session: z.string().optional(),
  agent: z.string().optional(),
  grants: z.array(grantSchema).optional(),
})

/** Who asks. Nothing named here, nothing allowed; `agent` names who acts and gives no right. */
export interface Principal {
  app?: string
  user?: string
  project?: string
  session?: string
  agent?: string
  grants?: Grant[]
}

/** The handle that opened the store: all rights. */
export const root = Object.freeze({ root: true as const })
export type Caller = Principal | typeof root

export function isRoot(caller: Caller): caller is typeof root {
  return 'root' in caller
}

/** All that gives a caller rights, as one text: who has the same may do the same. */
export function rightsOf(caller: Caller): string {
  if (isRoot(caller)) return 'root'
  const { app, user, project, session, grants } = caller
  return JSON.stringify({ app, user, project, session, grants })
}

/** Canonical form of a principal, or `invalid_input`. */
export function parsePrincipal(input: unknown): Principal {
  const parsed = principalSchema.safeParse(input)
  if (!parsed.success) {
    throw invalidInput(
      `That is not a principal: ${z.prettifyError(parsed.error)}`,
      'Its fields are app, user, project, session, agent and grants.',
    )
  }
  const principal: Principal = {}
  for (const field of ['app', 'user', 'project', 'session'] as const) {
    const value = parsed.data[field]
    if (value !== undefined) principal[field] = parseSegment(value, `The principal's ${field}`)
  }
  if (parsed.data.agent !== undefined) principal.agent = parseId(parsed.data.agent, "The principal's agent")
  if (parsed.data.grants?.length) principal.grants = parsed.data.grants.map(parseGrant)
  return principal
}

function parseGrant(grant: Grant): Grant {
  if (typeof grant === 'string') return grant
  return { namespace: parseNamespace(grant.namespace), rights: [...new Set(grant.rights)] }
}

/** Who did it, for `createdBy` and the audit trail: `agent:…`, `user:…`, `app:…` or `root`. */
export function actorOf(caller: Caller): string {
  if (isRoot(caller)) return 'root'
  for (const field of ['agent', 'user', 'session', 'app', 'project'] as const) {
    if (caller[field] !== undefined) return `${field}:${caller[field]}`
  }
  return 'nobody'
}
