import { z } from 'zod'
import { parseName } from '../access/namespace.js'
import { encodeJsonObject } from '../json.js'
import { objectOf, parse } from '../parse.js'
import type { NewPoint } from '../storage/metric-store.js'
import { toMillis } from '../time.js'

const time = z.union([z.date(), z.string(), z.number()])
const limit = z.number().int().min(1).max(1000)
const label = z.union([z.string(), z.number(), z.boolean()])

export const labelsSchema = objectOf(label)

/** What tells measurements of one name apart, such as `{ model: 'small', cached: true }`. */
export type MetricLabels = z.input<typeof labelsSchema>

export const newMetricSchema = z.strictObject({
  name: z.string(),
  value: z.number().min(0),
  labels: labelsSchema.optional(),
  at: time.optional(),
})

/** A measurement: a number that is not negative. `at` is when it was made, by default now. */
export type NewMetricInput = z.input<typeof newMetricSchema>

export const metricQuerySchema = z.strictObject({
  name: z.string(),
  labels: labelsSchema.optional(),
  since: time.optional(),
  until: time.optional(),
  bucketSeconds: z.number().int().min(1).max(31_622_400).optional(),
  limit: limit.optional(),
  cursor: z.string().optional(),
})

/**
 * Which measurements: of one name, with these labels, from `since` on and before `until`. With `bucketSeconds` they are
 * summed up in stretches that long, which begin at whole multiples of it since 1970. `limit` is 50 by default, at most
 * 1,000; `cursor` is the `next` of the page before.
 */
export type MetricQueryInput = z.input<typeof metricQuerySchema>

export const namesQuerySchema = z.strictObject({ limit: limit.optional(), cursor: z.string().optional() })

/** `limit` is 1,000 by default, which is the most; `cursor` is the `next` of the page before. */
export type MetricNamesQuery = z.input<typeof namesQuerySchema>

export const operationsQuerySchema = z.strictObject({ name: z.string().optional(), since: time.optional() })

/** One operation, such as `memories.add`, or all; since a time, by default an hour ago. */
export type OperationsQuery = z.input<typeof operationsQuerySchema>

const labelsBytes = 4_096

export function parseMetric(input: NewMetricInput, now: number): NewPoint {
  const { name, value, labels = {}, at = now } = parse(newMetricSchema, input, 'The metric')
  const inOrder = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    name: parseMetricName(name),
    value,
    labels: encodeJsonObject(inOrder, 'labels', labelsBytes),
    timestamp: toMillis(at, 'at'),
  }
}

export function parseMetricName(name: string): string {
  return parseName(name, 'The name of the metric')
}
