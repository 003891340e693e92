import { parseName } from '../access/namespace.js'
import { invalidInput } from '../errors.js'
import { decodeJson, type Json, type JsonObject } from '../json.js'

/** Where a value lives. Read precedence is in this order; temp, which is before all, is never stored. */
export const storedScopes = ['session', 'user', 'app', 'project'] as const

/** Whose a value of state is: the session's alone, or shared by all sessions of its user, app or project. */
export type StateScope = (typeof storedScopes)[number]

/** One value of state: its scope, the owner of that scope (a session, user, app or project id), key and JSON text. */
export interface StateRow {
  scope: StateScope
  owner: string
  key: string
  value: string
}

export interface StateKey {
  scope: StateScope | 'temp'
  key: string
  /** Whether the scope was named, rather than left to the read precedence. */
  explicit: boolean
  /** Whose it is, where the key says so: alice in `user:alice:theme`. */
  owner?: string
}

/** Who owns each scope as seen from one session. */
export interface ScopeOwners {
  session: string
  user: string
  app: string
  project: string | null
}

export function ownersOf({ id, ...owners }: Omit<ScopeOwners, 'session'> & { id: string }): ScopeOwners {
  return { session: id, user: owners.user, app: owners.app, project: owners.project }
}

/**
 * `theme` and `session:theme` are the session's, `user:theme` the user's, `app:…` and `project:…` shared ones. The long
 * form `user:alice:theme` is of a session only if alice is that session's own user, which `foreignKey` tells.
 */
export function parseStateKey(input: unknown): StateKey {
  const name = parseName(input, 'The state key')
  const [prefix = '', ...rest] = name.split(':')
  if (rest.length === 0) return { scope: 'session', key: name, explicit: false }
  if (prefix !== 'temp' && !isStoredScope(prefix)) {
    throw invalidInput(
      `State key ${name} has an unknown scope '${prefix}'.`,
      "Scopes are temp, session, user, app and project; a key without a colon is the session's.",
    )
  }
  if (rest.includes('')) throw invalidInput(`State key ${name} has an empty part.`)
  const [first = '', second] = rest
  if (second === undefined) return { scope: prefix, key: first, explicit: true }
  if (prefix === 'temp' || rest.length > 2) {
    const most = prefix === 'temp' ? 'two' : 'three'
    throw invalidInput(`State key ${name} has more parts than ${most}.`, shortForm(prefix, rest.at(-1) ?? ''))
  }
  return { scope: prefix, key: second, explicit: true, owner: first }
}

function shortForm(scope: string, key: string): string {
  return `Write ${scope}:${key}; keys themselves have no colon.`
}

/** What is wrong with a key that names somebody else as its owner than the session that it is used in. */
export function foreignKey({ scope, key, owner }: OwnedKey, owners: ScopeOwners): KeyProblem | undefined {
  if (owner === undefined || owner === owners[scope]) return undefined
  const message = `State key ${scope}:${owner}:${key} names another ${scope} than this session's own.`
  return { message, hint: shortForm(scope, key) }
}

/** What is wrong with a key whose scope nobody owns: only a project may be missing. */
export function ownerlessKey({ scope, key }: OwnedKey, owners: ScopeOwners): KeyProblem | undefined {
  if (owners[scope] !== null) return undefined
  const message = `State key ${scope}:${key}: this session has no ${scope}.`
  return { message, hint: `Name the ${scope} when the session is created.` }
}

interface OwnedKey {
  scope: StateScope
  key: string
  owner?: string
}

interface KeyProblem {
  message: string
  hint: string
}

function isStoredScope(text: string): text is StateScope {
  return (storedScopes as readonly string[]).includes(text)
}

/** How a key is written in a stored delta: bare for the session, prefixed otherwise. */
export function formatStateKey(scope: StateScope, key: string): string {
  return scope === 'session' ? key : `${scope}:${key}`
}

/** The memory namespace where a scope's values are kept when their session ends, and whose policy guards them. */
export function scopeNamespace(scope: StateScope, owner: string): string {
  return `${scope}:${owner}`
}

/** State as one session sees it: `merged` by precedence, and each scope as it is. */
export interface MergedState extends Record<StateScope, JsonObject> {
  merged: JsonObject
}

export function mergeState(rows: StateRow[]): MergedState {
  const state: MergedState = { merged: {}, session: {}, user: {}, app: {}, project: {} }
  for (const scope of [...storedScopes].reverse()) {
    for (const row of rows) {
      if (row.scope !== scope) continue
      const value = decodeJson(row.value)
      define(state[scope], row.key, value)
      define(state.merged, row.key, value)
    }
  }
  return state
}

/** A plain assignment would lose a key named __proto__. */
function define(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
