import type { AuditQuery } from '../audit-store.js'
import type { MemoryQuery } from '../memory-store.js'
import type { EventQuery, SessionQuery } from '../session-store.js'

// Reads that look at what they return and little else run on the calling thread, in microseconds. A read that filters
// along the way may look at a whole table for a page that stays empty, and belongs into a reader thread.

/** A page in key order without filters. */
export function isShortMemoryList({ order, type, createdBy, metadata, deleted, moment }: MemoryQuery): boolean {
  return order === 'key' && !type && !createdBy && !metadata && !deleted && !moment
}

export function areShortEvents({ type }: EventQuery): boolean {
  return type === undefined
}

/** A page along one index: of all, of a project, of a user with or without an app, of the active, of a user's active. */
export function isShortSessionList({ app, user, project, status, active }: SessionQuery): boolean {
  if (status !== undefined) return false
  if (project !== undefined) return user === undefined && app === undefined && !active
  return app === undefined || (user !== undefined && !active)
}

/** A page along one index: of all, of one memory, session, task or agent, of an operation on a kind of subject. */
export function isShortAuditList(query: AuditQuery): boolean {
  const { limit: _, since: __, before: ___, ...filters } = query
  const set = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const [only = ''] = set
  if (set.length < 2) return set.length === 0 || ['entry', 'session', 'task', 'agent'].includes(only)
  return set.length === 2 && set.includes('subject') && set.includes('operation')
}
