// The scan of the sqlite-vec extension over the same vectors: floats alone, and bits with the best 400 looked at again.
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { quantile, round } from '../core/statistics.mjs'
import { bytesOf, dimensions } from './store.mjs'

/** Times of some queries, or why there are none. */
export async function measureSqliteVec({ path, count, queries, nearest }) {
  const extension = await import('sqlite-vec').catch((error) => ({ missing: error.message.split('\n')[0] }))
  if (extension.missing) return { missing: extension.missing }
  const db = new Database(`${path}.vec`)
  try {
    extension.load(db)
  } catch (error) {
    db.close()
    return { missing: error.message }
  }
  fill(db, path, count)
  const floats = db.prepare('select item from vec where vector match ? and k = 10 order by distance').pluck()
  const bits = db
    .prepare(
      `with near as (
         select item
         from vec_bits
         where bits match vec_quantize_binary(:query) and k = 400)
       select near.item
       from near
       join source.vectors using (item)
       order by vec_distance_cosine(vectors.vector, :query)
       limit 10`,
    )
    .pluck()
  const rows = {
    version: db.prepare('select vec_version()').pluck().get(),
    floats: time((query) => floats.all(query), { queries, nearest }),
    bits: time((query) => bits.all({ query }), { queries, nearest }),
  }
  db.close()
  return rows
}

function fill(db, path, count) {
  const there = existsSync(`${path}.vec`) && tableExists(db)
  db.prepare('attach ? as source').run(path)
  if (there) return
  db.pragma('journal_mode = off')
  db.exec(`
    create virtual table vec using vec0 (item integer primary key, vector float[${dimensions}] distance_metric=cosine);
    create virtual table vec_bits using vec0 (item integer primary key, bits bit[${dimensions}]);`)
  db.prepare('insert into vec (item, vector) select item, vector from source.vectors where item <= ?').run(count)
  db.prepare(
    'insert into vec_bits (item, bits) select item, vec_quantize_binary(vector) from source.vectors where item <= ?',
  ).run(count)
}

function tableExists(db) {
  return db.prepare("select count(*) from sqlite_schema where name = 'vec_bits'").pluck().get() === 1
}

function time(search, { queries, nearest }) {
  const times = []
  let hits = 0
  for (const [i, query] of queries.entries()) {
    const start = performance.now()
    const items = search(bytesOf(query))
    times.push(performance.now() - start)
    hits += nearest[i].filter((item) => items.includes(item)).length
  }
  const recall = hits / queries.length / 10
  return { p50: round(quantile(times, 0.5), 1), p99: round(quantile(times, 0.99), 1), recall: round(recall, 4) }
}
