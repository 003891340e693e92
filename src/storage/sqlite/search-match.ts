import { kindToken, memoryToken, ownerToken, sessionToken, typeToken } from '../../search/index-text.js'
import type { SearchTerm } from '../../search/query.js'
import type { LexicalQuery } from '../storage.js'

/** The words of a query in FTS5's language; undefined when nothing can match. All user text is inside quotes. */
export function matchExpression(query: Pick<LexicalQuery, 'terms' | 'memories' | 'events'>): string | undefined {
  if (query.terms.length === 0) return undefined
  const words = `{title body} : (${query.terms.map(quote).join(' OR ')})`
  const scope = scopeExpression(query)
  if (scope === 'nothing') return undefined
  return scope === 'everything' ? words : `{scope} : (${scope}) AND ${words}`
}

/** Cuts the posting lists to what may be found, before anything is ranked. */
function scopeExpression({ memories, events }: Pick<LexicalQuery, 'memories' | 'events'>): string {
  const parts = [memories && memoryScope(memories), events && eventScope(events)].filter((part) => part !== undefined)
  if (parts.length === 0) return 'nothing'
  const all = parts.length === 2 && parts.every((part) => part === kindToken('memory') || part === kindToken('event'))
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

function any(tokens: string[]): string {
  return `(${tokens.join(' OR ')})`
}

function both(a: string | undefined, b: string | undefined): string | undefined {
  return a !== undefined && b !== undefined ? `${a} AND ${b}` : (a ?? b)
}

function quote({ text, prefix }: SearchTerm): string {
  return `"${text.replaceAll('"', '""')}"${prefix ? '*' : ''}`
}
