import type { InterchangeRecord } from '../interchange.js'
import type { ValueLimits } from '../value-limits.js'
import { fitRecord } from './fit.js'
import type { ForeignFormat, ForeignOptions, ForeignRecords } from './importer.js'

/** How many things of a kind, what was done with them, and the first few by name. */
export interface ReportLine {
  what: string
  /** How it was mapped, or why it was left. */
  how: string
  count: number
  examples: string[]
}

/**
 * What became of a file of another tool. `taken`: what was stored as it was. `mapped`: what was taken and had to be
 * changed to be valid or to fit. `left`: what was not taken, and why.
 */
export interface ForeignReport {
  format: ForeignFormat
  taken: { what: string; count: number }[]
  mapped: ReportLine[]
  left: ReportLine[]
}

const maxExamples = 3
const maxExampleLength = 80

/** Counts while an importer reads. */
export class ReportBuilder {
  readonly #format: ForeignFormat
  readonly #taken = new Map<string, number>()
  readonly #mapped = new Map<string, ReportLine>()
  readonly #left = new Map<string, ReportLine>()

  constructor(format: ForeignFormat) {
    this.#format = format
  }

  taken(what: string, count = 1): void {
    this.#taken.set(what, (this.#taken.get(what) ?? 0) + count)
  }

  mapped(what: string, how: string, example?: string): void {
    note(this.#mapped, { what, how, count: 1 }, example)
  }

  left(what: string, why: string, example?: string, count = 1): void {
    note(this.#left, { what, how: why, count }, example)
  }

  report(): ForeignReport {
    return {
      format: this.#format,
      taken: [...this.#taken].map(([what, count]) => ({ what, count })),
      mapped: [...this.#mapped.values()],
      left: [...this.#left.values()],
    }
  }
}

function note(
  lines: Map<string, ReportLine>,
  { what, how, count }: Omit<ReportLine, 'examples'>,
  example: string | undefined,
): void {
  const line = lines.get(`${what}\n${how}`) ?? { what, how, count: 0, examples: [] }
  lines.set(`${what}\n${how}`, line)
  line.count += count
  if (example === undefined || line.examples.length >= maxExamples) return
  line.examples.push(example.slice(0, maxExampleLength).toWellFormed())
}

/** Records that are read anew each time that somebody goes through them, and the report of the last reading. */
export function reading(
  format: ForeignFormat,
  { limits }: ForeignOptions,
  read: (report: ReportBuilder) => AsyncGenerator<InterchangeRecord>,
): ForeignRecords {
  let report = new ReportBuilder(format)
  const records = {
    [Symbol.asyncIterator]: () => {
      report = new ReportBuilder(format)
      return fitting(read(report), limits, report)
    },
  }
  return { records, report: () => report.report() }
}

async function* fitting(
  records: AsyncIterable<InterchangeRecord>,
  limits: ValueLimits,
  report: ReportBuilder,
): AsyncGenerator<InterchangeRecord> {
  for await (const record of records) yield fitRecord(record, limits, report)
}
