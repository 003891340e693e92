import type { Database } from 'better-sqlite3'
import type { DueText, EmbeddingAnswers } from '../embedding-store.js'
import { findSpace, noSpace } from './embedding-spaces.js'
import { type EmbeddingText, embeddingTexts } from './embedding-texts.js'
import type { Refusal } from './operation.js'
import { all, column, get, run, sql } from './statements.js'

const unqueuedItems = sql(
  'embeddings.unqueuedItems',
  `select id
   from search_items
   where id > :after
   order by id
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
   set queued_to = :to
   where id = :space`,
)

export function queueItems(db: Database, { space, limit }: { space: string; limit: number }): boolean | Refusal {
  const found = findSpace(db, space)
  if (found === undefined) return noSpace(space)
  const ids = column<number>(db, unqueuedItems, { after: found.queuedTo, limit })
  if (ids.length === 0) return true
  run(db, insertJobs, { space: found.id, ids: JSON.stringify(ids) })
  run(db, setQueued, { space: found.id, to: ids.at(-1) ?? found.queuedTo })
  return ids.length < limit
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
   where space_id = :space and text_hash = :hash and code is not null
   limit 1`,
)

export function hasDue(db: Database, { space, now }: { space: string; now: number }): boolean {
  const found = findSpace(db, space)
  if (found === undefined) return false
  const { id, state, queuedTo } = found
  if (get(db, dueJobs, { space: id, now, limit: 1 }) !== undefined) return true
  if (get(db, unqueuedItems, { after: queuedTo, limit: 1 }) !== undefined) return true
  return state === 'filling'
}

export function dueTexts(db: Database, input: { space: string; now: number; limit: number }): DueText[] {
  const space = findSpace(db, input.space)
  if (space === undefined) return []
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

const hasJob = sql(
  'embeddings.job',
  `select item
   from embedding_jobs
   where space_id = :space and item = :item`,
)

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

export function saveEmbeddings(db: Database, answers: EmbeddingAnswers): number {
  const space = findSpace(db, answers.space)?.id
  if (space === undefined) return 0
  const texts = embeddingTexts(
    db,
    [...answers.vectors, ...answers.known].map(({ item }) => item),
  )
  let saved = 0
  for (const { item, hash, code, vector } of answers.vectors)
    if (takeJob(db, { space, item, hash }, texts)) saved += store(db, { space, item, hash, code, vector })
  for (const { item, hash } of answers.known) {
    const of = get<{ id: number }>(db, sameText, { space, hash: Buffer.from(hash, 'hex') })?.id
    if (of !== undefined && takeJob(db, { space, item, hash }, texts)) saved += copy(db, { item, of })
  }
  for (const item of answers.empty) run(db, removeJob, { space, item })
  for (const { item, error, runAfter } of answers.failures) run(db, postpone, { space, item, error, runAfter })
  return saved
}

/** Row ids are given anew: only an item that still says what was embedded gets the vector. */
function takeJob(
  db: Database,
  { space, item, hash }: { space: number; item: number; hash: string },
  texts: Map<number, EmbeddingText>,
): boolean {
  if (texts.get(item)?.hash.toString('hex') !== hash || get(db, hasJob, { space, item }) === undefined) return false
  run(db, removeJob, { space, item })
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

const retryFailed = sql(
  'embeddings.retry',
  `update embedding_jobs
   set run_after = :now, attempts = 0
   where space_id = :space and run_after is null`,
)

export function retryEmbeddings(db: Database, { space, now }: { space: string; now: number }): number | Refusal {
  const found = findSpace(db, space)
  return found === undefined ? noSpace(space) : run(db, retryFailed, { space: found.id, now }).changes
}
