import { decodeJson } from '../json.js'
import { eventText, memoryText } from '../search/index-text.js'
import type { ImportRow, ImportTrail, InterchangeStore, Verdict } from '../storage/interchange-store.js'
import { ImportCounter, type ImportReport } from './import-report.js'
import { Owners } from './import-rules.js'
import type { InterchangeRow, RowOf } from './interchange.js'
import { lineOf } from './interchange-line.js'

// What one write may hold. Others wait for it: with 250, 500, 1,000 rows an add beside an import has a p99 of 15, 27, 41 ms,
// and the import stores 27,000, 28,000, 30,000 rows a second.
const batchRows = 250
const batchLength = 524_288
// The versions of a memory stay together, so that an import that is interrupted leaves no memory without its end, unless
// they are more than this.
const mostRows = 5_000
const mostLength = 8_388_608

export interface WriterOptions {
  store: InterchangeStore
  /** Nothing is written, and all is looked up. */
  dryRun: boolean
  trail: ImportTrail
  /** Whether a session or a task is in the file, and so will come. */
  has: (to: 'sessions' | 'tasks', id: string) => boolean
}

interface Numbered {
  line: number
  row: ImportRow
}

/** Hands rows to the store, in batches and in an order in which nothing is missing. One batch is stored while the next is made. */
export class ImportWriter {
  readonly #options: WriterOptions
  readonly #counter = new ImportCounter()
  #batch: Numbered[] = []
  #length = 0
  #storing: Promise<void> = Promise.resolve()
  #trail: ImportTrail | undefined
  /** Sessions and tasks that have been handed over. */
  readonly #handed = { sessions: new Set<string>(), tasks: new Set<string>() }
  /** Those whose parent comes later, by parent. */
  readonly #waiting = { sessions: new Map<string, Numbered[]>(), tasks: new Map<string, Numbered[]>() }
  #dependencies: Numbered[] = []
  readonly #owners = new Owners()
  /** Lines of the trail of one time, and how often each was there. */
  #sameTime: { first: RowOf<'audit'>; counts?: Map<string, number> } | undefined
  #last: InterchangeRow | undefined
  /** Parents before their forks. */
  readonly #sessions: string[] = []

  constructor(options: WriterOptions) {
    this.#options = options
    this.#trail = options.trail
  }

  async add(line: number, row: InterchangeRow): Promise<void> {
    if (row.record !== 'task') await this.#endTasks()
    if (this.#isFull(row)) await this.#flush()
    this.#last = row
    if (row.record === 'session') this.#addChild('sessions', { line, row })
    else if (row.record === 'task') this.#addTask(line, row)
    else if (row.record === 'audit') this.#put({ line, row: { ...row, nth: this.#nth(row) } })
    else this.#put({ line, row })
  }

  async end(): Promise<ImportReport> {
    await this.#endTasks()
    await this.#flush()
    await this.#storing
    if (!this.#options.dryRun) await this.#keepStates()
    return this.#counter.report(this.#options.dryRun)
  }

  /** At the end, since a state is folded from the events of all ancestors. */
  async #keepStates(): Promise<void> {
    for (let from = 0; from < this.#sessions.length; from += batchRows) {
      let left = this.#sessions.slice(from, from + batchRows).map((id) => ({ id, after: 0 }))
      while (left.length > 0) left = await this.#options.store.keepStates({ sessions: left })
    }
  }

  #isFull(next: InterchangeRow): boolean {
    const { length } = this.#batch
    if (length >= mostRows || this.#length >= mostLength) return true
    const together =
      next.record === 'memory' &&
      this.#last?.record === 'memory' &&
      next.namespace === this.#last.namespace &&
      next.key === this.#last.key
    return !together && (length >= batchRows || this.#length >= batchLength)
  }

  #put(numbered: Numbered): void {
    this.#batch.push(numbered)
    prepareText(numbered.row)
    for (const value of Object.values(numbered.row)) if (typeof value === 'string') this.#length += value.length
  }

  /** A session or a task whose parent is in the file goes after it. */
  #addChild(to: 'sessions' | 'tasks', child: Numbered & { row: { id: string; parent: string | null } }): void {
    const { parent } = child.row
    if (parent !== null && this.#options.has(to, parent) && !this.#handed[to].has(parent)) {
      this.#waiting[to].set(parent, [...(this.#waiting[to].get(parent) ?? []), child])
      return
    }
    const ready = [child as Numbered]
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const { id } = next.row as RowOf<'session' | 'task'>
      this.#put(next)
      this.#handed[to].add(id)
      ready.push(...(this.#waiting[to].get(id) ?? []))
      this.#waiting[to].delete(id)
    }
  }

  /** Tasks may wait for each other's parents, so all of them are there before the first dependency. */
  #addTask(line: number, row: RowOf<'task'>): void {
    for (const dependency of row.dependencies)
      this.#dependencies.push({ line, row: { ...dependency, record: 'dependency', dependent: row.id } })
    this.#addChild('tasks', { line, row: { ...row, dependencies: [] } })
  }

  async #endTasks(): Promise<void> {
    const dependencies = this.#dependencies
    this.#dependencies = []
    for (const dependency of dependencies) {
      if (this.#batch.length >= batchRows) await this.#flush()
      this.#put(dependency)
    }
  }

  #nth(row: RowOf<'audit'>): number {
    // Most lines are alone with their time.
    if (this.#sameTime?.first.timestamp !== row.timestamp) {
      this.#sameTime = { first: row }
      return 1
    }
    this.#sameTime.counts ??= new Map([[lineOf('audit', this.#sameTime.first), 1]])
    const line = lineOf('audit', row)
    const nth = (this.#sameTime.counts.get(line) ?? 0) + 1
    this.#sameTime.counts.set(line, nth)
    return nth
  }

  /** Waits for the batch before, then begins to store this one. A batch that failed ends the import: later ones build on it. */
  async #flush(): Promise<void> {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#length = 0
    await this.#storing
    for (const { row } of batch) if (this.#owners.bar(row)) row.lookOnly = true
    this.#storing = this.#store(batch)
    // Whoever waits for it next sees its error; until then it must not count as unhandled.
    this.#storing.catch(() => undefined)
  }

  async #store(batch: Numbered[]): Promise<void> {
    const { store, dryRun } = this.#options
    const rows = batch.map(({ row }) => row)
    const verdicts = dryRun ? await store.compare({ rows }) : await this.#write(rows)
    for (const [index, { line, row }] of batch.entries()) {
      const verdict = verdicts[index] ?? 'different'
      this.#counter.count(line, row, verdict)
      this.#owners.note(row, verdict)
      if (row.record === 'session' && verdict !== 'different') this.#sessions.push(row.id)
    }
  }

  async #write(rows: ImportRow[]): Promise<Verdict[]> {
    const { verdicts, trailed } = await this.#options.store.write({ rows, ...(this.#trail && { trail: this.#trail }) })
    if (trailed) this.#trail = undefined
    return verdicts
  }
}

/** The words of an item are made here, while the store is busy with the batch before. */
function prepareText(row: ImportRow): void {
  if (row.record === 'event') row.text = eventText(row.actor, decodeJson(row.content))
  else if (row.record === 'memory' && row.deleted === 0) row.text = memoryText(row.key, decodeJson(row.value))
}
