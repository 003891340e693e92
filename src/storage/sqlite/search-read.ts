import type { Database } from 'better-sqlite3'
import { contains } from '../../access/namespace.js'
import { decodeJson } from '../../json.js'
import type { MemoryRow } from '../../memories/memory.js'
import { covers, isExpired } from '../../memories/versions.js'
import { eventText, memoryText } from '../../search/index-text.js'
import { type RankedText, scoreTexts, type WeightedTerm } from '../../search/rank.js'
import type { LexicalHit, LexicalQuery } from '../search-store.js'
import { getMemory, visibleMemories } from './memories-read.js'
import { memoryColumns, type StoredMemory } from './memory-rows.js'
import { findCandidates, weighTerms } from './search-candidates.js'
import { type HistoryQuery, withHistories } from './search-histories.js'
import { eventColumns, type StoredEvent } from './session-rows.js'
import { get, sql } from './statements.js'

type EventHit = Extract<LexicalHit, { kind: 'event' }>
type FoundEvent = StoredEvent & { session: string; app: string; user: string }

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

/** How many of the best candidates are ranked by their texts; those after them, on later pages, keep their order. */
const ranked = 100

// What of a long text is ranked. A word that comes later still counts, as a candidate's.
const rankedLength = 8_192

// Offset and limit of a search at their largest.
const furthest = 1_100

/** Hits best first. The row itself is checked again: scope words only cut the work, rows decide. */
export function searchLexical(db: Database, query: LexicalQuery): LexicalHit[] {
  const whole = withHistories(db, query)
  return query.moment?.knownAt === undefined ? searchNow(db, whole) : searchPast(db, whole)
}

function searchNow(db: Database, query: HistoryQuery): LexicalHit[] {
  const { candidates, terms } = findCandidates(db, query)
  const hits: LexicalHit[] = []
  for (const { id, score } of candidates) {
    if (hits.length >= Math.max(ranked, query.limit)) break
    const hit = readHit(db, id, score, query)
    if (hit) hits.push(hit)
  }
  const best = rankHits(hits.slice(0, ranked), terms)
  return best.concat(belowAll(best, hits.slice(ranked))).slice(0, query.limit)
}

/** Hits after the ranked ones, with scores that go on from theirs. */
function belowAll(best: LexicalHit[], rest: LexicalHit[]): LexicalHit[] {
  const lowest = best.at(-1)?.score ?? 0
  const highest = rest[0]?.score ?? 1
  return rest.map((hit) => ({ ...hit, score: (lowest * hit.score) / highest }))
}

/** A word that is far down a long text, or folded otherwise by the index, counts by the candidate's own score. */
function rankHits(hits: LexicalHit[], terms: WeightedTerm[]): LexicalHit[] {
  const scores = scoreTexts(hits.map(textOf), terms)
  return hits.map((hit, index) => ({ ...hit, score: scores[index] || hit.score / 2 })).sort((a, b) => b.score - a.score)
}

function readHit(db: Database, id: number, score: number, query: HistoryQuery): LexicalHit | undefined {
  const item = get<{ kind: string; ref: number }>(db, itemById, { id })
  if (item?.kind === 'memory') return readMemory(db, item.ref, score, query)
  return item?.kind === 'event' ? readEvent(db, item.ref, score, query) : undefined
}

function readMemory(db: Database, id: number, score: number, query: LexicalQuery): LexicalHit | undefined {
  const memory = get<StoredMemory>(db, memoryById, { id })
  if (!memory || !inMemoryScope(memory, query) || !isVisible(db, memory, query)) return undefined
  return { kind: 'memory', score, memory }
}

function inMemoryScope({ namespace, type }: MemoryRow, { memories }: LexicalQuery): boolean {
  if (memories === undefined || (memories.types && !memories.types.includes(type))) return false
  return memories.namespaces === undefined || memories.namespaces.some((outer) => contains(outer, namespace))
}

function isVisible(db: Database, memory: StoredMemory, { moment, now }: LexicalQuery): boolean {
  const simple = memory.supersededAt === null && covers(memory, moment?.validAt ?? now)
  if (simple) return memory.deleted === 0 && !isExpired(memory, now)
  return (
    getMemory(db, { namespace: memory.namespace, key: memory.key, ...(moment && { moment }), now })?.id === memory.id
  )
}

function readEvent(
  db: Database,
  id: number,
  score: number,
  { events, moment, upTo }: HistoryQuery,
): EventHit | undefined {
  const found = get<FoundEvent>(db, eventById, { id })
  if (!found || !events) return undefined
  const { session, app, user, ...event } = found
  if (events.owner && (events.owner.app !== app || events.owner.user !== user)) return undefined
  if (upTo && found.seq > (upTo.get(session) ?? 0)) return undefined
  if (events.types && !events.types.includes(event.type)) return undefined
  if (moment?.knownAt !== undefined && event.recordedAt > moment.knownAt) return undefined
  return { kind: 'event', score, event, session, owner: { app, user } }
}

/**
 * The index holds what the store believes now. A question about what it knew earlier is answered from the rows: all
 * memories visible then and the best events of then are ranked together, the same ones for every page.
 */
function searchPast(db: Database, query: HistoryQuery): LexicalHit[] {
  const hits = rankHits([...pastMemories(db, query), ...pastEvents(db, query)], weighTerms(db, query.terms))
  return hits.filter(({ score }) => score > 0).slice(0, query.limit)
}

function* pastMemories(db: Database, query: LexicalQuery): Generator<LexicalHit> {
  if (query.memories === undefined) return
  for (const memory of visibleMemories(db, query.memories.namespaces, query.now, query.moment)) {
    if (inMemoryScope(memory, query)) yield { kind: 'memory', score: 0, memory }
  }
}

function pastEvents(db: Database, { memories: _, ...query }: HistoryQuery): LexicalHit[] {
  return query.events ? searchNow(db, { ...query, limit: furthest }) : []
}

function textOf(hit: LexicalHit): RankedText {
  if (hit.kind === 'memory') return memoryText(hit.memory.key, decodeJson(hit.memory.value), rankedLength)
  return eventText(hit.event.actor, decodeJson(hit.event.content), rankedLength)
}
