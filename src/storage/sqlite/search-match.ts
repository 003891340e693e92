import { documentToken, kindToken, memoryToken, ownerToken, sessionToken, typeToken } from '../../search/index-text.js'
import type { SearchTerm } from '../../search/query.js'
import { asIndexed } from '../../search/words.js'
import type { LexicalQuery } from '../search-store.js'

/** A term in FTS5's language, or what may stand for it. All user text is inside quotes. */
export function oneTerm({ text, prefix, alike = [] }: SearchTerm, columns = 'title body'): string {
  const first = prefix ? `${quoted(text)}*` : quoted(asIndexed(text))
  const words = [first, ...alike.map((other) => quoted(asIndexed(other.text)))]
  return `{${columns}} : (${words.join(' OR ')})`
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

export function allTerms(terms: SearchTerm[]): string {
  return terms.map((term) => oneTerm(term)).join(' AND ')
}

/** Any of the terms in these columns. */
export function anyTerm(terms: SearchTerm[], columns?: string): string {
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

/**
 * The scope words of what may be found, without words that are of nothing; `nothing` and `everything` say what they say.
 */
export function scopeExpression(
  { memories, events, documents }: Pick<LexicalQuery, 'memories' | 'events' | 'documents'>,
  isEmpty: (token: string) => boolean = () => false,
): string {
  const held = (tokens: string[]): string | undefined => any(tokens.filter((token) => !isEmpty(token)))
  const scopes = [
    memories && memoryScope(memories, held),
    events && eventScope(events, held),
    documents && documentScope(documents, held),
  ]
  const parts = scopes.filter((part) => part !== undefined)
  if (parts.length === 0) return 'nothing'
  const all = parts.length === kinds.length && kinds.every((kind) => parts.includes(kindToken(kind)))
  return all ? 'everything' : parts.map((part) => `(${part})`).join(' OR ')
}

type Tokens = (tokens: string[]) => string | undefined

function memoryScope({ namespaces, types }: NonNullable<LexicalQuery['memories']>, held: Tokens): string | undefined {
  return allOf('memory', [namespaces?.map(memoryToken), types?.map((type) => typeToken('memory', type))], held)
}

function eventScope({ owner, sessions, types }: NonNullable<LexicalQuery['events']>, held: Tokens): string | undefined {
  const typed = types?.map((type) => typeToken('event', type))
  return allOf('event', [owner && [ownerToken(owner)], sessions?.map(sessionToken), typed], held)
}

function documentScope({ namespaces }: NonNullable<LexicalQuery['documents']>, held: Tokens): string | undefined {
  return allOf('document', [namespaces?.map(documentToken)], held)
}

/** One of each list; undefined where nothing can have that. */
function allOf(kind: string, lists: (string[] | undefined)[], held: Tokens): string | undefined {
  const asked = lists.filter((list) => list !== undefined)
  if (asked.length === 0) return kindToken(kind)
  const parts = asked.map(held).filter((part) => part !== undefined)
  return parts.length === asked.length ? parts.join(' AND ') : undefined
}

function any(tokens: string[]): string | undefined {
  return tokens.length > 0 ? `(${tokens.join(' OR ')})` : undefined
}
