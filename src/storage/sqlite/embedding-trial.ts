import type { Database } from 'better-sqlite3'
import type { TrialSample } from '../embedding-store.js'
import { findSpace } from './embedding-spaces.js'
import { embeddingTexts } from './embedding-texts.js'
import { all, get, run, sql } from './statements.js'
import { storedVectors } from './vector-read.js'

const lastOf = sql(
  'embeddings.lastOf',
  `select max(item) as item
   from embedding_codes
   where space_id = :space`,
)

const nextOf = sql(
  'embeddings.nextOf',
  `select (
     select c.item
     from embedding_codes c
     where c.space_id = :space and c.item >= wanted.value and c.code is not null
     order by c.item
     limit 1) as item
   from json_each(:from) wanted`,
)

const note = sql(
  'embeddings.noteTrial',
  `update embedding_spaces
   set found = :found, tried_with = :vectors
   where name = :space`,
)

/** Each word of a half says something, so a half of fewer is hardly a text. */
const leastWords = 12

/** From all over the store, the same ones for the same store. */
export function trialSample(
  db: Database,
  { space, texts, others }: { space: string; texts: number; others: number },
): TrialSample | null {
  const found = findSpace(db, space)
  if (found === undefined) return null
  const last = get<{ item: number | null }>(db, lastOf, { space: found.id })?.item ?? 0
  const items = mixed(itemsOf(db, found.id, last, 2 * (texts + others)))
  const read = embeddingTexts(db, items)
  const long = items.filter((item) => (read.get(item)?.text.split(/\s+/).length ?? 0) >= leastWords).slice(0, texts)
  const chosen = new Set(long)
  const rest = items.filter((item) => !chosen.has(item)).slice(0, others)
  return {
    texts: long.map((item) => read.get(item)?.text ?? ''),
    others: Array.from(storedVectors(db, found, rest).values(), (vector) => Float32Array.from(vector)),
  }
}

function itemsOf(db: Database, space: number, last: number, count: number): number[] {
  const step = Math.max(1, last / count)
  const from = Array.from({ length: Math.min(count, last) }, (_, index) => Math.ceil(index * step) + 1)
  const items = all<{ item: number | null }>(db, nextOf, { space, from: JSON.stringify(from) })
  return [...new Set(items.flatMap(({ item }) => item ?? []))]
}

/** Neighbours in the store are apart, whatever their number. */
function mixed(items: number[]): number[] {
  const golden = 0.6180339887
  return items
    .map((item, index) => ({ item, at: (index * golden) % 1 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

export function noteTrial(db: Database, input: { space: string; found: number | null; vectors: number }): void {
  run(db, note, input)
}
