import type { Database } from 'better-sqlite3'
import type { Owner } from '../../access/policy.js'
import { addHistogram } from '../../observe/histogram.js'
import type { NamedHistogram } from '../../observe/operation-times.js'
import type { NewPoint } from '../metric-store.js'
import { type HistogramRow, toHistogram } from './metric-rows.js'
import { get, run, sql } from './statements.js'

const insert = sql(
  'metrics.insert',
  `insert into metrics (timestamp, name, value, labels, app_id, user_id)
   values (:timestamp, :name, :value, :labels, :app, :user)`,
)

export function recordMetrics(db: Database, { points, owner }: { points: NewPoint[]; owner: Owner | null }): null {
  for (const point of points) run(db, insert, { ...point, app: owner?.app ?? null, user: owner?.user ?? null })
  return null
}

const histogramAt = sql(
  'metrics.histogramAt',
  `select name, count, sum, min, max, buckets
   from metric_histograms
   where name = :name and minute = :minute`,
)

const saveHistogram = sql(
  'metrics.saveHistogram',
  `insert into metric_histograms (name, minute, count, sum, min, max, buckets)
   values (:name, :minute, :count, :sum, :min, :max, :buckets)
   on conflict (name, minute) do update
   set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, buckets = excluded.buckets`,
)

export function addHistograms(
  db: Database,
  { minute, histograms }: { minute: number; histograms: NamedHistogram[] },
): null {
  for (const histogram of histograms) {
    const { name } = histogram
    const stored = get<HistogramRow>(db, histogramAt, { name, minute })
    // What came in stays as it is: the operation may be run again.
    const total = { ...histogram, buckets: new Map(histogram.buckets) }
    if (stored) addHistogram(total, toHistogram(stored))
    const { count, sum, min, max, buckets } = total
    const text = JSON.stringify(Object.fromEntries(buckets))
    run(db, saveHistogram, { name, minute, count, sum, min, max, buckets: text })
  }
  return null
}

const prunePoints = sql(
  'metrics.prunePoints',
  `delete from metrics
   where id in (
     select id
     from metrics
     where timestamp < :before
     order by timestamp
     limit :limit)`,
)

const pruneHistograms = sql(
  'metrics.pruneHistograms',
  `delete from metric_histograms
   where (name, minute) in (
     select name, minute
     from metric_histograms
     where minute < :before
     order by minute
     limit :limit)`,
)

export function pruneMetrics(db: Database, { before, limit }: { before: number; limit: number }): number {
  return run(db, prunePoints, { before, limit }).changes + run(db, pruneHistograms, { before, limit }).changes
}
