import { CairnError } from '../errors.js'
import type { Task } from './task.js'
import type { WorkOptions } from './task-inputs.js'
import type { TaskService } from './task-service.js'

/**
 * Does one task and returns its result, any JSON value. `signal` is aborted when the task was lost: cancelled, or given to
 * another because this process was silent.
 */
export type TaskHandler = (task: Task, context: { signal: AbortSignal }) => unknown

/** How many tasks ended how: `failed` tries may be tried again, and what came of `lost` ones was dropped. */
export interface WorkDone {
  completed: number
  failed: number
  lost: number
}

type Queue = Pick<TaskService, 'next' | 'heartbeat' | 'complete' | 'fail'>

interface Beat {
  heartbeatSeconds: number
  leaseSeconds?: number | undefined
}

/** Nobody has such a task any more, or nobody ever will store such a result: no error of the store's. */
const lostCodes = ['conflict', 'not_found']
const unfitCodes = ['invalid_input', 'too_large']

export async function workLoop(
  queue: Queue,
  handler: TaskHandler,
  { leaseSeconds, ...wait }: WorkOptions & { heartbeatSeconds: number },
): Promise<WorkDone> {
  const done: WorkDone = { completed: 0, failed: 0, lost: 0 }
  for (;;) {
    const task = await queue.next(wait).catch(nullIfCancelled)
    if (task === null) return done
    done[await workOn(queue, { task, handler, beat: { heartbeatSeconds: wait.heartbeatSeconds, leaseSeconds } })]++
  }
}

function nullIfCancelled(error: unknown): null {
  if (hasCode(error, ['cancelled'])) return null
  throw error
}

async function workOn(
  queue: Queue,
  { task, handler, beat }: { task: Task; handler: TaskHandler; beat: Beat },
): Promise<keyof WorkDone> {
  const keeper = keepAlive(queue, task, beat)
  try {
    const answer = await outcomeOf(() => handler(task, { signal: keeper.signal }))
    if ('error' in answer) return await failed(queue, task, answer.error)
    try {
      await queue.complete(task, answer.result)
      return 'completed'
    } catch (error) {
      if (hasCode(error, unfitCodes)) return await failed(queue, task, error)
      throw error
    }
  } catch (error) {
    if (hasCode(error, lostCodes)) return 'lost'
    throw error
  } finally {
    keeper.stop()
  }
}

async function outcomeOf(call: () => unknown): Promise<{ result: unknown } | { error: unknown }> {
  try {
    return { result: await call() }
  } catch (error) {
    return { error }
  }
}

async function failed(queue: Queue, task: Task, error: unknown): Promise<'failed'> {
  const text = String(error instanceof Error ? error.message : error)
  try {
    await queue.fail(task, text)
  } catch (refusal) {
    if (!hasCode(refusal, unfitCodes)) throw refusal
    await queue.fail(task, `The error could not be stored: ${refusal.message}`)
  }
  return 'failed'
}

/**
 * Heartbeats for as long as a task is worked on. The first comes at once where a lease was asked for, since the one that
 * the task came with may be much longer. One that fails otherwise than by the loss of the task is made up by the next.
 */
function keepAlive(
  queue: Queue,
  task: Task,
  { heartbeatSeconds, leaseSeconds }: Beat,
): { signal: AbortSignal; stop: () => void } {
  // So that two may be late before the task is lost.
  const seconds = Math.min(heartbeatSeconds, (leaseSeconds ?? task.timeoutSeconds) / 3)
  const lost = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const rest = (): void => {
    if (!isStopped) timer = setTimeout(beat, seconds * 1000)
  }
  const beat = (): void => {
    const answer = queue.heartbeat(task, leaseSeconds === undefined ? {} : { leaseSeconds })
    void answer.then(rest, (error: unknown) => {
      if (!hasCode(error, [...lostCodes, 'closed'])) return rest()
      lost.abort(error)
    })
  }
  if (leaseSeconds === undefined) rest()
  else beat()
  const stop = (): void => {
    isStopped = true
    clearTimeout(timer)
  }
  return { signal: lost.signal, stop }
}

function hasCode(error: unknown, codes: string[]): error is CairnError {
  return error instanceof CairnError && codes.includes(error.code)
}
