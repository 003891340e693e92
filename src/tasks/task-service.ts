import type { Guard } from '../access/guard.js'
import { parseId, parseName, parseSegment } from '../access/namespace.js'
import { CairnError, invalidInput } from '../errors.js'
import { encodeJson } from '../json.js'
import type { Page } from '../page.js'
import { parse } from '../parse.js'
import type { Storage } from '../storage/storage.js'
import type { AttemptAddress, ClaimQuery, WorkAddress } from '../storage/task-store.js'
import { type Task, type TaskDependencies, type TaskRow, type TaskWithSession, toTask } from './task.js'
import {
  attemptSchema,
  type CancelOptions,
  type ClaimOptions,
  cancelOptionsSchema,
  claimOptionsSchema,
  type DeadLetterQuery,
  deadLettersSchema,
  type FailOptions,
  failOptionsSchema,
  heartbeatOptionsSchema,
  inOrder,
  type NewTaskInput,
  parseTasks,
  parseWork,
  type ReprocessQuery,
  reprocessSchema,
  type TaskAttempt,
  type TaskHeartbeatOptions,
  type TaskListQuery,
  type TaskPageOptions,
  taskListSchema,
  toFilter,
  toNewTask,
  type WaitOptions,
  type WorkOptions,
  waitOptionsSchema,
} from './task-inputs.js'
import { getDependencies, getTask, listChildren, listTasks, type ReadContext } from './task-reads.js'
import type { TaskWaiters } from './task-waiters.js'
import { WorkAccess, type WorkServiceOptions } from './work-access.js'
import { type TaskHandler, type WorkDone, workLoop } from './work-loop.js'

/** A task that was cancelled, and the ids of those that waited for it and went with it. */
export interface CancelledTask {
  task: Task
  dependents: string[]
}

const reprocessBatch = 500

/**
 * The queue of work: who submits a task hands it to whoever claims it, once. A caller has the tasks of its (app, user) and
 * those of projects that it may write to; members of a project see its tasks; to anybody else they do not exist. Methods
 * reject with a `CairnError`: `invalid_input`, `too_large`, `forbidden`, `closed`, and `not_found` for an unknown task;
 * others as named.
 */
export class TaskService {
  readonly #storage: Storage
  readonly #guard: Guard
  readonly #access: WorkAccess
  readonly #reads: ReadContext
  readonly #newId: () => string
  readonly #valueBytes: number
  readonly #waiters: TaskWaiters

  constructor({ storage, guard, newId, valueBytes, waiters }: WorkServiceOptions) {
    this.#storage = storage
    this.#guard = guard
    this.#access = new WorkAccess(storage, guard, 'task')
    this.#reads = { storage, guard, access: this.#access }
    this.#newId = newId
    this.#valueBytes = valueBytes
    this.#waiters = waiters
  }

  /**
   * Queues a task. With an `id` it may be sent again: the same task answers what has become of it. `already_exists` when
   * the id is taken by another; `not_found` for an unknown session, parent or prerequisite.
   */
  async submit(input: NewTaskInput): Promise<Task> {
    const [task] = await this.submitMany([input])
    if (task === undefined) throw new CairnError('internal', 'The store returned nothing for what was submitted.')
    return task
  }

  /** Queues all or none, at most 1,000. They may name each other as parents and prerequisites; circles are refused. */
  async submitMany(inputs: NewTaskInput[]): Promise<Task[]> {
    if (!Array.isArray(inputs) || inputs.length > 1000)
      throw invalidInput('submitMany takes a list of at most 1,000 tasks.', 'Split the list.')
    if (inputs.length === 0) return []
    const tasks = []
    for (const each of parseTasks(inputs)) {
      const owners = this.#access.ownersFor(each)
      tasks.push(toNewTask(each, owners instanceof Promise ? await owners : owners, this.#valueBytes, this.#newId))
    }
    const [scope, sessionOwner] = [this.#access.scope('read'), this.#access.sessionOwner()]
    const stored = this.#storage.tasks.submit({
      tasks: inOrder(tasks),
      scope,
      sessionOwner,
      author: this.#guard.author(),
    })
    const rows = new Map((await this.#access.noting('create', stored)).map((row) => [row.id, row]))
    this.#waiters.wake()
    return tasks.flatMap(({ id }) => rows.get(id) ?? []).map(toTask)
  }

  /**
   * Takes the next ready task: the highest priority, then the oldest. It is nobody else's until it is answered, or until
   * it was silent for its `timeoutSeconds`. Null when there is none. `illegal_transition` for an agent that is terminated.
   */
  async claim(options: ClaimOptions = {}): Promise<Task | null> {
    const { agent, ...query } = parse(claimOptionsSchema, options, 'claim')
    const refusal = this.#access.workRefusal()
    if (refusal) throw await refusal
    const row = await this.#claim(this.#toQuery(query), agent)
    return row === undefined ? null : toTask(row)
  }

  /**
   * As `claim`, but waits for a task. Null when `waitMs` have passed without one. Rejects with `cancelled` when `signal` is
   * aborted, and with `closed` when the store is closed. The agent gives signs of life meanwhile.
   */
  async next(options: WaitOptions = {}): Promise<Task | null> {
    const { agent, waitMs, signal, heartbeatSeconds, ...rest } = parse(waitOptionsSchema, options, 'next')
    const refusal = this.#access.workRefusal()
    if (refusal) throw await refusal
    const query = this.#toQuery(rest)
    const claim = () => this.#claim(query, agent)
    const giveBack = ({ id, attempt }: TaskRow) =>
      this.#storage.tasks.release({ id, attempt, scope: query.scope, author: this.#guard.author() })
    const first = signal?.aborted ? undefined : await claim()
    if (first && !signal?.aborted) return toTask(first)
    if (first) await giveBack(first)
    const row = await this.#waiters.wait({
      ...{ query, claim, giveBack, waitMs, signal },
      heartbeatMs: heartbeatSeconds * 1000,
    })
    return row === null ? null : toTask(row)
  }

  /**
   * Takes one task after the other and hands it to `handler`, whose answer is the result and whose error ends the try. Task
   * and agent get their heartbeats meanwhile, and while it waits. Returns how the tasks ended. Rejects as `next` does, but
   * for `signal`, which ends it well.
   */
  async work(handler: TaskHandler, options: WorkOptions = {}): Promise<WorkDone> {
    return workLoop(this, handler, parseWork(handler, options))
  }

  async #claim(query: ClaimQuery, agent: string | undefined): Promise<TaskRow | undefined> {
    const author = this.#guard.author()
    const claimedBy = agent === undefined ? author.agent : parseId(agent, 'The agent')
    return this.#storage.tasks.claim({ ...query, claimedBy, author })
  }

  #toQuery({ agentTypes = [], project, session }: Omit<ClaimOptions, 'agent'>): ClaimQuery {
    return {
      agentTypes: [...new Set(agentTypes.map((type) => parseName(type, 'agentTypes')))],
      ...(project !== undefined && { project: parseSegment(project, 'The project') }),
      ...(session !== undefined && { session: parseId(session, 'The session id') }),
      scope: this.#access.scope('write'),
    }
  }

  /** Says that the task is still worked on, for its `timeoutSeconds` or `leaseSeconds` from now. `conflict` when it was lost. */
  async heartbeat(task: TaskAttempt, options: TaskHeartbeatOptions = {}): Promise<Task> {
    const { leaseSeconds } = parse(heartbeatOptionsSchema, options, 'heartbeat')
    const address = this.#attempt(task)
    const lease = leaseSeconds === undefined ? {} : { leaseSeconds }
    const beat = this.#storage.tasks.heartbeat({ ...address, ...lease, author: this.#guard.author() })
    // It brings nobody any work.
    return toTask(await this.#access.noting('status', beat))
  }

  /** Ends a task well, and unblocks what waited for it. The same answer may be sent again. `conflict` when it was lost. */
  async complete(task: TaskAttempt, result?: unknown): Promise<Task> {
    const address = this.#attempt(task)
    const text = result === undefined ? null : encodeJson(result, 'result', this.#valueBytes)
    return this.#work(this.#storage.tasks.complete({ ...address, result: text, author: this.#guard.author() }))
  }

  /** Ends a try: the task is tried again after a pause or, when its retries are spent, is a dead letter. `conflict` when it was lost. */
  async fail(task: TaskAttempt, error: string | Error, options: FailOptions = {}): Promise<Task> {
    const { retry = true } = parse(failOptionsSchema, options, 'fail')
    const address = this.#attempt(task)
    const text: unknown = error instanceof Error ? error.message : error
    if (typeof text !== 'string') throw invalidInput('The error must be a text or an Error.')
    encodeJson(text, 'error', this.#valueBytes)
    return this.#work(this.#storage.tasks.fail({ ...address, error: text, retry, author: this.#guard.author() }))
  }

  /** Gives a task back undone, at no cost of a retry. `conflict` when it was lost. */
  async release(task: TaskAttempt): Promise<Task> {
    return this.#work(this.#storage.tasks.release({ ...this.#attempt(task), author: this.#guard.author() }))
  }

  /**
   * Takes a task out of the queue. One that is running only with `force`; its worker's answer is then a `conflict`. With
   * `cascade` all that wait for it go too. `illegal_transition` when it has ended otherwise.
   */
  async cancel(id: string, options: CancelOptions = {}): Promise<CancelledTask> {
    const { force = false, cascade = false } = parse(cancelOptionsSchema, options, 'cancel')
    const change = { ...this.#address(id), force, cascade, author: this.#guard.author() }
    const { task, dependents } = await this.#access.noting('status', this.#storage.tasks.cancel(change))
    return { task: toTask(task), dependents }
  }

  /** Queues a failed or cancelled task again, with all its retries. `illegal_transition` for any other. */
  async retry(id: string): Promise<Task> {
    return this.#work(this.#storage.tasks.retry({ ...this.#address(id), author: this.#guard.author() }))
  }

  /** The task with its session, or null when the caller may see none with that id. */
  async get(id: string): Promise<TaskWithSession | null> {
    return getTask(this.#reads, id)
  }

  /** Tasks that the caller may see. */
  async list(query: TaskListQuery = {}): Promise<Page<Task>> {
    return listTasks(this.#reads, parse(taskListSchema, query, 'list'))
  }

  /** The tasks that were submitted as parts of a task, newest first. */
  async children(id: string, options: TaskPageOptions = {}): Promise<Page<Task>> {
    return listChildren(this.#reads, id, options)
  }

  /** What a task waits for and what waits for it, as far as the caller may see it. A failed or cancelled prerequisite blocks. */
  async dependencies(id: string): Promise<TaskDependencies> {
    return getDependencies(this.#reads, id)
  }

  /** Tasks that have failed for good, in the order of the queue. */
  async deadLetters(query: DeadLetterQuery = {}): Promise<Page<Task>> {
    return listTasks(this.#reads, { ...parse(deadLettersSchema, query, 'deadLetters'), status: 'failed' })
  }

  /** Queues dead letters again, with all their retries. Returns how many. */
  async reprocess(which: ReprocessQuery = {}): Promise<number> {
    const parsed = parse(reprocessSchema, which, 'reprocess')
    const scope = this.#access.scope('write')
    const isList = Array.isArray(parsed)
    const filter = isList ? { ids: parsed.map((id) => parseId(id, 'The task id')) } : toFilter(parsed)
    for (let total = 0; ; ) {
      const author = this.#guard.author()
      const count = await this.#storage.tasks.reprocess({ ...filter, scope, limit: reprocessBatch, author })
      total += count
      if (count > 0) this.#waiters.wake()
      if (isList || count < reprocessBatch) return total
    }
  }

  #address(id: string): WorkAddress {
    return { id: parseId(id, 'The task id'), scope: this.#access.scope('write') }
  }

  #attempt(task: TaskAttempt): AttemptAddress {
    const { id, attempt } = parse(attemptSchema, task, 'The task')
    return { ...this.#address(id), attempt }
  }

  async #work(answer: Promise<TaskRow>): Promise<Task> {
    const row = await this.#access.noting('status', answer)
    this.#waiters.wake()
    return toTask(row)
  }
}
