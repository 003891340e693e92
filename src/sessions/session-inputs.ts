import { z } from 'zod'
import { parseId } from '../access/namespace.js'
import { invalidInput } from '../errors.js'
import { decodeJson, encodeJson, encodeJsonObject, type Json } from '../json.js'
import { parse, plainObject } from '../parse.js'
import type { NewEvent } from '../storage/session-store.js'
import { toMillis } from '../time.js'
import { eventInputSchema, eventTypes, isActor } from './event.js'
import { sessionStatusSchema } from './lifecycle.js'
import { formatStateKey, parseStateKey } from './state.js'

const limit = z.number().int().min(1).max(1000)

export const newSessionSchema = z.strictObject({
  id: z.string().optional(),
  app: z.string().optional(),
  user: z.string().optional(),
  project: z.string().optional(),
  metadata: plainObject.optional(),
  state: plainObject.optional(),
})

/** A session to create. `app`, `user` and `project` come from the handle; root must name app and user. */
export type NewSessionInput = z.input<typeof newSessionSchema>

export const sessionListSchema = z.strictObject({
  app: z.string().optional(),
  user: z.string().optional(),
  project: z.string().optional(),
  status: sessionStatusSchema.optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/**
 * Filters, which must all hold. A handle lists the sessions of its own `app` and `user`; others are `forbidden`. `limit`
 * is 50 by default, at most 1,000; `cursor` is the `next` of the page before.
 */
export type SessionListQuery = z.input<typeof sessionListSchema>

export const eventListSchema = z.strictObject({
  order: z.enum(['asc', 'desc']).optional(),
  afterSeq: z.number().int().min(0).optional(),
  beforeSeq: z.number().int().min(1).optional(),
  type: z.enum(eventTypes).optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/** Which events, in which direction. Sequence numbers are exclusive bounds. */
export type EventListQuery = z.input<typeof eventListSchema>

export const appendOptionsSchema = z.strictObject({ expectedSeq: z.number().int().min(0).optional() })

/** `expectedSeq`: the sequence number that must be the last one, for compare-and-swap. */
export type AppendOptions = z.input<typeof appendOptionsSchema>

export const setStateOptionsSchema = appendOptionsSchema.extend({
  eventId: z.string().optional(),
  actor: z.string().optional(),
})

/** As for an event: `eventId` makes a retry safe; `actor` is `system` if left out; `expectedSeq` is compare-and-swap. */
export type SetStateOptions = z.input<typeof setStateOptionsSchema>

/** A checked event. `temp:` keys live for the turn only and are left out of what is stored. */
export function parseNewEvent(input: unknown, valueBytes: number, newId: () => string): NewEvent {
  const parsed = parse(eventInputSchema, input, 'The event')
  if (!isActor(parsed.actor)) {
    throw invalidInput(
      `'${parsed.actor}' is not an actor.`,
      'Actors are user, agent, system or tool, optionally with a name: user:alice.',
    )
  }
  const event: NewEvent = {
    eventId: parsed.eventId === undefined ? newId() : parseId(parsed.eventId, 'The eventId'),
    type: parsed.type,
    actor: parseId(parsed.actor, 'The actor'),
    content: encodeJsonObject(parsed.content, 'content', valueBytes),
    ...parseDelta(parsed.stateDelta, valueBytes),
    isFinal: parsed.isFinalResponse === true ? 1 : 0,
  }
  if (parsed.timestamp !== undefined) event.timestamp = toMillis(parsed.timestamp, 'timestamp')
  return event
}

/** Splits a delta by scope. One key at fault refuses the whole; whose keys they are, the store sees at the session. */
export function parseDelta(
  delta: Record<string, unknown> | undefined,
  valueBytes: number,
): Pick<NewEvent, 'changes' | 'stateDelta'> {
  const changes: NewEvent['changes'] = []
  const stored: [key: string, value: Json][] = []
  for (const [name, value] of Object.entries(delta ?? {})) {
    const { scope, key, owner } = parseStateKey(name)
    if (scope === 'temp') continue
    const text = encodeJson(value, `stateDelta.${name}`, valueBytes)
    changes.push({ scope, key, ...(owner !== undefined && { owner }), ...(value !== null && { value: text }) })
    stored.push([formatStateKey(scope, key), decodeJson(text)])
  }
  const whole = encodeJson(Object.fromEntries(stored), 'stateDelta', valueBytes)
  return { changes, stateDelta: changes.length === 0 ? null : whole }
}

/** Without the fields that are undefined, which exact optional types tell from absent ones. */
export function defined<T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
