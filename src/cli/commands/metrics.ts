import { InvalidArgumentError } from 'commander'
import type { MetricBucket, MetricLabels, MetricPoint, MetricQueryInput, OperationSummary } from '../../index.js'
import type { Page } from '../../page.js'
import type { CairnCommand } from '../command.js'
import { formatObject, formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { wholeNumber } from '../values.js'

export function addMetrics(program: CairnCommand, io: Io): void {
  const metrics = program
    .command('metrics')
    .description('Record and read measurements, and see how long operations take.')
  for (const add of [addRecord, addQuery, addNames, addOperations]) add(metrics, io)
}

/** Collects name=value; what reads as a number or as true or false is one. */
function labels(text: string, previous: MetricLabels = {}): MetricLabels {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write name=value.')
  return { ...previous, [name]: plain(value) }
}

function plain(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text) ? Number(text) : text
}

function measurement(text: string): number {
  const number = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(number)) throw new InvalidArgumentError('Write a number that is not negative.')
  return number
}

interface RecordFlags {
  label?: MetricLabels
  at?: string
}

function addRecord(metrics: CairnCommand, io: Io): void {
  metrics
    .command('record')
    .description('Record one measurement.')
    .argument('<name>', 'what was measured')
    .argument('<value>', 'a number, 0 or more', measurement)
    .option('--label <name=value>', 'what tells it from others of that name; may be repeated', labels)
    .option('--at <time>', 'when it was made; default now (ISO 8601)')
    .addHelpText('after', examples('cairn metrics record tokens 1250 --label model=small --label cached=true'))
    .action((name: string, value: number, { label, at }: RecordFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const metric = { name, value, labels: label ?? {}, ...(at !== undefined && { at }) }
        await cairn.metrics.recordMany([metric])
        output.show({ name, value, labels: metric.labels }, () => oneLine(`Recorded ${name} ${value}.`))
      }),
    )
}

interface QueryFlags extends Omit<MetricQueryInput, 'name' | 'labels' | 'bucketSeconds'> {
  label?: MetricLabels
  bucket?: number
}

function addQuery(metrics: CairnCommand, io: Io): void {
  const query = metrics
    .command('query')
    .description('Show the measurements of a name, newest first, or what they are like in stretches of time.')
    .argument('<name>', 'what was measured')
    .option('--label <name=value>', 'only those with this label; may be repeated', labels)
    .option('--since <time>', 'from this time on (ISO 8601)')
    .option('--until <time>', 'before this time (ISO 8601)')
    .option(
      '--bucket <seconds>',
      'sum up stretches this long: count, percentiles, least and greatest',
      wholeNumber(1, 31_622_400),
    )
  addPaging(query)
    .addHelpText(
      'after',
      examples('cairn metrics query tokens --label model=small', 'cairn metrics query tokens --bucket 3600 --json'),
    )
    .action((name: string, { label, bucket, ...flags }: QueryFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const asked = { name, ...(label && { labels: label }), ...flags }
        if (bucket === undefined) showPage(await cairn.metrics.query(asked), formatPoints, output)
        else showPage(await cairn.metrics.query({ ...asked, bucketSeconds: bucket }), formatBuckets, output)
      }),
    )
}

function showPage<Item>(page: Page<Item>, format: (items: Item[], output: Output) => string, output: Output): void {
  output.show(page, ({ items }) => (items.length === 0 ? '' : format(items, output)))
  noteMore(page, output, 'no measurements')
}

function formatPoints(points: MetricPoint[], output: Output): string {
  return output.table(points, [
    { title: 'time', cell: ({ timestamp }) => formatTime(timestamp) },
    { title: 'value', cell: ({ value }) => short(value), align: 'right' },
    { title: 'labels', cell: ({ labels }) => formatObject(labels), shrinkTo: 8, dropAt: 1 },
    { title: 'user', cell: ({ user }) => user ?? '', shrinkTo: 6, dropAt: 2 },
    { title: 'app', cell: ({ app }) => app ?? '', shrinkTo: 6, dropAt: 3 },
  ])
}

function formatBuckets(buckets: MetricBucket[], output: Output): string {
  return output.table(buckets, [
    { title: 'from', cell: ({ start }) => formatTime(start) },
    { title: 'count', cell: ({ count }) => `${count}`, align: 'right' },
    { title: 'sum', cell: ({ sum }) => short(sum), align: 'right', dropAt: 2 },
    { title: 'min', cell: ({ min }) => short(min), align: 'right', dropAt: 1 },
    { title: 'p50', cell: ({ p50 }) => short(p50), align: 'right' },
    { title: 'p95', cell: ({ p95 }) => short(p95), align: 'right' },
    { title: 'p99', cell: ({ p99 }) => short(p99), align: 'right' },
    { title: 'max', cell: ({ max }) => short(max), align: 'right', dropAt: 1 },
  ])
}

function addNames(metrics: CairnCommand, io: Io): void {
  const names = metrics.command('names').description('List the names of what was measured.')
  addPaging(names, 1000)
    .addHelpText('after', examples('cairn metrics names', 'cairn metrics names --json'))
    .action((flags: { limit?: number; cursor?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        showPage(await cairn.metrics.names(flags), (items) => items.map(oneLine).join('\n'), output)
      }),
    )
}

function addOperations(metrics: CairnCommand, io: Io): void {
  metrics
    .command('operations')
    .description('Show how long the operations of the store took, in milliseconds.')
    .option('--name <operation>', 'only one, such as memories.add')
    .option('--since <time>', 'from this time on; default an hour ago (ISO 8601)')
    .addHelpText(
      'after',
      examples('cairn metrics operations', 'cairn metrics operations --name memories.add --since 2026-03-01 --json'),
    )
    .action((flags: { name?: string; since?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        showPage(await cairn.metrics.operations(flags), formatOperations, output)
      }),
    )
}

function formatOperations(operations: OperationSummary[], output: Output): string {
  return output.table(operations, [
    { title: 'operation', cell: ({ operation }) => operation },
    { title: 'count', cell: ({ count }) => `${count}`, align: 'right' },
    { title: 'mean', cell: ({ mean }) => short(mean), align: 'right', dropAt: 2 },
    { title: 'p50', cell: ({ p50 }) => short(p50), align: 'right' },
    { title: 'p95', cell: ({ p95 }) => short(p95), align: 'right', dropAt: 1 },
    { title: 'p99', cell: ({ p99 }) => short(p99), align: 'right' },
    { title: 'max', cell: ({ max }) => short(max), align: 'right', dropAt: 1 },
  ])
}

/** Four digits are enough to look at. */
function short(number: number): string {
  return `${Number(number.toPrecision(4))}`
}
