import type { Guard } from '../access/guard.js'
import { parseName, parseSegment } from '../access/namespace.js'
import type { AuditOperation } from '../audit/audit.js'
import { CairnError, invalidInput } from '../errors.js'
import { decodeJson, encodeJsonObject, type Json } from '../json.js'
import { decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { KeptState, NewEvent, SessionQuery } from '../storage/session-store.js'
import type { Storage } from '../storage/storage.js'
import type { ChildrenQuery, ForkOptions, HistoryChange, RewindOptions } from './branch-inputs.js'
import { type AppendResult, type EventInput, type SessionEvent, toEvent } from './event.js'
import { type SessionStatus, sessionStatusSchema } from './lifecycle.js'
import { type Session, toSession } from './session.js'
import { SessionAccess } from './session-access.js'
import * as branches from './session-branches.js'
import {
  type AppendOptions,
  appendOptionsSchema,
  defined,
  type EventListQuery,
  eventListSchema,
  type NewSessionInput,
  newSessionSchema,
  parseDelta,
  parseNewEvent,
  type SessionListQuery,
  type SetStateOptions,
  sessionListSchema,
  setStateOptionsSchema,
} from './session-inputs.js'
import { foreignKey, type MergedState, mergeState, ownersOf, parseStateKey } from './state.js'

export interface SessionServiceOptions {
  storage: Storage
  guard: Guard
  newId: () => string
  valueBytes: number
}

/** A session that ended, and what of its state was kept as memories. */
export interface TerminatedSession {
  session: Session
  kept: KeptState[]
  /** Memories that were deleted, because the session removed the value that they kept. */
  removed: KeptState[]
}

const max = Number.MAX_SAFE_INTEGER
const defaultLimit = 50

/**
 * Sessions with their events and state. A caller sees the sessions of its (app, user) and no others: to it, another's
 * session does not exist. Methods reject with a `CairnError`: `invalid_input`, `too_large`, `forbidden`, `closed`, and
 * `not_found` for an unknown session; others as named.
 */
export class SessionService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #access: SessionAccess
  readonly #newId: () => string
  readonly #valueBytes: number
  readonly #branches: branches.BranchContext

  constructor({ storage, guard, newId, valueBytes }: SessionServiceOptions) {
    this.#storage = storage
    this.#guard = guard
    this.#access = new SessionAccess(storage, guard)
    this.#newId = newId
    this.#valueBytes = valueBytes
    this.#branches = { storage, guard, access: this.#access, newId, valueBytes }
  }

  /** Creates a session, `created` until its first event. `already_exists` when the id is taken. */
  async create(input: NewSessionInput = {}): Promise<Session> {
    const parsed = parse(newSessionSchema, input, 'The session')
    const id = parsed.id === undefined ? this.#newId() : parseSegment(parsed.id, 'The session id')
    if (!this.#access.mayCreateFor(parsed)) throw await this.#access.foreignOwners()
    const owners = this.#access.ownersFor(parsed)
    const metadata = encodeJsonObject(parsed.metadata ?? {}, 'metadata', this.#valueBytes)
    const delta = parseDelta(parsed.state, this.#valueBytes)
    const initial: NewEvent = {
      ...{ eventId: this.#newId(), type: 'state_change', actor: 'system', content: '{"reason":"initial state"}' },
      ...{ isFinal: 0, ...delta },
    }
    const event = delta.stateDelta === null ? undefined : initial
    const created = this.#storage.sessions.create({
      session: { id, ...owners, metadata },
      ...(event && { event }),
      ...this.#access.rights,
      author: this.#guard.author(),
    })
    return toSession(await this.#access.answerTo(created, this.#access.address(id), 'create'))
  }

  /** The session, or null when there is none of this caller with that id. */
  async get(id: string): Promise<Session | null> {
    const address = this.#access.address(id)
    const row = await this.#storage.sessions.get(address)
    if (row === undefined) await this.#access.noteForeign(address, 'read')
    await this.#noteRead('read', id)
    return row === undefined ? null : toSession(row)
  }

  /** Sessions, newest first. */
  async list(query: SessionListQuery = {}): Promise<Page<Session>> {
    return this.#list(query, false)
  }

  /** Active and paused sessions, last updated first. */
  async listActive(query: Omit<SessionListQuery, 'status'> = {}): Promise<Page<Session>> {
    return this.#list(query, true)
  }

  async #list(query: SessionListQuery, active: boolean): Promise<Page<Session>> {
    const { limit = defaultLimit, cursor, status, ...owners } = parse(sessionListSchema, query, 'list')
    const filter = { status, ...(await this.#access.listFilter(owners)) }
    const stored: SessionQuery = { ...defined(filter), active, limit: limit + 1 }
    if (cursor !== undefined) stored.before = decodeCursor(cursor, ['number', 'string']) as [number, string]
    const rows = await this.#storage.sessions.list(stored)
    await this.#guard.noteRead({ subject: 'session', operation: 'list' }, () => ({ query }))
    return toPage(rows, limit, toSession, (row) => [active ? row.updatedAt : row.createdAt, row.id])
  }

  /**
   * Appends one event and applies its state delta in the same transaction. A retry with the same `eventId` answers with
   * the stored event and `duplicate: true`. `conflict` on a stale `expectedSeq` or an id with other content;
   * `illegal_transition` when the session has ended.
   */
  async appendEvent(id: string, event: EventInput, options: AppendOptions = {}): Promise<AppendResult> {
    const [result] = await this.appendEvents(id, [event], options)
    if (result === undefined) throw new CairnError('internal', 'The store returned nothing for what was appended.')
    return result
  }

  /** Appends all events or none, in order. At most 1,000. */
  async appendEvents(id: string, events: EventInput[], options: AppendOptions = {}): Promise<AppendResult[]> {
    if (!Array.isArray(events) || events.length > 1000)
      throw invalidInput('appendEvents takes a list of at most 1,000 events.', 'Split the list.')
    const { expectedSeq } = parse(appendOptionsSchema, options, 'appendEvents')
    const address = this.#access.address(id)
    const appended = this.#storage.sessions.append({
      ...address,
      events: events.map((event) => parseNewEvent(event, this.#valueBytes, this.#newId)),
      ...(expectedSeq !== undefined && { expectedSeq }),
      ...this.#access.rights,
      author: this.#guard.author(),
    })
    return (await this.#access.answerTo(appended, address, 'append')).map(({ event, duplicate }) => ({
      event: toEvent(event),
      duplicate,
    }))
  }

  /** Events of a session in either direction; oldest first unless `order` is `desc`. */
  async events(id: string, query: EventListQuery = {}): Promise<Page<SessionEvent>> {
    const {
      order = 'asc',
      afterSeq = 0,
      beforeSeq = max,
      type,
      limit = 100,
      cursor,
    } = parse(eventListSchema, query, 'events')
    const address = this.#access.address(id)
    const [seq] = cursor === undefined ? [undefined] : (decodeCursor(cursor, ['number']) as [number])
    const after = order === 'asc' ? (seq ?? afterSeq) : afterSeq
    const before = order === 'desc' ? (seq ?? beforeSeq) : beforeSeq
    const rows = await this.#storage.sessions.events({
      ...address,
      order,
      after,
      before,
      limit: limit + 1,
      ...(type && { type }),
    })
    if (rows === undefined) throw await this.#access.notFound(address, 'read')
    await this.#noteRead('read', id)
    return toPage(rows, limit, toEvent, (row) => [row.seq])
  }

  /** One value of state, or null. A key without a scope is looked up in session, user, app and project, in this order. */
  async getState(id: string, key: string): Promise<Json> {
    const address = this.#access.address(id)
    parseName(key, 'The state key')
    const session = await this.#storage.sessions.get(address)
    if (session === undefined) {
      await this.#access.noteForeign(address, 'read')
      return null
    }
    const { scope, explicit, ...wanted } = parseStateKey(key)
    if (scope === 'temp') return null
    const foreign = foreignKey({ scope, ...wanted }, ownersOf(session))
    if (foreign) throw invalidInput(foreign.message, foreign.hint)
    const scopes = explicit ? [scope] : this.#access.readableScopes(session)
    if (explicit) await this.#access.demandReadable(scope, session)
    const rows = await this.#storage.sessions.state({ ...address, scopes, key: wanted.key })
    await this.#guard.noteRead({ subject: 'state', operation: 'read', session: session.id, key: wanted.key })
    return rows?.[0] === undefined ? null : decodeJson(rows[0].value)
  }

  /** Sets one value through a `state_change` event; null removes the key. `illegal_transition` when the session has ended. */
  async setState(id: string, key: string, value: unknown, options: SetStateOptions = {}): Promise<AppendResult> {
    const { eventId, actor = 'system', ...append } = parse(setStateOptionsSchema, options, 'setState')
    if (parseName(key, 'The state key').startsWith('temp:')) {
      throw invalidInput(
        `${key} would not be stored: temp lives for one turn only.`,
        "Use a key without 'temp:', or pass it in the stateDelta of the turn's event.",
      )
    }
    const event: EventInput = { type: 'state_change', actor, content: {}, stateDelta: { [key]: value } }
    return this.appendEvent(id, eventId === undefined ? event : { ...event, eventId }, append as AppendOptions)
  }

  /** All state that the caller may read from this session: merged by precedence, and scope by scope. */
  async state(id: string): Promise<MergedState> {
    const address = this.#access.address(id)
    const session = await this.#access.find(address, 'read')
    const rows = await this.#storage.sessions.state({ ...address, scopes: this.#access.readableScopes(session) })
    await this.#guard.noteRead({ subject: 'state', operation: 'read', session: session.id })
    return mergeState(rows ?? [])
  }

  /** Moves a session along its lifecycle. `illegal_transition` names what may follow. */
  async updateStatus(id: string, status: SessionStatus): Promise<Session> {
    return (await this.#setStatus(id, status)).session
  }

  /** Ends a session: its own state is cleared, what it set for its user (and by grant for app and project) becomes memories, and what it removed is deleted there. */
  async terminate(id: string): Promise<TerminatedSession> {
    return this.#setStatus(id, 'terminated')
  }

  /** Puts a terminated session away; from then on it is only read. */
  async archive(id: string): Promise<Session> {
    return (await this.#setStatus(id, 'archived')).session
  }

  /**
   * A new session with the history of another and its own state as it was then; from there on each goes its own way. Any
   * status may be forked. `invalid_input` when there is no event `atSeq`; `already_exists`.
   */
  async fork(id: string, options: ForkOptions = {}): Promise<Session> {
    return branches.fork(this.#branches, id, options)
  }

  /**
   * Takes a session back to an event, with its own state as it was then. What it was until now stays, paused, as the
   * session `branch`. `invalid_input`, `already_exists`, `conflict`; `illegal_transition` when it has ended: fork it.
   */
  async rewind(id: string, options: RewindOptions): Promise<branches.RewoundSession> {
    return branches.rewind(this.#branches, id, options)
  }

  /**
   * Appends events or replaces the last ones, once for each operation id: a retry answers as the first time did, other
   * content under the same id is a `conflict`, and so is an end of the history that is not the expected one.
   */
  async applyHistory(id: string, operationId: string, change: HistoryChange): Promise<branches.AppliedHistory> {
    return branches.applyHistory(this.#branches, id, operationId, change)
  }

  /** The forks of a session, oldest first. */
  async children(id: string, query: ChildrenQuery = {}): Promise<Page<Session>> {
    return branches.children(this.#branches, id, query)
  }

  /** All sessions that share history with a session, and which came from which. */
  async tree(id: string): Promise<branches.SessionTree> {
    return branches.tree(this.#branches, id)
  }

  /**
   * Removes a session with its events, its own state, and the memories in `session:<id>` and below; forks keep what they
   * share with it. False when there is none.
   */
  async delete(id: string): Promise<boolean> {
    const address = this.#access.address(id)
    const found = await this.#storage.sessions.delete({ ...address, author: this.#guard.author() })
    if (!found) await this.#access.noteForeign(address, 'delete')
    return found
  }

  async #setStatus(id: string, status: SessionStatus): Promise<TerminatedSession> {
    const to = parse(sessionStatusSchema, status, 'The status')
    const address = this.#access.address(id)
    const changing = this.#storage.sessions.setStatus({
      ...address,
      to,
      ...this.#access.rights,
      chain: this.#newId(),
      author: this.#guard.author(),
    })
    const changed = await this.#access.answerTo(changing, address, to === 'terminated' ? 'terminate' : 'status')
    return { ...changed, session: toSession(changed.session) }
  }

  async #noteRead(operation: AuditOperation, session: string): Promise<void> {
    await this.#guard.noteRead({ subject: 'session', operation, session })
  }
}
