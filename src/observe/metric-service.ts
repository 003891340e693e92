import type { Guard } from '../access/guard.js'
import type { Owner } from '../access/policy.js'
import { isRoot } from '../access/principal.js'
import { CairnError, invalidInput } from '../errors.js'
import { type CursorKey, decodeCursor, type Page, toPage } from '../page.js'
import { parse } from '../parse.js'
import type { Storage } from '../storage/storage.js'
import { toMillis } from '../time.js'
import { addHistogram, emptyHistogram } from './histogram.js'
import {
  type MetricBucket,
  type MetricPoint,
  type OperationSummary,
  toBucket,
  toOperationSummary,
  toPoint,
} from './metric.js'
import {
  type MetricLabels,
  type MetricNamesQuery,
  type MetricQueryInput,
  metricQuerySchema,
  type NewMetricInput,
  namesQuerySchema,
  type OperationsQuery,
  operationsQuerySchema,
  parseMetric,
  parseMetricName,
} from './metric-inputs.js'
import type { NamedHistogram, OperationTimes } from './operation-times.js'

const hourMillis = 3_600_000
const max = Number.MAX_SAFE_INTEGER

/**
 * Measurements, which are not audited. A handle records for its (app, user) and sees what was recorded for them; root sees
 * all. They are kept for `metricsDays`. Methods reject with a `CairnError`: `invalid_input`, `too_large` for labels over
 * 4 KiB, `forbidden`, `closed`.
 */
export class MetricService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #times: OperationTimes

  constructor({ storage, guard, times }: { storage: Storage; guard: Guard; times: OperationTimes }) {
    this.#storage = storage
    this.#guard = guard
    this.#times = times
  }

  /** Records one measurement: a number that is not negative. */
  async record(name: string, value: number, labels: MetricLabels = {}): Promise<void> {
    await this.recordMany([{ name, value, labels }])
  }

  /** Records all measurements or none. At most 1,000. */
  async recordMany(metrics: NewMetricInput[]): Promise<void> {
    if (!Array.isArray(metrics) || metrics.length > 1000)
      throw invalidInput('recordMany takes a list of at most 1,000 measurements.', 'Split the list.')
    const now = this.#guard.now()
    const points = metrics.map((metric) => parseMetric(metric, now))
    const owner = this.#owner()
    if (owner === undefined) throw await this.#ownerless()
    if (points.length > 0) await this.#storage.metrics.record({ points, owner })
  }

  /** Measurements of a name, newest first; with `bucketSeconds`, what they are like in each stretch of time. */
  query(query: MetricQueryInput & { bucketSeconds: number }): Promise<Page<MetricBucket>>
  query(query: MetricQueryInput & { bucketSeconds?: undefined }): Promise<Page<MetricPoint>>
  query(query: MetricQueryInput): Promise<Page<MetricPoint> | Page<MetricBucket>>
  async query(query: MetricQueryInput): Promise<Page<MetricPoint> | Page<MetricBucket>> {
    const {
      name,
      labels = {},
      since,
      until,
      bucketSeconds,
      limit = 50,
      cursor,
    } = parse(metricQuerySchema, query, 'query')
    const stored = {
      name: parseMetricName(name),
      owner: this.#visible(),
      labels,
      since: since === undefined ? -max : toMillis(since, 'since'),
      limit: limit + 1,
    }
    const end = until === undefined ? max : toMillis(until, 'until')
    if (bucketSeconds === undefined) {
      const [time, id] =
        cursor === undefined ? [end, 0] : (decodeCursor(cursor, ['number', 'number']) as [number, number])
      const rows = await this.#storage.metrics.points({ ...stored, before: [time, id] })
      return toPage(rows, limit, toPoint, (row): CursorKey => [row.timestamp, row.id])
    }
    const [before] = cursor === undefined ? [end] : (decodeCursor(cursor, ['number']) as [number])
    const rows = await this.#storage.metrics.buckets({ ...stored, before, millis: bucketSeconds * 1000 })
    return toPage(rows, limit, toBucket, (row): CursorKey => [row.start])
  }

  /** The names of what was measured, in order. */
  async names(query: MetricNamesQuery = {}): Promise<Page<string>> {
    const { limit = 1000, cursor } = parse(namesQuerySchema, query, 'names')
    const [after] = cursor === undefined ? [''] : (decodeCursor(cursor, ['string']) as [string])
    const names = await this.#storage.metrics.names({ owner: this.#visible(), after, limit: limit + 1 })
    return toPage(
      names,
      limit,
      (name) => name,
      (name) => [name],
    )
  }

  /**
   * How long the operations of the store took: of all processes, as they add it up once a minute, and of this one up to
   * now. Root only.
   */
  async operations(query: OperationsQuery = {}): Promise<Page<OperationSummary>> {
    await this.#guard.demandRoot('see how long operations take', { subject: 'store', operation: 'read' })
    const { name, since } = parse(operationsQuerySchema, query, 'operations')
    const from = since === undefined ? this.#guard.now() - hourMillis : toMillis(since, 'since')
    const own = this.#times.current().filter((histogram) => name === undefined || histogram.name === name)
    const stored = await this.#storage.metrics.histograms({ since: from, ...(name !== undefined && { name }) })
    const items = added([...stored, ...own]).map(toOperationSummary)
    return { items, next: null }
  }

  /** For whom the caller records: null is root, undefined nobody. */
  #owner(): Owner | null | undefined {
    const { caller } = this.#guard
    if (isRoot(caller)) return null
    const { app, user } = caller
    return app === undefined || user === undefined ? undefined : { app, user }
  }

  async #ownerless(): Promise<CairnError> {
    await this.#guard.noteRefusal({ subject: 'store', operation: 'create' })
    return new CairnError('forbidden', 'Measurements belong to an app and a user, and this handle has not both.', {
      hint: 'Use cairn.as({ app, user }).',
    })
  }

  /** A caller without an app or a user has recorded nothing; no owner has an empty name. */
  #visible(): Owner | undefined {
    const { caller } = this.#guard
    return isRoot(caller) ? undefined : { app: caller.app ?? '', user: caller.user ?? '' }
  }
}

/** Histograms of the same name as one, in order of names. */
function added(histograms: NamedHistogram[]): NamedHistogram[] {
  const sums = new Map<string, NamedHistogram>()
  for (const histogram of histograms) {
    const { name } = histogram
    const sum = sums.get(name) ?? { name, ...emptyHistogram() }
    sums.set(name, sum)
    addHistogram(sum, histogram)
  }
  return [...sums.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
