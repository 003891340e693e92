import { z } from 'zod'
import { parseId, parseName, parseNamespace } from '../access/namespace.js'
import type { Owner } from '../access/policy.js'
import { invalidInput } from '../errors.js'
import { decodeJson } from '../json.js'
import { parse } from '../parse.js'
import { toIso } from '../time.js'

const line = z.number().int().positive()
const version = z.number().int().positive()

export const originSchema = z.strictObject({
  event: z.strictObject({ session: z.string(), eventId: z.string() }).optional(),
  memory: z.strictObject({ namespace: z.string(), key: z.string(), version: version.optional() }).optional(),
  document: z
    .strictObject({ path: z.string(), heading: z.string().optional(), lines: z.tuple([line, line]).optional() })
    .optional(),
})

/**
 * Where a memory came from: an event of a session, a version of another memory (the one that is there now, when
 * `version` is left out), or a document, in it a heading, and its lines from and to.
 */
export type Origin =
  | { event: { session: string; eventId: string } }
  | { memory: { namespace: string; key: string; version?: number } }
  | { document: { path: string; heading?: string; lines?: [number, number] } }

/** An origin with who named it, and when. */
export type NamedOrigin = Origin & { createdAt: string; createdBy: string }

/** An origin as a store holds it: `source` is JSON with its members in order of their names, so that equal ones are equal texts. */
export interface NewOrigin {
  kind: 'event' | 'memory' | 'document'
  source: string
}

/** `owner` is whose the session of an event is; null when it is gone, and for other kinds. */
export interface OriginRow extends NewOrigin {
  createdAt: number
  createdBy: string
  owner: Owner | null
}

export function parseOrigin(input: unknown): Origin {
  const { event, memory, document } = parse(originSchema, input, 'The origin')
  const named = [event, memory, document].filter((each) => each !== undefined)
  if (named.length !== 1) throw invalidInput('An origin is one of event, memory and document.', 'Name exactly one.')
  if (event) {
    return {
      event: { session: parseId(event.session, 'The session id'), eventId: parseId(event.eventId, 'The eventId') },
    }
  }
  if (memory) {
    const address = { namespace: parseNamespace(memory.namespace), key: parseName(memory.key, 'The key') }
    return { memory: { ...address, ...(memory.version !== undefined && { version: memory.version }) } }
  }
  return { document: parseDocument(document as NonNullable<typeof document>) }
}

function parseDocument({ path, heading, lines }: z.output<typeof originSchema.shape.document> & object) {
  if (lines && lines[0] > lines[1]) throw invalidInput('The lines of an origin go from the first to the last.')
  return {
    path: parseName(path, 'The path'),
    ...(heading !== undefined && { heading: parseName(heading, 'The heading') }),
    ...(lines && { lines }),
  }
}

export function encodeOrigin(origin: Origin): NewOrigin {
  if ('event' in origin) {
    const { eventId, session } = origin.event
    return { kind: 'event', source: JSON.stringify({ eventId, session }) }
  }
  if ('memory' in origin) {
    const { key, namespace, version: number } = origin.memory
    return { kind: 'memory', source: JSON.stringify({ key, namespace, version: number }) }
  }
  const { heading, lines, path } = origin.document
  return { kind: 'document', source: JSON.stringify({ heading, lines, path }) }
}

/** The texts between which the sources are that an origin means: of a memory without a version, those of all versions. */
export function sourceRange(origin: Origin): { kind: NewOrigin['kind']; from: string; to: string } {
  const { kind, source } = encodeOrigin(origin)
  if (!('memory' in origin) || origin.memory.version !== undefined) return { kind, from: source, to: `${source}\u0001` }
  const before = `${source.slice(0, -1)},"version"`
  return { kind, from: `${before}:`, to: `${before};` }
}

export function decodeOrigin({ kind, source }: NewOrigin): Origin {
  return { [kind]: decodeJson(source) } as unknown as Origin
}

export function toNamedOrigin({ createdAt, createdBy, ...origin }: OriginRow): NamedOrigin {
  return { ...decodeOrigin(origin), createdAt: toIso(createdAt), createdBy }
}
