/** What some values are like. Percentiles are the values at these ranks (nearest rank), not between them. */
export interface Summary {
  count: number
  sum: number
  min: number
  max: number
  p50: number
  p95: number
  p99: number
}

/** Of at least one value; sorts them. */
export function summarize(values: number[]): Summary {
  values.sort((a, b) => a - b)
  const at = (rank: number): number => values[Math.min(values.length, Math.max(1, rank)) - 1] ?? 0
  const count = values.length
  const percentile = (percent: number): number => at(Math.ceil((percent * count) / 100))
  return {
    count,
    sum: values.reduce((total, value) => total + value, 0),
    min: at(1),
    max: at(count),
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
  }
}
