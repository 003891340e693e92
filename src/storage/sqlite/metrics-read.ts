import type { Database } from 'better-sqlite3'
import type { Owner } from '../../access/policy.js'
import { addHistogram, emptyHistogram } from '../../observe/histogram.js'
import type { NamedHistogram } from '../../observe/operation-times.js'
import { summarize } from '../../observe/summary.js'
import type { BucketRow, MetricQuery, PointRow } from '../metric-store.js'
import { type HistogramRow, toHistogram } from './metric-rows.js'
import { get, iterate, sql, sqlFamily } from './statements.js'

const indexes = { any: 'metrics_by_name', owned: 'metrics_by_owner' }
const owners = { any: '', owned: 'app_id = :app and user_id = :user and ' }
const shapes = ['any', 'owned'] as const

const points = sqlFamily(
  'metrics.points',
  shapes,
  (shape) => `select id, timestamp, value, labels, app_id as app, user_id as user
   from metrics indexed by ${indexes[shape]}
   where ${owners[shape]}name = :name and timestamp >= :since and (timestamp, id) < (:beforeTime, :beforeId)
   order by timestamp desc, id desc`,
)

function* pointsBefore(db: Database, query: MetricQuery, [time, id]: [number, number]): Generator<PointRow> {
  const { name, owner, since } = query
  const wanted = Object.entries(query.labels)
  const parameters = { name, since, beforeTime: time, beforeId: id, ...ownerParameters(owner) }
  for (const row of iterate<PointRow>(db, points[shapeFor(owner)], parameters)) {
    if (wanted.length > 0) {
      const labels = JSON.parse(row.labels) as MetricQuery['labels']
      if (!wanted.every(([label, value]) => labels[label] === value)) continue
    }
    yield row
  }
}

function shapeFor(owner: Owner | undefined): (typeof shapes)[number] {
  return owner === undefined ? 'any' : 'owned'
}

function ownerParameters(owner: Owner | undefined): { app: string | null; user: string | null } {
  return { app: owner?.app ?? null, user: owner?.user ?? null }
}

export function listPoints(db: Database, query: MetricQuery & { before: [number, number]; limit: number }): PointRow[] {
  const rows: PointRow[] = []
  for (const row of pointsBefore(db, query, query.before)) {
    rows.push(row)
    if (rows.length === query.limit) break
  }
  return rows
}

/** Newest first, so that one stretch after the other is complete, and no more of them are read than are wanted. */
export function listBuckets(
  db: Database,
  query: MetricQuery & { millis: number; before: number; limit: number },
): BucketRow[] {
  const buckets: BucketRow[] = []
  let start = Number.NaN
  let values: number[] = []
  const close = (): void => {
    if (values.length > 0) buckets.push({ start, ...summarize(values) })
    values = []
  }
  for (const { timestamp, value } of pointsBefore(db, query, [query.before, 0])) {
    const begin = Math.floor(timestamp / query.millis) * query.millis
    if (begin !== start) {
      close()
      if (buckets.length === query.limit) return buckets
      start = begin
    }
    values.push(value)
  }
  close()
  return buckets
}

const nextName = sqlFamily(
  'metrics.nextName',
  shapes,
  (shape) => `select name
   from metrics indexed by ${indexes[shape]}
   where ${owners[shape]}name > :after
   order by name
   limit 1`,
)

/** One search for each name, however many measurements it has. */
export function listMetricNames(
  db: Database,
  { owner, after, limit }: { owner: Owner | undefined; after: string; limit: number },
): string[] {
  const names: string[] = []
  while (names.length < limit) {
    const parameters = { after: names.at(-1) ?? after, ...ownerParameters(owner) }
    const next = get<{ name: string }>(db, nextName[shapeFor(owner)], parameters)
    if (next === undefined) break
    names.push(next.name)
  }
  return names
}

const histogramColumns = 'name, count, sum, min, max, buckets'

const histogramsSince = sql(
  'metrics.histogramsSince',
  `select ${histogramColumns}
   from metric_histograms
   where minute >= :since`,
)

const histogramsOfName = sql(
  'metrics.histogramsOfName',
  `select ${histogramColumns}
   from metric_histograms
   where name = :name and minute >= :since`,
)

export function listHistograms(db: Database, { name, since }: { name?: string; since: number }): NamedHistogram[] {
  const statement = name === undefined ? histogramsSince : histogramsOfName
  const sums = new Map<string, NamedHistogram>()
  for (const row of iterate<HistogramRow>(db, statement, { since, name: name ?? null })) {
    const sum = sums.get(row.name) ?? { name: row.name, ...emptyHistogram() }
    sums.set(row.name, sum)
    addHistogram(sum, toHistogram(row))
  }
  return [...sums.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
