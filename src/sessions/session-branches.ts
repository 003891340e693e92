import type { Guard } from '../access/guard.js'
import { parseId, parseSegment } from '../access/namespace.js'
import { encodeJsonObject } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { Storage } from '../storage/storage.js'
import {
  type ChildrenQuery,
  childrenQuerySchema,
  digestOf,
  type ForkOptions,
  forkOptionsSchema,
  type HistoryChange,
  parseHistoryChange,
  type RewindOptions,
  rewindOptionsSchema,
} from './branch-inputs.js'
import { type SessionEvent, toEvent } from './event.js'
import { type Session, toSession } from './session.js'
import type { SessionAccess } from './session-access.js'
import { parseNewEvent } from './session-inputs.js'

/** The session as it goes on, and the one that has what was; null when there was nothing to take back. */
export interface RewoundSession {
  session: Session
  branch: Session | null
}

/**
 * The events that were appended; `duplicate` when the operation had been applied before, and then those that are still
 * there. `branch` is the id of the session that has what was replaced, null when nothing was.
 */
export interface AppliedHistory {
  events: SessionEvent[]
  duplicate: boolean
  branch: string | null
}

/**
 * All sessions that share history with one: first the one that all come from, and each before its forks. `depth` counts
 * the forks from there. `complete` is false when there are more than 1,000.
 */
export interface SessionTree {
  sessions: (Session & { depth: number })[]
  complete: boolean
}

/** What the functions here work with: the parts of a `SessionService`. */
export interface BranchContext {
  storage: Storage
  guard: Guard
  access: SessionAccess
  newId: () => string
  valueBytes: number
}

export async function fork(context: BranchContext, id: string, options: ForkOptions): Promise<Session> {
  const { storage, guard, access } = context
  const { atSeq, id: named, metadata } = parse(forkOptionsSchema, options, 'fork')
  const newId = branchId(context, named)
  const address = access.address(id)
  const forked = storage.sessions.fork({
    ...address,
    newId,
    ...(atSeq !== undefined && { atSeq }),
    ...(metadata && { metadata: encodeJsonObject(metadata, 'metadata', context.valueBytes) }),
    author: guard.author(),
  })
  return toSession(await access.answerTo(forked, address, 'create'))
}

export async function rewind(context: BranchContext, id: string, options: RewindOptions): Promise<RewoundSession> {
  const { storage, guard, access } = context
  const { toSeq, branchId: named, expectedSeq } = parse(rewindOptionsSchema, options, 'rewind')
  const address = access.address(id)
  const newId = branchId(context, named)
  const rewound = storage.sessions.rewind({
    ...address,
    toSeq,
    branchId: newId,
    ...(expectedSeq !== undefined && { expectedSeq }),
    author: guard.author(),
  })
  const { session, branch } = await access.answerTo(rewound, address, 'rollback')
  return { session: toSession(session), branch: branch && toSession(branch) }
}

export async function applyHistory(
  context: BranchContext,
  id: string,
  operationId: string,
  change: HistoryChange,
): Promise<AppliedHistory> {
  const { storage, guard, access, valueBytes, newId } = context
  const operation = parseId(operationId, 'The operation id')
  const { expected, events: inputs } = parseHistoryChange(change)
  const address = access.address(id)
  const events = inputs.map((event) => parseNewEvent(event, valueBytes, newId))
  const applying = storage.sessions.applyHistory({
    ...address,
    operationId: operation,
    digest: digestOf(expected, inputs, events),
    expected,
    events,
    branchId: newId(),
    ...access.rights,
    author: guard.author(),
  })
  const applied = await access.answerTo(applying, address, 'append')
  return { ...applied, events: applied.events.map(toEvent) }
}

export async function children(context: BranchContext, id: string, query: ChildrenQuery): Promise<Page<Session>> {
  const { storage, guard, access } = context
  const { limit = 50, cursor } = parse(childrenQuerySchema, query, 'children')
  const address = access.address(id)
  const after = cursor === undefined ? undefined : (decodeCursor(cursor, ['number', 'string']) as [number, string])
  const rows = await storage.sessions.children({ ...address, limit: limit + 1, ...(after && { after }) })
  if (rows === undefined) throw await access.notFound(address, 'read')
  await guard.noteRead({ subject: 'session', operation: 'list', session: address.id })
  return toPage(rows, limit, toSession, (row) => [row.createdAt, row.id])
}

const largestTree = 1000

export async function tree({ storage, guard, access }: BranchContext, id: string): Promise<SessionTree> {
  const address = access.address(id)
  const rows = await storage.sessions.tree({ ...address, limit: largestTree + 1 })
  if (rows === undefined) throw await access.notFound(address, 'read')
  await guard.noteRead({ subject: 'session', operation: 'list', session: address.id })
  const depths = new Map<string, number>()
  const sessions = rows.slice(0, largestTree).map((row) => {
    const depth = row.parent === null ? 0 : (depths.get(row.parent) ?? -1) + 1
    depths.set(row.id, depth)
    return { ...toSession(row), depth }
  })
  return { sessions, complete: rows.length <= largestTree }
}

function branchId({ newId }: BranchContext, named: string | undefined): string {
  return named === undefined ? newId() : parseSegment(named, 'The session id')
}
