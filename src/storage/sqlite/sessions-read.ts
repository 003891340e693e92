import type { Database } from 'better-sqlite3'
import type { EventRow } from '../../sessions/event.js'
import type { SessionRow } from '../../sessions/session.js'
import { ownersOf, type StateRow, type StateScope } from '../../sessions/state.js'
import type { EventQuery, SessionAddress, SessionQuery } from '../session-store.js'
import { lineageOf, type Stretch } from './session-lineage.js'
import { eventColumns, findSession, sessionColumns } from './session-rows.js'
import { stateOf, stateValue } from './state-rows.js'
import { all, sqlFamily } from './statements.js'

const max = Number.MAX_SAFE_INTEGER
const lastText = '\u{10ffff}'

const leading = {
  'created any': '',
  'created user': 'user_id = :user and ',
  'created app+user': 'app_id = :app and user_id = :user and ',
  'created project': 'project_id = :project and ',
  'active any': `status in ('active', 'paused') and `,
  'active user': `status in ('active', 'paused') and user_id = :user and `,
}
type Leading = keyof typeof leading

const indexes: Record<Leading, string> = {
  'created any': 'sessions_by_created',
  'created user': 'sessions_by_user',
  'created app+user': 'sessions_by_owner',
  'created project': 'sessions_by_project',
  'active any': 'sessions_active',
  'active user': 'sessions_active_by_user',
}

/**
 * Each shape names the columns that lead an index; every other filter is checked on the rows, hence the unary plus. It
 * names the index too: where apps are few, a planner with statistics would skip through sessions_by_owner and sort.
 */
const list = sqlFamily('sessions.list', Object.keys(leading) as Leading[], (shape) => {
  const time = shape.startsWith('active') ? 'updated_at' : 'created_at'
  return `select ${sessionColumns}
   from sessions indexed by ${indexes[shape]}
   where ${leading[shape]}(${time}, id) < (:beforeTime, :beforeId)
     and (:status is null or +status = :status)
     and (:app is null or +app_id = :app)
     and (:user is null or +user_id = :user)
     and (:project is null or +project_id = :project)
   order by ${time} desc, id desc
   limit :limit`
})

export function getSession(db: Database, address: SessionAddress): SessionRow | undefined {
  return findSession(db, address)
}

export function listSessions(db: Database, query: SessionQuery): SessionRow[] {
  const [beforeTime, beforeId] = query.before ?? [max, lastText]
  return all<SessionRow>(db, list[leadingFilter(query)], {
    app: query.app ?? null,
    user: query.user ?? null,
    project: query.project ?? null,
    status: query.status ?? null,
    beforeTime,
    beforeId,
    limit: query.limit,
  })
}

function leadingFilter({ active, app, user, project }: SessionQuery): Leading {
  if (active) return user === undefined ? 'active any' : 'active user'
  if (user !== undefined) return app === undefined ? 'created user' : 'created app+user'
  return project === undefined ? 'created any' : 'created project'
}

const events = sqlFamily(
  'events.list',
  ['asc', 'desc'] as const,
  (order) => `select ${eventColumns}
   from session_events e
   where e.session_id = :session and e.seq > :after and e.seq < :before and (:type is null or e.type = :type)
   order by e.seq ${order}
   limit :limit`,
)

export function listEvents(db: Database, query: SessionAddress & EventQuery): EventRow[] | undefined {
  const session = findSession(db, query)
  return session && eventsOf(db, session, query)
}

/** Events of the whole history of a session, whichever of its ancestors hold them. */
export function eventsOf(db: Database, session: SessionRow, query: EventQuery): EventRow[] {
  const { order, limit, type = null } = query
  const stretches = session.parent === null ? [wholeOf(session)] : lineageOf(db, session)
  if (order === 'desc') stretches.reverse()
  let found: EventRow[] = []
  for (const stretch of stretches) {
    if (found.length >= limit) break
    const after = Math.max(query.after, stretch.after)
    const before = Math.min(query.before, stretch.upTo + 1)
    if (before - after < 2) continue
    const rows = all<EventRow>(db, events[order], {
      ...{ session: stretch.session, after, before, type },
      limit: limit - found.length,
    })
    found = found.length === 0 ? rows : found.concat(rows)
  }
  return found
}

function wholeOf({ id, lastSeq }: SessionRow): Stretch {
  return { session: id, after: 0, upTo: lastSeq }
}

export function readState(
  db: Database,
  query: SessionAddress & { scopes: StateScope[]; key?: string },
): StateRow[] | undefined {
  const session = findSession(db, query)
  if (session === undefined) return undefined
  const owners = ownersOf(session)
  return query.scopes.flatMap((scope) => {
    const owner = owners[scope]
    if (owner === null) return []
    if (query.key === undefined) return stateOf(db, scope, owner)
    return stateValue(db, { scope, owner, key: query.key }) ?? []
  })
}
