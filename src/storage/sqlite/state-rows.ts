import type { Database } from 'better-sqlite3'
import type { SessionRow } from '../../sessions/session.js'
import { ownersOf, type StateRow, type StateScope } from '../../sessions/state.js'
import type { NewEvent } from '../session-store.js'
import { all, get, run, sql, sqlFamily } from './statements.js'

const values = sqlFamily(
  'state.read',
  ['all', 'one'] as const,
  (shape) => `select scope, owner, key, value
   from state
   where scope = :scope and owner = :owner ${shape === 'one' ? 'and key = :key' : ''}
   order by key`,
)

const set = sql(
  'state.set',
  `insert into state (scope, owner, key, value, session_id, updated_at)
   values (:scope, :owner, :key, :value, :session, :now)
   on conflict (scope, owner, key)
   do update set value = excluded.value, session_id = excluded.session_id, updated_at = excluded.updated_at`,
)

const remove = sql(
  'state.remove',
  `delete from state
   where scope = :scope and owner = :owner and key = :key`,
)

// The owner is asked for as well: the name of a session says nothing about whose the values are.
const setHere = sql(
  'state.setBySession',
  `select scope, owner, key, value
   from state indexed by state_by_session
   where session_id = :session and scope = :scope and owner = :owner
   order by key`,
)

const clearOwn = sql(
  'state.clearOwn',
  `delete from state
   where scope = 'session' and owner = :session`,
)

const forget = sql(
  'state.forgetSession',
  `update state
   set session_id = null
   where session_id = :session`,
)

/** Where one value of state is. */
export type StateAddress = Omit<StateRow, 'value'>

export function stateOf(db: Database, scope: StateScope, owner: string): StateRow[] {
  return all<StateRow>(db, values.all, { scope, owner })
}

export function stateValue(db: Database, { scope, owner, key }: StateAddress): StateRow | undefined {
  return get<StateRow>(db, values.one, { scope, owner, key })
}

/** What a session has set of one owner's, and nobody else since. */
export function stateSetBy(db: Database, session: string, scope: StateScope, owner: string): StateRow[] {
  return all<StateRow>(db, setHere, { session, scope, owner })
}

/** The changes of an event, of which none is refused. */
export function changeState(db: Database, session: SessionRow, changes: NewEvent['changes'], now: number): void {
  const owners = ownersOf(session)
  for (const { scope, key, value } of changes) {
    const owner = owners[scope]
    if (value === undefined) run(db, remove, { scope, owner, key })
    else run(db, set, { scope, owner, key, value, session: session.id, now })
  }
}

export function clearOwnState(db: Database, session: string): void {
  run(db, clearOwn, { session })
}

/** Of a session that goes: its own state with it, and what it set for others is not its any more, whoever takes its id. */
export function forgetSession(db: Database, session: string): void {
  clearOwnState(db, session)
  run(db, forget, { session })
}
