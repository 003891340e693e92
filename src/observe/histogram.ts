/**
 * How often values of each size were met. A value v is counted in bucket ⌈log v / log γ⌉ with γ = 1.05 / 0.95, so that the
 * middle of a bucket is within 5 % of every value in it. This is the scheme of DDSketch (Masson, Rim, Lee: DDSketch, a
 * fast and fully-mergeable quantile sketch with relative-error guarantees, VLDB 2019), without its limit of buckets: from
 * .0001 to a million there are 231.
 */
export interface Histogram {
  count: number
  sum: number
  min: number
  max: number
  /** Bucket number → count. */
  buckets: Map<number, number>
}

const gamma = 1.05 / 0.95
const perLog = 1 / Math.log(gamma)
/** Smaller values are counted as this one: of milliseconds, a tenth of a microsecond. */
const smallest = 1e-4

export function emptyHistogram(): Histogram {
  return { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: 0, buckets: new Map() }
}

/** Counts a value, which is not negative. */
export function addValue(histogram: Histogram, value: number): void {
  const bucket = Math.ceil(Math.log(value < smallest ? smallest : value) * perLog)
  histogram.count++
  histogram.sum += value
  if (value < histogram.min) histogram.min = value
  if (value > histogram.max) histogram.max = value
  histogram.buckets.set(bucket, (histogram.buckets.get(bucket) ?? 0) + 1)
}

/** Adds what `other` counted. */
export function addHistogram(histogram: Histogram, other: Histogram): void {
  histogram.count += other.count
  histogram.sum += other.sum
  histogram.min = Math.min(histogram.min, other.min)
  histogram.max = Math.max(histogram.max, other.max)
  for (const [bucket, count] of other.buckets) {
    histogram.buckets.set(bucket, (histogram.buckets.get(bucket) ?? 0) + count)
  }
}

/** The value of which a share `q` are not greater, within 5 %; 0 when there is none. */
export function quantileOf({ count, min, max, buckets }: Histogram, q: number): number {
  if (count === 0) return 0
  let left = Math.max(1, Math.ceil(q * count))
  for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
    left -= buckets.get(bucket) ?? 0
    if (left <= 0) return Math.min(max, Math.max(min, (2 * gamma ** bucket) / (gamma + 1)))
  }
  return max
}
