import type { Json, JsonObject } from '../../json.js'
import { type EventType, eventTypes, isActor } from '../../sessions/event.js'
import { type SessionStatus, sessionStatuses } from '../../sessions/lifecycle.js'
import type { ForeignRow } from '../../storage/foreign-database.js'
import { toIso } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { type AbathurContext, jsonOf, objectOf, rowsOf, timeOf } from './abathur-rows.js'
import { type PlacedValue, placeState, toDelta } from './abathur-state.js'
import { actorOf } from './actors.js'
import { cleanObject, isObject, textIn, without, withoutEmpty } from './clean-json.js'
import { conversationRecords, type ForeignMessage } from './conversation.js'
import { readTime } from './foreign-time.js'
import { stableId, toId, toSegment } from './names.js'
import { ReportBuilder } from './report.js'

/** The last value of each key of state that sessions share, by scope, owner and key. */
type Winners = Map<string, { value: string; time: number; session: string }>

/** Sessions with the events of their JSON arrays and their state. */
export function* sessionRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const winners: Winners = new Map()
  for (const row of rowsOf(context, 'sessions')) compete(winners, row, context)
  for (const row of rowsOf(context, 'sessions')) yield* recordsOf(row, winners, context)
}

/** Whose a session is; remembered for what names it. */
function ownersOf(row: ForeignRow, { options, sessions }: AbathurContext) {
  const id = textIn(row.id) ?? stableId('abathur session', JSON.stringify(row))
  const app = toSegment(textIn(row.app_name) ?? options.app)
  const user = toSegment(textIn(row.user_id) ?? options.user)
  const named = textIn(row.project_id)
  const project = named === undefined ? options.project : toSegment(named)
  sessions.set(id, { app, user, project })
  return { session: toSegment(id), app, user, project: project ?? null }
}

function stateOf(row: ForeignRow, context: AbathurContext, report = context.report): PlacedValue[] {
  return placeState(objectOf(row.state, 'state', report, String(row.id)), ownersOf(row, context))
}

function compete(winners: Winners, row: ForeignRow, context: AbathurContext): void {
  const time = readTime(row.last_update_time) ?? readTime(row.created_at) ?? 0
  for (const { place, value } of stateOf(row, context, silent)) {
    if (place === undefined || place.scope === 'session') continue
    const name = JSON.stringify([place.scope, place.owner, place.key])
    const before = winners.get(name)
    if (before === undefined || time >= before.time) {
      winners.set(name, { value: JSON.stringify(value), time, session: ownersOf(row, context).session })
    }
  }
}

// The first reading of a session's state reports nothing; the second does.
const silent = new ReportBuilder('abathur')

function* recordsOf(row: ForeignRow, winners: Winners, context: AbathurContext): Generator<InterchangeRecord> {
  const { report, options } = context
  const owners = ownersOf(row, context)
  const example = String(row.id)
  const status = statusOf(row, context)
  const isEnded = status === 'terminated' || status === 'archived'
  const { stored, kept } = divide(stateOf(row, context), { winners, session: owners.session, isEnded })
  for (const { original } of kept)
    report.mapped('state', 'fits no scope here: kept in the metadata of the session', `${example} ${original}`)
  const events = eventsOf(row, owners, context)
  const updatedAt = timeOf(row, ['last_update_time', 'created_at'], context, example)
  const rest = restOfState(events.messages, stored)
  if (Object.keys(rest).length > 0) {
    events.messages.push({ type: 'state_change', actor: 'system', time: updatedAt, content: {}, stateDelta: rest })
  }
  const metadata = {
    ...objectOf(row.metadata, 'metadata', report, example),
    ...withoutEmpty({ state: Object.fromEntries(kept.map(({ original, value }) => [original, value])) }),
    ...withoutEmpty({ events: events.rejected }),
  }
  const nodes = [{ id: 'events', parent: undefined, messages: events.messages }]
  const conversation = {
    ...{ id: owners.session, app: owners.app, user: owners.user, project: owners.project ?? undefined, status, nodes },
    ...{
      metadata: cleanObject(metadata),
      createdAt: timeOf(row, ['created_at', 'last_update_time'], context, example),
    },
    ...{ updatedAt, terminatedAt: readTime(row.terminated_at), archivedAt: readTime(row.archived_at) },
    fallbackTime: context.fallbackTime,
  }
  yield* conversationRecords(conversation, options, report)
  yield* stateRecords(stored, owners.session, updatedAt, context)
}

function statusOf(row: ForeignRow, { report }: AbathurContext): SessionStatus {
  const found = sessionStatuses.find((status) => status === row.status)
  if (found === undefined) report.mapped('status', 'unknown here, kept as active', `${row.id} ${row.status}`)
  return found ?? 'active'
}

/** What is stored as state, and what has no place there; a session that has ended has no state of its own. */
function divide(values: PlacedValue[], about: { winners: Winners; session: string; isEnded: boolean }) {
  const stored: PlacedValue[] = []
  const kept: PlacedValue[] = []
  for (const each of values) (hasPlace(each, about) ? stored : kept).push(each)
  return { stored, kept: kept.filter((each) => !isWinning(each, about.winners)) }
}

function hasPlace(
  { place, value }: PlacedValue,
  { winners, session, isEnded }: { winners: Winners; session: string; isEnded: boolean },
): boolean {
  if (place === undefined || value === null) return false
  if (place.scope === 'session') return !isEnded
  return winners.get(JSON.stringify([place.scope, place.owner, place.key]))?.session === session
}

/** The same value is stored for another session already. */
function isWinning({ place, value }: PlacedValue, winners: Winners): boolean {
  if (place === undefined || place.scope === 'session') return false
  return winners.get(JSON.stringify([place.scope, place.owner, place.key]))?.value === JSON.stringify(value)
}

function eventsOf(
  row: ForeignRow,
  owners: ReturnType<typeof ownersOf>,
  { report }: AbathurContext,
): { messages: ForeignMessage[]; rejected: Json | undefined } {
  const list = jsonOf(row.events, 'events', report, String(row.id))
  if (Array.isArray(list))
    return { messages: list.map((event) => toMessage(event, owners, report)), rejected: undefined }
  if (list !== null) report.mapped('events', 'no list: kept in the metadata of the session', String(row.id))
  return { messages: [], rejected: list }
}

const eventColumns = ['event_id', 'timestamp', 'event_type', 'actor', 'content', 'state_delta', 'is_final_response']

function toMessage(event: Json, owners: ReturnType<typeof ownersOf>, report: AbathurContext['report']): ForeignMessage {
  if (!isObject(event)) {
    report.mapped('events', 'not an object: kept as its member value', owners.session)
    return { type: 'action', actor: 'system', content: cleanObject({ value: event }) }
  }
  const type = eventTypes.find((each) => each === event.event_type)
  if (type === undefined) report.mapped('event type', 'unknown here, kept as action', String(event.event_type))
  const content = { ...cleanObject(event.content), ...withoutEmpty(without(event, ...eventColumns)) }
  const stateDelta = isObject(event.state_delta) ? toDelta(placeState(cleanObject(event.state_delta), owners)) : {}
  return {
    ...withoutEmpty({ id: event.event_id }),
    type: type ?? ('action' satisfies EventType),
    actor: actorIn(event.actor, owners.user),
    time: readTime(event.timestamp),
    content: cleanObject(type === undefined ? { ...content, eventType: event.event_type } : content),
    ...(Object.keys(stateDelta).length > 0 && { stateDelta }),
    final: event.is_final_response === true,
  }
}

function actorIn(actor: unknown, user: string): string {
  if (actor === 'user') return actorOf('user', user)
  if (typeof actor !== 'string' || actor === '') return 'system'
  return isActor(actor) ? toId(actor) : actorOf('agent', actor)
}

/** State that no event brought about, so that the fold of the deltas is the state. */
function restOfState(messages: ForeignMessage[], stored: PlacedValue[]): JsonObject {
  const folded = new Map<string, string>()
  for (const { stateDelta = {} } of messages) {
    for (const [key, value] of Object.entries(stateDelta)) folded.set(key, JSON.stringify(value))
  }
  const wanted = Object.entries(toDelta(stored))
  return Object.fromEntries(wanted.filter(([key, value]) => folded.get(key) !== JSON.stringify(value)))
}

function* stateRecords(
  stored: PlacedValue[],
  session: string,
  updatedAt: number,
  { report }: AbathurContext,
): Generator<InterchangeRecord> {
  for (const { place, value, original } of stored) {
    if (place === undefined) continue
    if (!original.endsWith(place.key)) report.mapped('state', 'its key had a colon', original)
    report.taken('state')
    yield { record: 'state', ...place, value, session, updatedAt: toIso(updatedAt) }
  }
}
