import type { Json, JsonObject } from '../../json.js'
import { formatStateKey, type ScopeOwners, type StateScope, storedScopes } from '../../sessions/state.js'
import { toSegment } from './names.js'

/** Where a value of a session's state belongs. */
export interface PlacedValue {
  /** Its key there. */
  original: string
  value: Json
  /** Undefined when it fits nowhere: temp, or of a project that the session has not. */
  place: { scope: StateScope; owner: string; key: string } | undefined
}

/**
 * The state of a session by scope. Keys are written `theme`, `session:<id>:theme`, `user:theme` or `user:<id>:theme`;
 * what is left of a key has no colon here.
 */
export function placeState(state: JsonObject, owners: ScopeOwners): PlacedValue[] {
  return Object.entries(state).map(([original, value]) => ({ original, value, place: placeOf(original, owners) }))
}

function placeOf(original: string, owners: ScopeOwners): PlacedValue['place'] {
  const [prefix = '', ...rest] = original.split(':')
  if (prefix === 'temp') return undefined
  const scope = storedScopes.find((each) => each === prefix && rest.length > 0)
  if (scope === undefined) return { scope: 'session', owner: owners.session, key: toSegment(original) }
  const owner = owners[scope]
  if (owner === null) return undefined
  const parts = rest.length > 1 && rest[0] === owner ? rest.slice(1) : rest
  return { scope, owner, key: toSegment(parts.join(':')) }
}

/** The part of a delta that an event can hold: null takes a value away. */
export function toDelta(values: PlacedValue[]): JsonObject {
  return Object.fromEntries(
    values.flatMap(({ place, value }) =>
      place === undefined ? [] : [[formatStateKey(place.scope, place.key), value]],
    ),
  )
}
