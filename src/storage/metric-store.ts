import type { Owner } from '../access/policy.js'
import type { NamedHistogram } from '../observe/operation-times.js'
import type { Summary } from '../observe/summary.js'

export interface MetricStore {
  /** Measurements of `owner`, or of root when it is null. */
  record(input: { points: NewPoint[]; owner: Owner | null }): Promise<void>
  /** Newest first, below `before` (time, id). */
  points(input: MetricQuery & { before: [number, number]; limit: number }): Promise<PointRow[]>
  /** Stretches of `millis` in which something was measured, newest first, below `before`. */
  buckets(input: MetricQuery & { millis: number; before: number; limit: number }): Promise<BucketRow[]>
  /** In order, after `after`. `owner` undefined means any. */
  names(input: { owner: Owner | undefined; after: string; limit: number }): Promise<string[]>
  /** Adds to what all processes have measured in a minute, which is given by the time at which it began. */
  addHistograms(input: { minute: number; histograms: NamedHistogram[] }): Promise<void>
  /** Added up over the minutes from `since` on, in order of names. */
  histograms(input: { name?: string; since: number }): Promise<NamedHistogram[]>
  /** Removes measurements and histograms older than `before`, at most `limit` of either. Returns how many. */
  prune(input: { before: number; limit: number }): Promise<number>
}

export interface NewPoint {
  name: string
  value: number
  /** JSON object text, its keys in order. */
  labels: string
  timestamp: number
}

export interface MetricQuery {
  name: string
  /** Undefined means any: the caller is root. */
  owner: Owner | undefined
  /** Labels that must be there with these values. */
  labels: Record<string, string | number | boolean>
  since: number
}

export interface PointRow {
  id: number
  timestamp: number
  value: number
  labels: string
  app: string | null
  user: string | null
}

export interface BucketRow extends Summary {
  start: number
}
