import { contains, disjoint } from './namespace.js'
import { type Caller, isRoot, type Right } from './principal.js'

/** Who owns a session: an app and, in it, a user. */
export interface Owner {
  app: string
  user: string
}

/**
 * Deny by default. A user reads and writes user:<user> and below, a session session:<session>; app:<app> and
 * project:<project> are read, and written only by grant.
 */
export function may(caller: Caller, right: Right, namespace: string): boolean {
  if (isRoot(caller)) return true
  return allowed(caller, right).some((outer) => contains(outer, namespace))
}

/** The namespaces that a caller may read, without overlaps and in store order; undefined means all. */
export function readable(caller: Caller): string[] | undefined {
  return isRoot(caller) ? undefined : disjoint(allowed(caller, 'read'))
}

/** Sessions, their events and their state belong to (app, user). */
export function ownsSession(caller: Caller, owner: Owner): boolean {
  return isRoot(caller) || (caller.app === owner.app && caller.user === owner.user)
}

function allowed(caller: Exclude<Caller, { root: true }>, right: Right): string[] {
  const grants = caller.grants ?? []
  const namespaces: string[] = []
  if (caller.user !== undefined) namespaces.push(`user:${caller.user}`)
  if (caller.session !== undefined) namespaces.push(`session:${caller.session}`)
  for (const field of ['app', 'project'] as const) {
    if (caller[field] === undefined) continue
    if (right === 'read' || grants.includes(`${field}:write`)) namespaces.push(`${field}:${caller[field]}`)
  }
  for (const grant of grants) {
    if (typeof grant !== 'string' && grant.rights.includes(right)) namespaces.push(grant.namespace)
  }
  return namespaces
}
