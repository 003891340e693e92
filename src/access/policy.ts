import { CairnError, type Failure } from '../errors.js'
import { contains, disjoint } from './namespace.js'
import { type Caller, type Grant, isRoot, type Principal, type Right } from './principal.js'

/** Who owns a session: an app and, in it, a user. */
export interface Owner {
  app: string
  user: string
}

/** Whose a task or an agent is: an owner's, a project's, both, or nobody's but root's. */
export interface WorkOwners {
  app: string | null
  user: string | null
  project: string | null
}

/** The tasks and agents of an owner and of some projects; of each, one is enough. */
export interface WorkScope {
  owner: Owner | null
  projects: string[]
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

/** The namespaces that a caller may write, as `readable` gives those that it may read. */
export function writable(caller: Caller): string[] | undefined {
  return isRoot(caller) ? undefined : disjoint(allowed(caller, 'write'))
}

/** Whether a namespace is in a list of that kind. */
export function isAmong(namespaces: string[] | undefined, namespace: string): boolean {
  return namespaces === undefined || namespaces.some((outer) => contains(outer, namespace))
}

/** How a lack of rights is told, wherever it is found. */
export function forbidden(actor: string, right: Right, namespace: string): Failure {
  return {
    code: 'forbidden',
    message: `${actor} may not ${right} ${namespace}.`,
    hint: 'Ask whoever opened the store for a handle with that right: cairn.as({ …, grants: […] }).',
    details: { right, namespace },
  }
}

/** The namespaces that a caller may both read and write, without overlaps and in store order; undefined means all. */
export function changeable(caller: Caller): string[] | undefined {
  if (isRoot(caller)) return undefined
  const candidates = [...allowed(caller, 'read'), ...allowed(caller, 'write')]
  return disjoint(candidates.filter((namespace) => may(caller, 'read', namespace) && may(caller, 'write', namespace)))
}

/** Sessions, their events and their state belong to (app, user). */
export function ownsSession(caller: Caller, owner: Owner): boolean {
  return isRoot(caller) || (caller.app === owner.app && caller.user === owner.user)
}

/**
 * The tasks and agents that a caller may see, or with `write` work on and change: those of its (app, user), and those of
 * projects that it may read, or both read and write, since working on something shows it. Undefined means all.
 */
export function workScope(caller: Caller, right: Right): WorkScope | undefined {
  if (isRoot(caller)) return undefined
  const { app, user } = caller
  const named = allowed(caller, right).filter((namespace) => /^project:[^:]+$/.test(namespace))
  const projects = named.filter((namespace) => may(caller, 'read', namespace))
  return {
    owner: app === undefined || user === undefined ? null : { app, user },
    projects: [...new Set(projects.map((namespace) => namespace.slice('project:'.length)))],
  }
}

/** Whether a task or an agent lies in a scope. */
export function inScope({ app, user, project }: WorkOwners, scope: WorkScope | undefined): boolean {
  if (scope === undefined) return true
  const { owner, projects } = scope
  if (owner !== null && owner.app === app && owner.user === user) return true
  return project !== null && projects.includes(project)
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

/**
 * The principal of a narrower handle. A field that is named must be what the handle has already; what is left out is
 * given up. Only `agent` may be added where there was none, since it gives no right.
 */
export function narrow(current: Caller, next: Principal): Principal {
  if (isRoot(current)) return next
  for (const field of ['app', 'user', 'project', 'session', 'agent'] as const) {
    const addsAgent = field === 'agent' && current.agent === undefined
    if (next[field] !== undefined && next[field] !== current[field] && !addsAgent) {
      throw widened(`${field} '${next[field]}'`)
    }
  }
  for (const grant of next.grants ?? []) {
    if (!holds(current, grant)) throw widened(`the grant ${JSON.stringify(grant)}`)
  }
  const agent = next.agent ?? current.agent
  return agent === undefined ? next : { ...next, agent }
}

/** A part of what somebody may by being someone, such as user:alice:work for alice, can be handed on as well. */
function holds(current: Principal, grant: Grant): boolean {
  if (typeof grant === 'string') return current.grants?.includes(grant) === true
  return grant.rights.every((right) => may(current, right, grant.namespace))
}

function widened(what: string): CairnError {
  return new CairnError('forbidden', `This handle does not have ${what}, so as() cannot give it.`, {
    hint: 'as() only narrows: ask the handle that openCairn() returned.',
  })
}
