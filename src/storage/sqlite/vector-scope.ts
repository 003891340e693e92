import type { Database } from 'better-sqlite3'
import type { LexicalQuery } from '../search-store.js'
import { hasMetadata } from './metadata-match.js'
import { onlyScope } from './search-match.js'
import { column, sql, sqlFamily } from './statements.js'

const inScope = sql(
  'vectors.inScope',
  `select rowid as id
   from search_text
   where search_text match :match
   order by rowid`,
)

// What the filters leave out must not take a place among the nearest: there may be any number of it.

const starts = {
  scope: `search_text t
   cross join search_items i on i.id = t.rowid`,
  everything: 'search_items i',
}
type Start = keyof typeof starts

const ofStart = (start: Start): string => (start === 'scope' ? 't.search_text match :match and ' : '')

const shapes = ['scope', 'everything'] as const

const inTime = sqlFamily(
  'vectors.inTime',
  shapes,
  (start) => `select i.id
   from ${starts[start]}
   where ${ofStart(start)}i.time >= :from and i.time < :to
   order by ${start === 'scope' ? 't.rowid' : 'i.id'}`,
)

/** Metadata that most have none of is not looked into. */
const withMetadata = sqlFamily(
  'vectors.withMetadata',
  shapes,
  (start) => `select i.id
   from ${starts[start]}
   left join memory_entries m on i.kind = 'memory' and m.id = i.ref
   left join document_chunks c on i.kind = 'document' and c.id = i.ref
   left join documents d on d.id = c.document_id
   where ${ofStart(start)}i.time >= :from and i.time < :to and i.kind <> 'event'
     and (:metadata = '{}' or ifnull(m.metadata, d.metadata) <> '{}')
     and ${hasMetadata('ifnull(m.metadata, d.metadata)')}
   order by ${start === 'scope' ? 't.rowid' : 'i.id'}`,
)

/**
 * The items that a query may find by its scope, times and metadata, in ascending order; undefined where that is everything.
 * Rows still decide: what the clocks of memories hide is among them.
 */
export function itemsInScope(
  db: Database,
  scope: string,
  { from, to, metadata }: LexicalQuery,
): Uint32Array | undefined {
  const start: Start = scope === 'everything' ? 'everything' : 'scope'
  const match = start === 'scope' ? { match: onlyScope(scope) } : {}
  if (from === undefined && to === undefined && metadata === undefined)
    return start === 'scope' ? Uint32Array.from(column<number>(db, inScope, { match: onlyScope(scope) })) : undefined
  const times = { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER }
  const ids =
    metadata === undefined
      ? column<number>(db, inTime[start], { ...match, ...times })
      : column<number>(db, withMetadata[start], { ...match, ...times, metadata })
  return Uint32Array.from(ids)
}
