import { inCircles } from './circles.js'
import type { ImportProblems } from './import-problems.js'
import type { InterchangeRow, RowOf } from './interchange.js'
import { compareRecords, nameOf } from './record-order.js'
import { limitOf, type ValueLimits } from './value-limits.js'

export interface CheckerOptions {
  problems: ImportProblems
  /** Whether records must stand in the order of a file; otherwise only behind those that they refer to. */
  ordered: boolean
  limits: ValueLimits
}

interface Reference {
  line: number
  /** How the record says it: `its session`. */
  what: string
  id: string
}

type Referred = 'sessions' | 'tasks'

/** A session or a task by its id. */
export interface Named {
  to: Referred
  id: string
}

/** Whether records fit together. It is shown them one by one, and keeps of them only the ids of sessions and tasks. */
export class RecordChecker {
  readonly #options: CheckerOptions
  readonly #sessions = new Map<string, Pick<RowOf<'session'>, 'lastSeq' | 'forkedAtSeq' | 'app' | 'user'>>()
  readonly #tasks = new Set<string>()
  readonly #excused = { sessions: new Set<string>(), tasks: new Set<string>() }
  readonly #parents = { sessions: new Map<string, string[]>(), tasks: new Map<string, string[]>() }
  readonly #prerequisites = new Map<string, string[]>()
  readonly #lines = { sessions: new Map<string, number>(), tasks: new Map<string, number>() }
  /** References of the run of sessions or tasks that is being read, which may be to later ones of it. */
  #run: (Reference & { to: Referred })[] = []
  #elsewhere: Record<Referred, Reference[]> = { sessions: [], tasks: [] }
  #last: InterchangeRow | undefined
  #lastLine = 0
  #eventIds = new Set<string>()

  constructor(options: CheckerOptions) {
    this.#options = options
  }

  /** Whether a record of the file has this id. */
  has(to: Referred, id: string): boolean {
    return to === 'sessions' ? this.#sessions.has(id) : this.#tasks.has(id)
  }

  /** One bad line is named as such; what refers to it is not at fault. */
  excuse({ to, id }: Named): void {
    this.#excused[to].add(id)
  }

  check(line: number, row: InterchangeRow): void {
    const problem = (reason: string): void => this.#options.problems.add(line, reason)
    if (row.record !== this.#last?.record) this.#endRun()
    this.#endChain(row)
    this.#checkOrder(row, problem)
    this.#checkSizes(row, problem)
    this.#checkLinks(line, row, problem)
    this.#last = row
    this.#lastLine = line
  }

  /** What the file refers to and does not hold: the store must have it. */
  end(): Record<Referred, string[]> {
    this.#endRun()
    this.#endChain(undefined)
    for (const to of ['sessions', 'tasks'] as const) this.#checkCircles(to, this.#parents[to], 'its parents')
    this.#checkForks()
    this.#checkCircles('tasks', this.#prerequisites, 'what it waits for')
    const ids = (references: Reference[]) => [...new Set(references.map(({ id }) => id))]
    return { sessions: ids(this.#elsewhere.sessions), tasks: ids(this.#elsewhere.tasks) }
  }

  /** Names every line that refers to something that is nowhere. */
  refuseMissing(missing: Record<Referred, string[]>): void {
    for (const to of ['sessions', 'tasks'] as const) {
      const gone = new Set(missing[to])
      for (const { line, what, id } of this.#elsewhere[to])
        if (gone.has(id))
          this.#options.problems.add(line, `${what} ${id} is neither before it in the file nor in the store`)
    }
  }

  #checkOrder(row: InterchangeRow, problem: (reason: string) => void): void {
    if (!this.#options.ordered || this.#last === undefined) return
    const difference = compareRecords(this.#last, row)
    if (difference > 0) problem(`is out of order: ${nameOf(row)} belongs before ${nameOf(this.#last)}`)
    else if (difference === 0 && row.record !== 'audit') problem(`${nameOf(row)} is there twice`)
  }

  #checkSizes(row: InterchangeRow, problem: (reason: string) => void): void {
    const { bytes: most, setting } = limitOf(row.record, this.#options.limits)
    for (const [field, value] of Object.entries(row)) {
      if (typeof value !== 'string' || value.length * 3 <= most) continue
      const bytes = Buffer.byteLength(value)
      if (bytes > most) problem(`${field} has ${bytes} bytes; ${setting} of this store is ${most}`)
    }
  }

  #checkLinks(line: number, row: InterchangeRow, problem: (reason: string) => void): void {
    if (row.record === 'session') this.#session(line, row)
    else if (row.record === 'event') this.#event(row, problem)
    else if (row.record === 'operation') this.#ofSession(row.session, problem)
    else if (row.record === 'state' && row.scope === 'session') this.#ofSession(row.owner, problem)
    else if (row.record === 'memory') this.#memory(row, problem)
    else if (row.record === 'task') this.#task(line, row)
    else if (row.record === 'agent' || row.record === 'checkpoint') {
      this.#refer(line, 'sessions', 'its session', row.session)
      this.#refer(line, 'tasks', 'its task', row.task)
    }
  }

  #session(line: number, { id, lastSeq, forkedAtSeq, parent, app, user }: RowOf<'session'>): void {
    this.#sessions.set(id, { lastSeq, forkedAtSeq, app, user })
    if (parent === null) return
    this.#lines.sessions.set(id, line)
    this.#parents.sessions.set(id, [parent])
    this.#refer(line, 'sessions', 'its parent', parent)
  }

  #event({ session, seq, eventId }: RowOf<'event'>, problem: (reason: string) => void): void {
    const owner = this.#sessions.get(session)
    this.#ofSession(session, problem)
    if (seq > (owner?.lastSeq ?? seq)) problem(`event ${seq} is after the last of its session, ${owner?.lastSeq}`)
    if (seq <= (owner?.forkedAtSeq ?? 0))
      problem(`event ${seq} is before the fork of its session, which begins after it`)
    if (this.#last?.record !== 'event' || this.#last.session !== session) this.#eventIds = new Set()
    if (this.#eventIds.has(eventId)) problem(`another event of its session has the id ${eventId}`)
    this.#eventIds.add(eventId)
  }

  #ofSession(session: string, problem: (reason: string) => void): void {
    if (!this.#isKnown('sessions', session)) problem(`its session ${session} is not before it in the file`)
  }

  #memory(row: RowOf<'memory'>, problem: (reason: string) => void): void {
    const { version, chain, recordedAt } = row
    const before = this.#last?.record === 'memory' && isNextOf(this.#last, row) ? this.#last : undefined
    const expected = (before?.version ?? 0) + 1
    if (version === before?.version) return
    if (version !== expected) problem(`${nameOf(row)} stands where version ${expected} belongs`)
    if (before && chain !== before.chain) problem(`its chain is another than that of version ${before.version}`)
    if (before && recordedAt !== before.supersededAt)
      problem(`it was recorded at another time than version ${before.version} was superseded`)
  }

  /** What the last version of a memory must be shows when something else follows. */
  #endChain(next: InterchangeRow | undefined): void {
    if (this.#last?.record !== 'memory' || isNextOf(this.#last, next) || this.#last.supersededAt === null) return
    this.#options.problems.add(this.#lastLine, `${nameOf(this.#last)} was superseded, and no version follows`)
  }

  #task(line: number, { id, parent, session, dependencies }: RowOf<'task'>): void {
    this.#tasks.add(id)
    this.#lines.tasks.set(id, line)
    if (parent !== null) this.#parents.tasks.set(id, [parent])
    if (dependencies.length > 0)
      this.#prerequisites.set(
        id,
        dependencies.map(({ task }) => task),
      )
    this.#refer(line, 'sessions', 'its session', session)
    this.#refer(line, 'tasks', 'its parent', parent)
    for (const { task } of dependencies) this.#refer(line, 'tasks', 'its prerequisite', task)
  }

  #refer(line: number, to: Referred, what: string, id: string | null): void {
    if (id !== null && !this.#isKnown(to, id)) this.#run.push({ line, to, what, id })
  }

  #isKnown(to: Referred, id: string): boolean {
    return this.has(to, id) || this.#excused[to].has(id)
  }

  #endRun(): void {
    for (const { to, ...reference } of this.#run)
      if (!this.#isKnown(to, reference.id)) this.#elsewhere[to].push(reference)
    this.#run = []
  }

  /** Parents may come after their forks. */
  #checkForks(): void {
    for (const [id, [parent = '']] of this.#parents.sessions) {
      const [fork, from] = [this.#sessions.get(id), this.#sessions.get(parent)]
      if (fork === undefined || from === undefined) continue
      const problem = (reason: string): void =>
        this.#options.problems.add(this.#lines.sessions.get(id) ?? 0, `its parent ${parent} ${reason}`)
      if (from.app !== fork.app || from.user !== fork.user) problem('is of another owner')
      if (from.lastSeq < (fork.forkedAtSeq ?? 0)) problem(`ends at event ${from.lastSeq}, before the fork`)
    }
  }

  #checkCircles(to: Referred, after: Map<string, string[]>, what: string): void {
    for (const id of inCircles(after))
      this.#options.problems.add(this.#lines[to].get(id) ?? 0, `${what} form a circle, or lead to one`)
  }
}

function isNextOf(before: InterchangeRow | undefined, row: InterchangeRow | undefined): boolean {
  const both = before?.record === 'memory' && row?.record === 'memory'
  return both && before.namespace === row.namespace && before.key === row.key
}
