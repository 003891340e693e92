import { Option } from 'commander'
import type { Dependency, Task, TaskDependencies, TaskStatus, TaskWithSession } from '../../tasks/task.js'
import type { DeadLetterQuery, TaskListQuery } from '../../tasks/task-inputs.js'
import { taskStatuses } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { formatMinute } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { formatTask, noTask } from './task-text.js'

export function addTaskReads(task: CairnCommand, io: Io): void {
  for (const add of [addShow, addList, addDeadLetters]) add(task, io)
}

/** What `task show` answers with. */
interface ShownTask {
  task: TaskWithSession
  dependencies: TaskDependencies
}

function addShow(task: CairnCommand, io: Io): void {
  task
    .command('show')
    .description('Show a task, what it waits for and what waits for it. Exit code 1 when there is none.')
    .argument('<task>', 'the id of the task')
    .addHelpText('after', examples('cairn task show TASK', 'cairn task show TASK --json'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.tasks.get(id)
        if (found === null) throw noTask(id)
        const shown = { task: found, dependencies: await cairn.tasks.dependencies(id) }
        output.show(shown, (each) => formatShown(each, output))
      }),
    )
}

function formatShown({ task, dependencies }: ShownTask, output: Output): string {
  const { prerequisites, dependents } = dependencies
  const parts = [
    formatTask(task, output),
    formatEnds('waits for', prerequisites, output),
    formatEnds('waited for by', dependents, output),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function formatEnds(title: string, ends: Dependency[], output: Output): string {
  if (ends.length === 0) return ''
  return output.table(ends, [
    { title, cell: ({ task }) => task },
    { title: 'status', cell: ({ status }) => status },
    { title: 'prompt', cell: ({ prompt }) => prompt, shrinkTo: 12, dropAt: 1 },
  ])
}

function addFilters(command: CairnCommand): CairnCommand {
  return command
    .option('--agent-type <type>', 'for one type of agent')
    .option('--session <id>', 'of one session')
    .option('--project <project>', 'of one project')
    .option('--parent <id>', 'parts of one task')
}

function addList(task: CairnCommand, io: Io): void {
  const list = task
    .command('list')
    .description('List tasks, newest first; of one status in the order of the queue.')
    .addOption(new Option('--status <status>', 'of one status').choices(taskStatuses))
    .addOption(
      new Option('--order <order>', 'another order; queue alone lists what is ready').choices(['newest', 'queue']),
    )
  addPaging(addFilters(list))
    .addHelpText('after', examples('cairn task list --status ready', 'cairn task list --parent TASK --json'))
    .action((flags: TaskListQuery & { status?: TaskStatus }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.tasks.list(flags)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatTasks(items, output)))
        noteMore(page, output, 'no tasks')
      }),
    )
}

function addDeadLetters(task: CairnCommand, io: Io): void {
  const deadLetters = task
    .command('dead-letters')
    .description('List tasks that have failed for good. Reprocess queues them again.')
  addPaging(addFilters(deadLetters))
    .addHelpText('after', examples('cairn task dead-letters', 'cairn task dead-letters --agent-type coder --json'))
    .action((flags: DeadLetterQuery, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.tasks.deadLetters(flags)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatDeadLetters(items, output)))
        noteMore(page, output, 'no dead letters')
      }),
    )
}

function formatTasks(tasks: Task[], output: Output): string {
  return output.table(tasks, [
    { title: 'task', cell: ({ id }) => id },
    { title: 'status', cell: ({ status }) => status },
    { title: 'prio', cell: ({ priority }) => `${priority}`, align: 'right', dropAt: 3 },
    { title: 'for', cell: ({ agentType }) => agentType, shrinkTo: 8, dropAt: 4 },
    { title: 'prompt', cell: ({ prompt }) => prompt, shrinkTo: 12 },
    { title: 'worker', cell: ({ claimedBy }) => claimedBy ?? '', shrinkTo: 8, dropAt: 2 },
    { title: 'updated', cell: ({ updatedAt }) => formatMinute(updatedAt), dropAt: 1 },
  ])
}

function formatDeadLetters(tasks: Task[], output: Output): string {
  return output.table(tasks, [
    { title: 'task', cell: ({ id }) => id },
    { title: 'tries', cell: ({ attempt }) => `${attempt}`, align: 'right', dropAt: 2 },
    { title: 'prompt', cell: ({ prompt }) => prompt, shrinkTo: 12, dropAt: 1 },
    { title: 'error', cell: ({ error }) => error ?? '', shrinkTo: 16 },
  ])
}
