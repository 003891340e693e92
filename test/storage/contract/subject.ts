import { expect } from 'vitest'
import { everything } from '../../../src/access/namespace.js'
import type { AuditRow } from '../../../src/audit/audit.js'
import { parseQuery } from '../../../src/search/query.js'
import type { AuditQuery } from '../../../src/storage/audit-store.js'
import type { MemoryQuery, NewMemory } from '../../../src/storage/memory-store.js'
import type { LexicalAnswer, LexicalHit, LexicalQuery } from '../../../src/storage/search-store.js'
import type { NewEvent, NewSession } from '../../../src/storage/session-store.js'
import type { Author, Storage } from '../../../src/storage/storage.js'

/** What an adapter hands to the suite: an empty store, and the ways to reach and remove it. */
export interface OpenedStore {
  storage: Storage
  /** Another handle on the same store, as another process has one. The suite closes it. */
  another(): Promise<Storage>
  /** Changes what is stored for a checkpoint behind the store's back, as a failing disk does. */
  damage(task: string, iteration: number, where: 'first byte' | 'last byte'): void
  /** Closes `storage` and removes the store, or empties it for the next test. */
  done(): Promise<void> | void
}

/** The store of the test that is running. */
export interface Subject {
  readonly storage: Storage
  another(): Promise<Storage>
  damage: OpenedStore['damage']
}

/** The moment at which the builders below write, unless told otherwise. */
export const now = Date.UTC(2026, 0, 1)
export const day = 86_400_000

export function author(changes: Partial<Author> = {}): Author {
  return { actor: 'user:alice', principal: '{"user":"alice"}', agent: null, now, ...changes }
}

export function aMemory(changes: Partial<NewMemory> = {}): NewMemory {
  return {
    namespace: 'user:alice',
    key: 'tone',
    chain: 'chain-1',
    type: 'semantic',
    value: '"concise"',
    metadata: '{}',
    validFrom: null,
    validTo: null,
    expiresAt: null,
    ...changes,
  }
}

export function aSession(changes: Partial<NewSession> = {}): NewSession {
  return { id: 's1', app: 'support', user: 'alice', project: 'apollo', metadata: '{}', ...changes }
}

export function anEvent(changes: Partial<NewEvent> = {}): NewEvent {
  return {
    eventId: 'e1',
    type: 'message',
    actor: 'user:alice',
    content: '{"text":"hello"}',
    changes: [],
    stateDelta: null,
    isFinal: 0,
    ...changes,
  }
}

/** An update with the fields that every one needs. */
export const toValue = (value: string, changes: Partial<Author> = {}) => ({
  value,
  validFrom: null,
  validTo: null,
  author: author(changes),
})

export const tone = { namespace: 'user:alice', key: 'tone' }

export async function add(storage: Storage, changes: Partial<NewMemory> = {}, by: Partial<Author> = {}) {
  const [stamp] = await storage.memories.add({ entries: [aMemory(changes)], author: author(by) })
  if (stamp === undefined) throw new Error('the store answered nothing for what was added')
  return stamp
}

export async function createSession(storage: Storage, changes: Partial<NewSession> = {}, by: Partial<Author> = {}) {
  return storage.sessions.create({ session: aSession(changes), author: author(by) })
}

/** Session s1 of anybody, as root sees it. */
export const s1 = { id: 's1', owner: undefined }

export async function append(storage: Storage, events: NewEvent[], by: Partial<Author> = {}, id = 's1') {
  return storage.sessions.append({ id, owner: undefined, events, author: author(by) })
}

export async function list(storage: Storage, query: Partial<MemoryQuery> = {}) {
  return storage.memories.list({ spans: [everything], order: 'key', now, limit: 100, ...query })
}

export async function keys(storage: Storage, query: Partial<MemoryQuery> = {}): Promise<string[]> {
  return (await list(storage, query)).map(({ key }) => key)
}

/** Lexical hits for a question; memories, events and documents of everybody unless the query says otherwise. */
export async function answer(
  storage: Storage,
  text: string,
  query: Partial<LexicalQuery> = {},
): Promise<LexicalAnswer> {
  return storage.search.lexical({
    terms: parseQuery(text),
    memories: {},
    events: {},
    documents: {},
    now,
    limit: 100,
    ...query,
  })
}

export async function search(storage: Storage, text: string, query: Partial<LexicalQuery> = {}): Promise<LexicalHit[]> {
  const { hits, degraded } = await answer(storage, text, query)
  expect(degraded).toEqual([])
  return hits
}

/** What was found, in words: `user:alice tone 1`, `s1 3` or `user:alice notes.md`. */
export async function found(storage: Storage, text: string, query: Partial<LexicalQuery> = {}): Promise<string[]> {
  return (await search(storage, text, query)).map((hit) => {
    if (hit.kind === 'document') return `${hit.namespace} ${hit.path}`
    return hit.kind === 'memory' ? `${hit.namespace} ${hit.key} ${hit.version}` : `${hit.session} ${hit.seq}`
  })
}

export async function trail(storage: Storage, query: Partial<AuditQuery> = {}): Promise<AuditRow[]> {
  return storage.audit.list({ limit: 1000, ...query })
}

/** The trail in words, oldest first: `memory create`. */
export async function operations(storage: Storage, query: Partial<AuditQuery> = {}): Promise<string[]> {
  return (await trail(storage, query)).reverse().map(({ subject, operation }) => `${subject} ${operation}`)
}

/** Everything countable about a store: two equal answers mean that nothing was written in between. */
export async function footprint(storage: Storage): Promise<unknown> {
  return { rows: (await storage.info()).rows, newest: (await trail(storage))[0] }
}
