import { documentToken, kindToken, memoryToken, ownerToken, sessionToken, typeToken } from '../../search/index-text.js'
import type { SearchTerm } from '../../search/query.js'
import type { LexicalQuery } from '../search-store.js'

/** A term in FTS5's language, or what may stand for it. All user text is inside quotes. */
export function oneTerm({ text, prefix, alike = [] }: SearchTerm, columns = 'title body'): string {
  const words = [`${quoted(text)}${prefix ? '*' : ''}`, ...alike.map((other) => quoted(other.text))]
  return `{${columns}} : (${words.join(' OR ')})`
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

export function allTerms(terms: SearchTerm[]): string {
  return terms.map((term) => oneTerm(term)).join(' AND ')
}

/** Any of the terms in these columns. */
export function anyTerm(terms: SearchTerm[], columns: string): string {
  return `(${terms.map((term) => oneTerm(term, columns)).join(' OR ')})`
}

/** An expression within a scope, which cuts the posting lists before anything is looked at. */
export function inScope(scope: string, match: string): string {
  return scope === 'everything' ? match : `${onlyScope(scope)} AND ${match}`
}

/** All that a scope holds. */
export function onlyScope(scope: string): string {
  return `{scope} : (${scope})`
}

const kinds = ['memory', 'event', 'document']

/** The scope words of what may be found; `nothing` and `everything` say what they say. */
export function scopeExpression(query: Pick<LexicalQuery, 'memories' | 'events' | 'documents'>): string {
  const { memories, events, documents } = query
  const scopes = [
    memories && memoryScope(memories),
    events && eventScope(events),
    documents && documentScope(documents),
  ]
  const parts = scopes.filter((part) => part !== undefined)
  if (parts.length === 0) return 'nothing'
  const all = parts.length === kinds.length && kinds.every((kind) => parts.includes(kindToken(kind)))
  return all ? 'everything' : parts.map((part) => `(${part})`).join(' OR ')
}

function memoryScope({ namespaces, types }: NonNullable<LexicalQuery['memories']>): string | undefined {
  if (namespaces?.length === 0 || types?.length === 0) return undefined
  const within = namespaces && any(namespaces.map(memoryToken))
  const typed = types && any(types.map((type) => typeToken('memory', type)))
  return both(within, typed) ?? kindToken('memory')
}

function eventScope({ owner, sessions, types }: NonNullable<LexicalQuery['events']>): string | undefined {
  if (sessions?.length === 0 || types?.length === 0) return undefined
  const within = both(owner && ownerToken(owner), sessions && any(sessions.map(sessionToken)))
  const typed = types && any(types.map((type) => typeToken('event', type)))
  return both(within, typed) ?? kindToken('event')
}

function documentScope({ namespaces }: NonNullable<LexicalQuery['documents']>): string | undefined {
  if (namespaces === undefined) return kindToken('document')
  return namespaces.length === 0 ? undefined : any(namespaces.map(documentToken))
}

function any(tokens: string[]): string {
  return `(${tokens.join(' OR ')})`
}

function both(a: string | undefined, b: string | undefined): string | undefined {
  return a !== undefined && b !== undefined ? `${a} AND ${b}` : (a ?? b)
}
