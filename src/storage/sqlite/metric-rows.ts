import type { Histogram } from '../../observe/histogram.js'

export interface HistogramRow extends Omit<Histogram, 'buckets'> {
  name: string
  /** JSON object text. */
  buckets: string
}

export function toHistogram({ count, sum, min, max, buckets }: HistogramRow): Histogram {
  const counts = Object.entries(JSON.parse(buckets) as Record<string, number>)
  return { count, sum, min, max, buckets: new Map(counts.map(([bucket, times]) => [Number(bucket), times])) }
}
