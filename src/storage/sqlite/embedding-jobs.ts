import type { Database } from 'better-sqlite3'
import type { DueText, EmbeddingAnswers } from '../embedding-store.js'
import { findSpace, noSpace } from './embedding-spaces.js'
import { embeddingTexts } from './embedding-texts.js'
import { type Refusal, refuse } from './operation.js'
import { all, column, get, run, sql } from './statements.js'

const spacesToFill = sql(
  'embeddings.toFill',
  `select id
   from embedding_spaces
   where state in ('active', 'filling')`,
)

const insertJob = sql(
  'embeddings.insertJob',
  `insert into embedding_jobs (space_id, item, run_after)
   values (:space, :item, 0)`,
)

/**
 * For an item that is new. One row a statement, and no trigger: SQLite opens a savepoint for a statement that may fail after
 * its first write, and FTS5 writes out what it holds in memory at each. An add took half as long again (46 µs, not 30).
 */
export function addJobs(db: Database, item: number): void {
  for (const space of column<number>(db, spacesToFill, {})) run(db, insertJob, { space, item })
}

const unqueuedItems = sql(
  'embeddings.unqueuedItems',
  `select id
   from search_items
   where id <= :to
   order by id desc
   limit :limit`,
)

const insertJobs = sql(
  'embeddings.insertJobs',
  `insert into embedding_jobs (space_id, item, run_after)
   select :space, wanted.value, 1
   from json_each(:ids) wanted
   where not exists (
     select 1
     from embedding_codes c
     where c.item = wanted.value and c.space_id = :space and c.code is not null)
   on conflict do nothing`,
)

const setQueued = sql(
  'embeddings.setQueued',
  `update embedding_spaces
   set unqueued_to = :to
   where id = :space`,
)

/** The newest first: what was said lately is asked for more often. */
export function queueItems(db: Database, { space, limit }: { space: string; limit: number }): boolean | Refusal {
  const found = findSpace(db, space)
  if (found === undefined) return noSpace(space)
  if (found.unqueuedTo === 0) return true
  const ids = column<number>(db, unqueuedItems, { to: found.unqueuedTo, limit })
  run(db, insertJobs, { space: found.id, ids: JSON.stringify(ids) })
  const isLast = ids.length < limit
  run(db, setQueued, { space: found.id, to: isLast ? 0 : (ids.at(-1) ?? 0) - 1 })
  return isLast
}

const dueJobs = sql(
  'embeddings.due',
  `select item, attempts
   from embedding_jobs
   where space_id = :space and run_after <= :now
   order by run_after, item
   limit :limit`,
)

const sameText = sql(
  'embeddings.sameText',
  `select change_seq as id
   from embedding_codes
   where space_id = :space and text_hash = :hash
   limit 1`,
)

export function hasDue(db: Database, { space, now }: { space: string; now: number }): boolean {
  const found = findSpace(db, space)
  if (found === undefined || found.state === 'kept') return false
  const { id, state, unqueuedTo } = found
  return unqueuedTo > 0 || state === 'filling' || get(db, dueJobs, { space: id, now, limit: 1 }) !== undefined
}

export function dueTexts(db: Database, input: { space: string; now: number; limit: number }): DueText[] {
  const space = findSpace(db, input.space)
  if (space === undefined || space.state === 'kept') return []
  const jobs = all<{ item: number; attempts: number }>(db, dueJobs, { ...input, space: space.id })
  const texts = embeddingTexts(
    db,
    jobs.map(({ item }) => item),
  )
  return jobs.flatMap(({ item, attempts }) => {
    const found = texts.get(item)
    if (found === undefined) return []
    const known = get(db, sameText, { space: space.id, hash: found.hash }) !== undefined
    return { item, attempts, text: found.text, hash: found.hash.toString('hex'), known }
  })
}

const removeJob = sql('embeddings.removeJob', 'delete from embedding_jobs where space_id = :space and item = :item')

const removeCode = sql(
  'embeddings.removeCode',
  `delete from embedding_codes
   where item = :item and space_id = :space`,
)

const insertCode = sql(
  'embeddings.insertCode',
  `insert into embedding_codes (item, space_id, text_hash, code)
   values (:item, :space, :hash, :code)`,
)

const insertVector = sql(
  'embeddings.insertVector',
  `insert into embedding_vectors (change_seq, vector)
   values (:id, :vector)`,
)

const copyCode = sql(
  'embeddings.copyCode',
  `insert into embedding_codes (item, space_id, text_hash, code)
   select :item, space_id, text_hash, code
   from embedding_codes
   where change_seq = :of`,
)

const copyVector = sql(
  'embeddings.copyVector',
  `insert into embedding_vectors (change_seq, vector)
   select :id, vector
   from embedding_vectors
   where change_seq = :of`,
)

const postpone = sql(
  'embeddings.postpone',
  `update embedding_jobs
   set attempts = attempts + 1, run_after = :runAfter, last_error = :error
   where space_id = :space and item = :item`,
)

export function saveEmbeddings(db: Database, answers: EmbeddingAnswers): number | Refusal {
  const space = findSpace(db, answers.space)
  if (space === undefined) return 0
  const bytes = space.dimensions * Float32Array.BYTES_PER_ELEMENT
  if (answers.vectors.some(({ vector }) => vector.byteLength !== bytes))
    return refuse('invalid_input', `A vector of the space ${space.name} has ${space.dimensions} dimensions.`)
  return saveAnswers(db, space.id, answers)
}

/** Row ids are given anew: what was answered counts only for an item that still says what was asked about. */
function saveAnswers(db: Database, space: number, { vectors, known, empty, failures }: EmbeddingAnswers): number {
  const asked = [...vectors, ...known, ...failures]
  const texts = embeddingTexts(db, [...asked.map(({ item }) => item), ...empty])
  const isSame = ({ item, hash }: { item: number; hash: string }): boolean =>
    texts.get(item)?.hash.toString('hex') === hash
  let saved = 0
  for (const answer of vectors)
    if (isSame(answer) && takeJob(db, space, answer.item)) saved += store(db, { space, ...answer })
  for (const { item, hash } of known.filter(isSame)) {
    const of = get<{ id: number }>(db, sameText, { space, hash: Buffer.from(hash, 'hex') })?.id
    if (of !== undefined && takeJob(db, space, item)) saved += copy(db, { item, of })
  }
  for (const item of empty) if (texts.get(item)?.text === '') run(db, removeJob, { space, item })
  for (const { item, error, runAfter } of failures.filter(isSame)) run(db, postpone, { space, item, error, runAfter })
  return saved
}

/** Whether there was one: another process may have been faster. A row that said that a vector is gone goes with it. */
function takeJob(db: Database, space: number, item: number): boolean {
  if (run(db, removeJob, { space, item }).changes === 0) return false
  run(db, removeCode, { space, item })
  return true
}

interface NewVector {
  space: number
  item: number
  hash: string
  code: Uint8Array
  vector: Uint8Array
}

function store(db: Database, { space, item, hash, code, vector }: NewVector): number {
  const { id } = run(db, insertCode, { space, item, hash: Buffer.from(hash, 'hex'), code: toBuffer(code) })
  return run(db, insertVector, { id, vector: toBuffer(vector) }).changes
}

/** The driver binds no other bytes. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function copy(db: Database, { item, of }: { item: number; of: number }): number {
  const { id } = run(db, copyCode, { item, of })
  return run(db, copyVector, { id, of }).changes
}

// Due at once, like what was never tried.
const retryFailed = sql(
  'embeddings.retry',
  `update embedding_jobs indexed by embedding_jobs_by_due
   set run_after = 1, attempts = 0
   where space_id = :space and run_after is null`,
)

const retryPostponed = sql(
  'embeddings.retryPostponed',
  `update embedding_jobs indexed by embedding_jobs_by_due
   set run_after = 1
   where space_id = :space and run_after > 1`,
)

export function retryEmbeddings(db: Database, { space }: { space: string }): number | Refusal {
  const found = findSpace(db, space)
  if (found === undefined) return noSpace(space)
  const postponed = run(db, retryPostponed, { space: found.id }).changes
  return postponed + run(db, retryFailed, { space: found.id }).changes
}
