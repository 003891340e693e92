import { invalidInput } from '../../errors.js'
import type { CancelOptions, ReprocessQuery } from '../../tasks/task-inputs.js'
import type { CancelledTask } from '../../tasks/task-service.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { formatStatus, orNoTask } from './task-text.js'

export function addTaskChanges(task: CairnCommand, io: Io): void {
  for (const add of [addCancel, addRetry, addReprocess]) add(task, io)
}

function addCancel(task: CairnCommand, io: Io): void {
  task
    .command('cancel')
    .description('Take a task out of the queue. Retry queues it again.')
    .argument('<task>', 'the id of the task')
    .option('--force', 'even if it is running; what its worker answers then is refused')
    .option('--cascade', 'with all that wait for it')
    .addHelpText('after', examples('cairn task cancel TASK', 'cairn task cancel TASK --force --cascade'))
    .action((id: string, flags: CancelOptions, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.tasks.cancel(id, flags).catch(orNoTask(id)), formatCancelled)
      }),
    )
}

function formatCancelled({ task, dependents }: CancelledTask): string {
  const more = dependents.length === 0 ? '' : `, with ${count(dependents.length, 'task')} that waited for it`
  return oneLine(`Task ${task.id} is cancelled${more}.`)
}

function addRetry(task: CairnCommand, io: Io): void {
  task
    .command('retry')
    .description('Queue a failed or cancelled task again, with all its retries.')
    .argument('<task>', 'the id of the task')
    .addHelpText('after', examples('cairn task retry TASK'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.tasks.retry(id).catch(orNoTask(id)), formatStatus)
      }),
    )
}

type ReprocessFlags = Exclude<ReprocessQuery, string[]> & { all?: boolean }

function addReprocess(task: CairnCommand, io: Io): void {
  task
    .command('reprocess')
    .description('Queue dead letters again, with all their retries: those named, those that match, or all.')
    .argument('[task...]', 'the ids of tasks')
    .option('--all', 'all dead letters')
    .option('--agent-type <type>', 'those for one type of agent')
    .option('--session <id>', 'those of one session')
    .option('--project <project>', 'those of one project')
    .addHelpText('after', examples('cairn task reprocess --agent-type coder', 'cairn task reprocess --all'))
    .action((ids: string[], { all, ...filter }: ReprocessFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const isFiltered = Object.keys(filter).length > 0
        if ([all === true, isFiltered, ids.length > 0].filter(Boolean).length !== 1)
          throw invalidInput(
            'Name tasks, or give filters, or --all: one of the three.',
            'See cairn task reprocess --help.',
          )
        const queued = await cairn.tasks.reprocess(ids.length > 0 ? ids : filter)
        output.show({ queued }, () => `Queued ${count(queued, 'task')} again.`)
      }),
    )
}
