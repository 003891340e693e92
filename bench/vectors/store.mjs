// The store that is measured: vectors and their codes in tables of their own, as the product keeps them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { encode } from '../../dist/vectors/codes.js'
import { makeExact } from './exact.mjs'
import { makePoints } from './points.mjs'

export const dimensions = 768
const filterSize = 10_000

const tables = `
  create table vectors (item integer primary key, vector blob not null) strict;
  create table codes (item integer primary key, code blob not null) strict;`

export const inserts = {
  vector: 'insert into vectors (item, vector) values (?, ?)',
  code: 'insert into codes (item, code) values (?, ?)',
}

/**
 * Makes a store of `count` vectors in a folder, unless it is there, and finds out what is nearest to each query. Items are
 * numbered from 1. Returns the queries, the truth, a filter and the truth within it.
 */
export async function makeStore(folder, { count, queries: queryCount, onProgress }) {
  const [path, truthPath] = [join(folder, `vectors-${count}.db`), join(folder, `truth-${count}-${queryCount}.json`)]
  const next = makePoints()
  const queries = Array.from({ length: queryCount }, next)
  const later = Array.from({ length: 10_000 }, next)
  if (existsSync(truthPath)) return { path, queries, later, ...JSON.parse(readFileSync(truthPath, 'utf8')) }

  const step = Math.max(1, Math.floor(count / filterSize))
  const filter = Array.from({ length: Math.min(filterSize, count) }, (_, i) => 1 + i * step)
  const inFilter = new Set(filter)
  const all = await makeExact(queries)
  const filtered = await makeExact(queries, { only: (item) => inFilter.has(item) })
  let encodeMs = 0
  const db = openWriter(path)
  db.exec(tables)
  const [insertVector, insertCode] = [db.prepare(inserts.vector), db.prepare(inserts.code)]
  for (let first = 1; first <= count; first += all.block) {
    const items = Array.from({ length: Math.min(all.block, count + 1 - first) }, (_, i) => first + i)
    const vectors = items.map(next)
    const start = performance.now()
    const codes = vectors.map(encode)
    encodeMs += performance.now() - start
    db.transaction(() => {
      for (const [i, item] of items.entries()) {
        insertVector.run(item, bytesOf(vectors[i]))
        insertCode.run(item, codes[i])
      }
    })()
    all.add(items, vectors)
    filtered.add(items, vectors)
    if (first % 100_000 === 1) {
      db.pragma('wal_checkpoint(truncate)')
      onProgress?.(first - 1, count)
    }
  }
  db.close()
  const truth = {
    nearest: queries.map((_, i) => all.nearest(i)),
    filter,
    nearestInFilter: queries.map((_, i) => filtered.nearest(i)),
    encodeMicroseconds: (1000 * encodeMs) / count,
  }
  writeFileSync(truthPath, JSON.stringify(truth))
  return { path, queries, later, ...truth }
}

export function openWriter(path) {
  const db = new Database(path)
  db.pragma('journal_mode = wal')
  db.pragma('synchronous = normal')
  return db
}

/** A reader with the settings of the product's. */
export function openReader(path) {
  const db = new Database(path, { readonly: true })
  for (const setting of ['cache_size = -8192', 'mmap_size = 0', 'temp_store = 2', 'cell_size_check = 1'])
    db.pragma(setting)
  return db
}

export function bytesOf(vector) {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
}
