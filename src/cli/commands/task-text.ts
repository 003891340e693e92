import { CairnError } from '../../errors.js'
import type { Task } from '../../tasks/task.js'
import { formatObject, formatTime, preview } from '../format.js'
import type { Output } from '../output.js'
import { oneLine } from '../text.js'

/** All that there is to say about a task. */
export function formatTask(task: Task, output: Output): string {
  const time = (iso: string | null): string => (iso === null ? '' : formatTime(iso))
  return output.record([
    ['task', task.id],
    ['prompt', preview(task.prompt)],
    ['status', task.status],
    ['for', task.agentType],
    ['priority', `${task.priority}`],
    ['input', preview(task.input)],
    ['result', task.result === null ? '' : preview(task.result)],
    ['error', task.error ?? ''],
    ['attempt', task.attempt === 0 ? '' : `${task.attempt}`],
    ['retries', `${task.retryCount} of ${task.maxRetries}`],
    ['worker', task.claimedBy ?? ''],
    ['kept until', time(task.leaseUntil)],
    ['run after', time(task.runAfter)],
    ['deadline', time(task.deadline)],
    ['session', task.session ?? ''],
    ['parent', task.parent ?? ''],
    ['user', task.user ?? ''],
    ['app', task.app ?? ''],
    ['project', task.project ?? ''],
    ['metadata', formatObject(task.metadata)],
    ['submitted', `${formatTime(task.submittedAt)} by ${task.createdBy}`],
    ['started', time(task.startedAt)],
    ['ended', time(task.completedAt)],
  ])
}

/** What has become of a task, in a sentence. */
export function formatStatus({ id, status, runAfter, retryCount, maxRetries }: Task): string {
  const next = status === 'pending' && runAfter !== null ? ` until ${formatTime(runAfter)}` : ''
  const retry = retryCount > 0 && next !== '' ? `, for retry ${retryCount} of ${maxRetries}` : ''
  return oneLine(`Task ${id} is ${status}${next}${retry}.`)
}

/** The API's refusal in the words of the command line. */
export function orNoTask(id: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CairnError && error.code === 'not_found' && error.details?.task === id ? noTask(id) : error
  }
}

export function noTask(id: string): CairnError {
  return new CairnError('not_found', `There is no task ${id}.`, { hint: 'Look for it with cairn task list.' })
}
