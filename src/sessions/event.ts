import { z } from 'zod'
import { decodeJsonObject, type JsonObject } from '../json.js'
import { plainObject } from '../parse.js'
import { toIso } from '../time.js'

export const eventTypes = ['message', 'action', 'tool_call', 'reflection', 'state_change'] as const

/** message: what was said; action and tool_call: what was done; reflection: what was thought; state_change: state that was set. */
export type EventType = (typeof eventTypes)[number]

const time = z.union([z.date(), z.string(), z.number()])

export const eventInputSchema = z.strictObject({
  eventId: z.string().optional(),
  type: z.enum(eventTypes),
  actor: z.string(),
  content: plainObject,
  timestamp: time.optional(),
  stateDelta: plainObject.optional(),
  isFinalResponse: z.boolean().optional(),
})

/**
 * A step to append. `actor` is user, agent, system or tool, optionally with a name: `user:alice`. `eventId` makes a
 * retry safe: the same id is stored once. `stateDelta` changes state in the same transaction; null removes a key.
 */
export type EventInput = z.input<typeof eventInputSchema>

/** One append-only step of a session. `timestamp` is the caller's, `recordedAt` ours; both ISO 8601 in UTC. */
export interface SessionEvent {
  eventId: string
  seq: number
  type: EventType
  actor: string
  timestamp: string
  recordedAt: string
  content: JsonObject
  stateDelta?: JsonObject
  isFinalResponse?: true
}

/** `duplicate` says that an event with this id was there already, and `event` is that one. */
export interface AppendResult {
  event: SessionEvent
  duplicate: boolean
}

/** An event as a store holds it: JSON as text, times in milliseconds since the epoch. */
export interface EventRow {
  eventId: string
  seq: number
  type: EventType
  actor: string
  timestamp: number
  recordedAt: number
  content: string
  stateDelta: string | null
  isFinal: 0 | 1
}

export function toEvent(row: EventRow): SessionEvent {
  const event: SessionEvent = {
    eventId: row.eventId,
    seq: row.seq,
    type: row.type,
    actor: row.actor,
    timestamp: toIso(row.timestamp),
    recordedAt: toIso(row.recordedAt),
    content: decodeJsonObject(row.content),
  }
  if (row.stateDelta !== null) event.stateDelta = decodeJsonObject(row.stateDelta)
  if (row.isFinal === 1) event.isFinalResponse = true
  return event
}

export const actorKinds = ['user', 'agent', 'system', 'tool'] as const
const actorPattern = new RegExp(`^(${actorKinds.join('|')})(:.+)?$`, 'su')

export function isActor(actor: string): boolean {
  return actorPattern.test(actor)
}

/** The name in an actor, which is what search shows and weighs as the speaker: `user:alice` → alice. */
export function actorName(actor: string): string {
  const colon = actor.indexOf(':')
  return colon === -1 ? actor : actor.slice(colon + 1)
}
