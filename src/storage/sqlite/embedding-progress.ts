import type { Database } from 'better-sqlite3'
import type { SpaceProgress } from '../embedding-store.js'
import type { ItemAddress } from '../search-store.js'
import { findSpace } from './embedding-spaces.js'
import { all, get, sql } from './statements.js'

const itemsTo = sql(
  'embeddings.itemsTo',
  `select count(*) as count
   from search_items
   where id <= :to`,
)

const jobsTo = sql(
  'embeddings.jobsTo',
  `select count(*) as count
   from embedding_jobs
   where space_id = :space and item <= :to`,
)

const vectorsTo = sql(
  'embeddings.vectorsTo',
  `select count(*) as count
   from embedding_codes
   where space_id = :space and item <= :to and code is not null`,
)

const waiting = sql(
  'embeddings.waiting',
  `select count(*) as count
   from embedding_jobs
   where space_id = :space and run_after is not null`,
)

const failed = sql(
  'embeddings.failed',
  `select count(*) as count
   from embedding_jobs
   where space_id = :space and run_after is null`,
)

const failures = sql(
  'embeddings.failures',
  `select item, last_error as error, attempts
   from embedding_jobs indexed by embedding_jobs_by_due
   where space_id = :space and run_after is null
   order by embedding_jobs.item desc
   limit 100`,
)

// What has not been tried is due from the beginning of time.
const postponed = sql(
  'embeddings.postponed',
  `select item, last_error as error, attempts, run_after as runAfter
   from embedding_jobs indexed by embedding_jobs_by_due
   where space_id = :space and run_after > 1
   order by run_after desc
   limit 100`,
)

const vectors = sql(
  'embeddings.vectors',
  `select count(*) as count
   from embedding_codes
   where space_id = :space and text_hash is not null`,
)

export function spaceProgress(db: Database, { space }: { space: string }): SpaceProgress | null {
  const found = findSpace(db, space)
  if (found === undefined) return null
  const { id, unqueuedTo, state } = found
  return {
    vectors: countVectors(db, id),
    // Nobody fills a space that is kept; its jobs are for the day it is wanted again.
    waiting: state === 'kept' ? 0 : count(db, waiting, { space: id }),
    failed: count(db, failed, { space: id }),
    failures: withAddresses(db, all<StoredFailure>(db, failures, { space: id })),
    postponed: withAddresses(db, all<StoredFailure & { runAfter: number }>(db, postponed, { space: id })),
    unqueued: state === 'kept' ? 0 : countUnqueued(db, id, unqueuedTo),
  }
}

export function countVectors(db: Database, space: number): number {
  return count(db, vectors, { space })
}

/** What has a job or a vector already is passed over when its turn comes, as most is after a rollback. */
export function countUnqueued(db: Database, space: number, to: number): number {
  if (to === 0) return 0
  const known = count(db, jobsTo, { space, to }) + count(db, vectorsTo, { space, to })
  return Math.max(0, count(db, itemsTo, { to }) - known)
}

function count(db: Database, statement: typeof waiting, parameters: Record<string, number>): number {
  return get<{ count: number }>(db, statement, parameters)?.count ?? 0
}

interface StoredFailure {
  item: number
  error: string
  attempts: number
}

function withAddresses<Failure extends StoredFailure>(db: Database, found: Failure[]) {
  return found.flatMap(({ item, ...failure }) => {
    const address = addressOf(db, item)
    return address && failure.attempts > 0 ? { ...failure, item: address } : []
  })
}

const address = sql(
  'embeddings.address',
  `select i.kind, i.namespace, m.key, m.version, e.session_id as session, e.seq, f.root, d.path, c.line_from as line,
     c.position as chunk
   from search_items i
   left join memory_entries m on i.kind = 'memory' and m.id = i.ref
   left join session_events e on i.kind = 'event' and e.id = i.ref
   left join document_chunks c on i.kind = 'document' and c.id = i.ref
   left join documents d on d.id = c.document_id
   left join document_folders f on f.id = d.folder_id
   where i.id = :item`,
)

/** What of each kind is null for the others. */
type AddressRow = { kind: ItemAddress['kind']; namespace: string; key: string; version: number } & {
  session: string
  seq: number
  root: string
  path: string
  line: number
  chunk: number
}

function addressOf(db: Database, item: number): ItemAddress | undefined {
  const row = get<AddressRow>(db, address, { item })
  if (row === undefined) return undefined
  const { kind, namespace, key, version, session, seq, root, path, line, chunk } = row
  if (kind === 'memory') return { kind, namespace, key, version }
  if (kind === 'event') return { kind, session, seq }
  return { kind, namespace, root, path, line, chunk }
}
