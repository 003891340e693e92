import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseId } from '../access/namespace.js'
import { canonicalJson } from '../canonical-json.js'
import { invalidInput } from '../errors.js'
import { decodeJson } from '../json.js'
import { parse, plainObject } from '../parse.js'
import type { NewEvent } from '../storage/session-store.js'
import type { EventInput } from './event.js'

const seq = z.number().int().min(0)

export const forkOptionsSchema = z.strictObject({
  atSeq: seq.optional(),
  id: z.string().optional(),
  metadata: plainObject.optional(),
})

/** `atSeq` is the last event to share, by default the last one there is. `metadata` is that of the session if left out. */
export type ForkOptions = z.input<typeof forkOptionsSchema>

export const rewindOptionsSchema = z.strictObject({
  toSeq: seq,
  branchId: z.string().optional(),
  expectedSeq: seq.optional(),
})

/**
 * `toSeq` is the event that becomes the last one, 0 for none; `branchId` the id of the session that what was goes on as;
 * `expectedSeq` the sequence number that must be the last one, for compare-and-swap.
 */
export type RewindOptions = z.input<typeof rewindOptionsSchema>

export const childrenQuerySchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).optional(),
  cursor: z.string().optional(),
})

/** `limit` is 50 by default, at most 1,000; `cursor` is the `next` of the page before. */
export type ChildrenQuery = z.input<typeof childrenQuerySchema>

const most = 1000
const events = z.array(z.unknown()).max(most)

const historyChangeSchema = z.strictObject({
  append: events.min(1).optional(),
  replaceSuffix: z.strictObject({ expected: z.array(z.string()).max(most), with: events }).optional(),
})

/**
 * Either events to append, or the ids of the events that must be exactly the last ones, in their order, and the events
 * that take their place. At most 1,000 of each.
 */
export type HistoryChange = { append: EventInput[] } | { replaceSuffix: { expected: string[]; with: EventInput[] } }

export function parseHistoryChange(input: unknown): { expected: string[]; events: unknown[] } {
  const { append, replaceSuffix } = parse(historyChangeSchema, input, 'applyHistory')
  if ((append === undefined) === (replaceSuffix === undefined)) {
    throw invalidInput('applyHistory takes either append or replaceSuffix.', 'Name one of them.')
  }
  if (append !== undefined) return { expected: [], events: append }
  const expected = replaceSuffix?.expected.map((id) => parseId(id, 'An expected eventId')) ?? []
  return { expected, events: replaceSuffix?.with ?? [] }
}

/** The same for the same change, whatever the order of the fields in it. Ids that are made up here are not part of it. */
export function digestOf(expected: string[], inputs: unknown[], parsed: NewEvent[]): string {
  const events = parsed.map(({ eventId, content, stateDelta, changes: _, ...event }, index) => ({
    ...event,
    eventId: hasId(inputs[index]) ? eventId : null,
    timestamp: event.timestamp ?? null,
    content: decodeJson(content),
    stateDelta: stateDelta === null ? null : decodeJson(stateDelta),
  }))
  return createHash('sha256').update(canonicalJson({ expected, events })).digest('hex')
}

function hasId(input: unknown): boolean {
  return (input as EventInput).eventId !== undefined
}
