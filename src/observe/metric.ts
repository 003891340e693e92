import { decodeJsonObject, type JsonObject } from '../json.js'
import type { BucketRow, PointRow } from '../storage/metric-store.js'
import { toIso } from '../time.js'
import { quantileOf } from './histogram.js'
import type { NamedHistogram } from './operation-times.js'
import type { Summary } from './summary.js'

/** One measurement. `app` and `user` are those of the handle that recorded it, null for root. */
export interface MetricPoint {
  timestamp: string
  value: number
  labels: JsonObject
  app: string | null
  user: string | null
}

/** What was measured in one stretch of time, which begins at `start`. Percentiles are exact. */
export interface MetricBucket extends Summary {
  start: string
}

/** How long one operation of the store took, in milliseconds. Percentiles are within 5 %. */
export interface OperationSummary {
  operation: string
  count: number
  mean: number
  p50: number
  p95: number
  p99: number
  max: number
}

export function toPoint({ timestamp, value, labels, app, user }: PointRow): MetricPoint {
  return { timestamp: toIso(timestamp), value, labels: decodeJsonObject(labels), app, user }
}

export function toBucket({ start, ...summary }: BucketRow): MetricBucket {
  return { start: toIso(start), ...summary }
}

export function toOperationSummary(histogram: NamedHistogram): OperationSummary {
  const { name: operation, count, sum, max } = histogram
  const [p50, p95, p99] = [quantileOf(histogram, 0.5), quantileOf(histogram, 0.95), quantileOf(histogram, 0.99)]
  return { operation, count, mean: sum / count, p50, p95, p99, max }
}
