import { invalidInput } from '../errors.js'
import { describe } from '../json.js'

export const namespacePrefixes = ['session', 'user', 'app', 'project'] as const
export type NamespacePrefix = (typeof namespacePrefixes)[number]

const maxBytes = 512
// Leaves room for a prefix before an id and for segments and a key after it.
const maxSegmentBytes = 400
const controlCharacter = /\p{Cc}/u
const grammar = `A namespace is one of ${namespacePrefixes.join(', ')}, then ':' and at least one segment, such as user:alice:preferences.`

/** Canonical form (NFC) of a name, or `invalid_input`: well-formed Unicode, no control characters, 1 to 512 bytes. */
export function parseName(input: unknown, what: string): string {
  if (typeof input !== 'string') throw invalidInput(`${what} must be a text, not ${describe(input)}.`)
  if (input === '') throw invalidInput(`${what} is empty.`)
  if (!input.isWellFormed()) throw invalidInput(`${what} has a lone surrogate, which is not Unicode text.`)
  const name = input.normalize('NFC')
  if (controlCharacter.test(name))
    throw invalidInput(`${what} has a control character.`, 'Take out line breaks, tabs and the like.')
  if (Buffer.byteLength(name) > maxBytes) throw invalidInput(`${what} is over ${maxBytes} bytes long.`)
  return name
}

/** A name that can stand as one segment of a namespace: user, app, project and session ids. At most 200 characters. */
export function parseSegment(input: unknown, what: string): string {
  const name = parseName(input, what)
  if (name.includes(':'))
    throw invalidInput(`${what} has a colon: ${name}.`, "Colons separate the segments of a namespace; use '-' or '/'.")
  if (name.length > 200) throw invalidInput(`${what} is over 200 characters long.`)
  if (Buffer.byteLength(name) > maxSegmentBytes) throw invalidInput(`${what} is over ${maxSegmentBytes} bytes long.`)
  return name
}

/** An id that callers bring for events and tasks: 1 to 200 characters, no control characters. */
export function parseId(input: unknown, what: string): string {
  const id = parseName(input, what)
  if (id.length > 200) throw invalidInput(`${what} is over 200 characters long.`)
  return id
}

/** Canonical form of a namespace, or `invalid_input`. Segments have no wildcards: `_ % * [` are ordinary characters. */
export function parseNamespace(input: unknown): string {
  const namespace = parseName(input, 'The namespace')
  const [prefix = '', ...segments] = namespace.split(':')
  if (prefix === 'temp')
    throw invalidInput(`${namespace}: temp is never stored.`, 'Keep what lives for one turn in session state as temp:…')
  if (!isPrefix(prefix)) throw invalidInput(`${namespace} is not a namespace: unknown prefix '${prefix}'.`, grammar)
  if (segments.length === 0) throw invalidInput(`${namespace} is not a namespace: it has no segment.`, grammar)
  if (segments.includes('')) throw invalidInput(`${namespace} is not a namespace: it has an empty segment.`, grammar)
  return namespace
}

function isPrefix(prefix: string): prefix is NamespacePrefix {
  return (namespacePrefixes as readonly string[]).includes(prefix)
}

/** Whether `inner` is `outer` or below it, by whole segments: user:alice contains user:alice:x, never user:alicebob. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || (inner.length > outer.length && inner.startsWith(outer) && inner[outer.length] === ':')
}

/** The namespace and everything above it, outermost first: user:a:b → [user:a, user:a:b]. */
export function ancestors(namespace: string): string[] {
  const found: string[] = []
  let end = namespace.indexOf(':', namespace.indexOf(':') + 1)
  while (end !== -1) {
    found.push(namespace.slice(0, end))
    end = namespace.indexOf(':', end + 1)
  }
  found.push(namespace)
  return found
}

/** A half-open range of namespaces in the byte order of UTF-8, which is how the stores sort. */
export interface Span {
  from: string
  to: string
}

export const everything: Span = { from: '', to: '\u{10ffff}' }

/**
 * The ranges that hold exactly a namespace and what is below it, in order. Two, because names such as user:alice!x
 * sort between user:alice and user:alice:x. ';' is the character after ':', and no name holds U+0001.
 */
export function spansOf(namespace: string): Span[] {
  return [
    { from: namespace, to: `${namespace}\u0001` },
    { from: `${namespace}:`, to: `${namespace};` },
  ]
}

/** Drops namespaces that another of the list contains, and sorts as the stores do; no two of the result overlap. */
export function disjoint(namespaces: string[]): string[] {
  const unique = [...new Set(namespaces)]
  const outermost = unique.filter((inner) => !unique.some((outer) => outer !== inner && contains(outer, inner)))
  return outermost.sort(compareBytes)
}

/** The order of UTF-8 bytes, which differs from JavaScript's order of UTF-16 units beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** All ranges of several namespaces, disjoint and in order. */
export function spansOfAll(namespaces: string[]): Span[] {
  return disjoint(namespaces)
    .flatMap(spansOf)
    .sort((a, b) => compareBytes(a.from, b.from))
}
