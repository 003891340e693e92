import Database, { type Database as Connection } from 'better-sqlite3'
import { contains } from '../../access/namespace.js'
import { decodeJson } from '../../json.js'
import { covers, isExpired } from '../../memories/versions.js'
import { eventIndexText, memoryIndexText } from '../../search/index-text.js'
import type { LexicalHit, LexicalQuery } from '../storage.js'
import { getMemory, visibleMemories } from './memories-read.js'
import { memoryColumns, type StoredMemory } from './memory-rows.js'
import { matchExpression } from './search-match.js'
import { eventColumns, type StoredEvent } from './session-rows.js'
import { get, iterate, sql } from './statements.js'

type EventHit = Extract<LexicalHit, { kind: 'event' }>
type FoundEvent = StoredEvent & { session: string; app: string; user: string }

/** A title counts double: a key or a speaker says more than a word in passing. */
const bm25 = 'bm25(search_text, 0.0, 2.0, 1.0)'

const ranked = sql(
  'search.ranked',
  `select rowid as id, -${bm25} as score
   from search_text
   where search_text match :match
   order by ${bm25}, rowid`,
)

const itemById = sql(
  'search.item',
  `select kind, ref
   from search_items
   where id = :id`,
)

const memoryById = sql(
  'search.memory',
  `select ${memoryColumns('m')}
   from memory_entries m
   where m.id = :id`,
)

const eventById = sql(
  'search.event',
  `select ${eventColumns}, s.id as session, s.app_id as app, s.user_id as user
   from session_events e
   cross join sessions s on s.id = e.session_id
   where e.id = :id`,
)

/** Candidates best first. The row itself is checked again: scope words only cut the work, rows decide. */
export function searchLexical(db: Connection, query: LexicalQuery): LexicalHit[] {
  return query.moment?.knownAt === undefined ? searchNow(db, query) : searchPast(db, query)
}

function searchNow(db: Connection, query: LexicalQuery): LexicalHit[] {
  const match = matchExpression(query)
  if (match === undefined) return []
  const hits: LexicalHit[] = []
  for (const { id, score } of iterate<{ id: number; score: number }>(db, ranked, { match })) {
    if (hits.length >= query.limit) break
    const hit = readHit(db, id, score, query)
    if (hit) hits.push(hit)
  }
  return hits
}

function readHit(db: Connection, id: number, score: number, query: LexicalQuery): LexicalHit | undefined {
  const item = get<{ kind: string; ref: number }>(db, itemById, { id })
  if (item?.kind === 'memory') return readMemory(db, item.ref, score, query)
  return item?.kind === 'event' ? readEvent(db, item.ref, score, query) : undefined
}

function readMemory(db: Connection, id: number, score: number, query: LexicalQuery): LexicalHit | undefined {
  const memory = get<StoredMemory>(db, memoryById, { id })
  if (!memory || !inMemoryScope(memory, query) || !isVisible(db, memory, query)) return undefined
  return { kind: 'memory', score, memory }
}

function inMemoryScope({ namespace, type }: StoredMemory, { memories }: LexicalQuery): boolean {
  if (memories === undefined || (memories.types && !memories.types.includes(type))) return false
  return memories.namespaces === undefined || memories.namespaces.some((outer) => contains(outer, namespace))
}

function isVisible(db: Connection, memory: StoredMemory, { moment, now }: LexicalQuery): boolean {
  const simple = memory.supersededAt === null && covers(memory, moment?.validAt ?? now)
  if (simple) return memory.deleted === 0 && !isExpired(memory, now)
  return (
    getMemory(db, { namespace: memory.namespace, key: memory.key, ...(moment && { moment }), now })?.id === memory.id
  )
}

function readEvent(db: Connection, id: number, score: number, { events, moment }: LexicalQuery): EventHit | undefined {
  const found = get<FoundEvent>(db, eventById, { id })
  if (!found || !events) return undefined
  const { session, app, user, ...event } = found
  if (events.owner && (events.owner.app !== app || events.owner.user !== user)) return undefined
  if (events.sessions && !events.sessions.includes(session)) return undefined
  if (events.types && !events.types.includes(event.type)) return undefined
  if (moment?.knownAt !== undefined && event.recordedAt > moment.knownAt) return undefined
  return { kind: 'event', score, event, session, owner: { app, user } }
}

/**
 * The index holds what the store believes now. A question about what it knew earlier is answered from the rows: the
 * memories visible then and the best events of then go into a scratch index, where one ranking compares them all.
 */
function searchPast(db: Connection, query: LexicalQuery): LexicalHit[] {
  const { terms } = query
  const match = matchExpression({ terms, memories: {}, events: {} })
  if (match === undefined) return []
  const candidates = [...pastMemories(db, query), ...searchEvents(db, query)]
  const scratch = new Database(':memory:')
  try {
    scratch.exec(
      `create virtual table search_text using fts5 (title, body, tokenize = 'porter unicode61 remove_diacritics 2')`,
    )
    const insert = scratch.prepare('insert into search_text (rowid, title, body) values (?, ?, ?)')
    scratch.transaction(() => {
      for (const [index, hit] of candidates.entries()) {
        const { title, body } = textOf(hit)
        insert.run(index, title, body)
      }
    })()
    const best = scratch.prepare<[string, number], { id: number; score: number }>(
      `select rowid as id, -bm25(search_text, 2.0, 1.0) as score
       from search_text
       where search_text match ?
       order by 2 desc, rowid
       limit ?`,
    )
    return best.all(match, query.limit).flatMap(({ id, score }) => {
      const hit = candidates[id]
      return hit ? [{ ...hit, score }] : []
    })
  } finally {
    scratch.close()
  }
}

function* pastMemories(db: Connection, query: LexicalQuery): Generator<LexicalHit> {
  if (query.memories === undefined) return
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    if (inMemoryScope(memory, query)) yield { kind: 'memory', score: 0, memory }
  }
}

function searchEvents(db: Connection, { memories: _, ...query }: LexicalQuery): LexicalHit[] {
  return query.events ? searchNow(db, query) : []
}

function textOf(hit: LexicalHit): { title: string; body: string } {
  if (hit.kind === 'memory') return memoryIndexText(hit.memory, decodeJson(hit.memory.value))
  const { event, session, owner } = hit
  return eventIndexText({ session, owner, type: event.type, actor: event.actor }, decodeJson(event.content))
}
