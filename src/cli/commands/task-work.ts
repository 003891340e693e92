import type { ClaimOptions } from '../../tasks/task-inputs.js'
import type { CairnCommand } from '../command.js'
import { formatTime } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { collected, readValue, wholeNumber } from '../values.js'
import { formatStatus, formatTask, orNoTask } from './task-text.js'

export function addTaskWork(task: CairnCommand, io: Io): void {
  for (const add of [addClaim, addHeartbeat, addComplete, addFail, addRelease]) add(task, io)
}

interface ClaimFlags extends Pick<ClaimOptions, 'project' | 'session' | 'agent'> {
  agentType?: string[]
  wait?: number
}

function addClaim(task: CairnCommand, io: Io): void {
  task
    .command('claim')
    .description(
      'Take the next task to work on: the highest priority, then the oldest. Prints null when there is none.',
    )
    .option('--agent-type <type>', 'a type of agent it is for; may be repeated', collected)
    .option('--project <project>', 'of this project')
    .option('--session <id>', 'of this session')
    .option('--agent <id>', 'who works on it; default the agent of --as')
    .option('--wait <seconds>', 'wait for one, at most so long', wholeNumber(0, 2_000_000))
    .addHelpText(
      'after',
      examples(
        'cairn task claim --as user=alice,app=support,agent=w1 --wait 60',
        'cairn task claim --agent-type coder --json',
      ),
    )
    .action(({ agentType, wait, ...flags }: ClaimFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const options = { ...flags, ...(agentType && { agentTypes: agentType }) }
        const claimed =
          wait === undefined
            ? await cairn.tasks.claim(options)
            : await cairn.tasks.next({ ...options, waitMs: wait * 1000 })
        output.show(claimed, (found) => (found === null ? '' : formatTask(found, output)))
        if (claimed === null) output.note('no task is ready')
      }),
    )
}

/** A command that answers a try. */
function addAnswer(task: CairnCommand, name: string, description: string): CairnCommand {
  return task
    .command(name)
    .description(description)
    .argument('<task>', 'the id of the task')
    .requiredOption(
      '--attempt <n>',
      'the number of the try, as it was claimed; a later one exits with 4',
      wholeNumber(0),
    )
}

function addHeartbeat(task: CairnCommand, io: Io): void {
  addAnswer(task, 'heartbeat', 'Say that a task is still worked on.')
    .option('--lease-seconds <n>', 'for so long from now on; default its timeout', wholeNumber(1))
    .addHelpText('after', examples('cairn task heartbeat TASK --attempt 1'))
    .action((id: string, { attempt, ...options }: { attempt: number; leaseSeconds?: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const task = await cairn.tasks.heartbeat({ id, attempt }, options).catch(orNoTask(id))
        output.show(task, ({ leaseUntil }) => oneLine(`Task ${id} is kept until ${formatTime(leaseUntil ?? '')}.`))
      }),
    )
}

function addComplete(task: CairnCommand, io: Io): void {
  addAnswer(task, 'complete', 'End a task well, and unblock what waits for it.')
    .argument('[result]', 'JSON, or - to read it from stdin')
    .option('--text <text>', 'plain text for RESULT; - reads it from stdin')
    .addHelpText('after', examples(`cairn task complete TASK '{"tests":12}' --attempt 1`))
    .action(
      async (
        id: string,
        json: string | undefined,
        flags: { attempt: number; text?: string },
        command: CairnCommand,
      ) => {
        const { attempt, text } = flags
        const result = await readValue({ json, text, name: 'RESULT' }, io)
        await onStore({ command, io }, async ({ cairn, output }) => {
          output.show(await cairn.tasks.complete({ id, attempt }, result).catch(orNoTask(id)), formatStatus)
        })
      },
    )
}

function addFail(task: CairnCommand, io: Io): void {
  addAnswer(task, 'fail', 'Say that a try failed. The task is tried again after a pause, as often as it may.')
    .argument('<error>', 'why')
    .option('--no-retry', 'make it a dead letter at once')
    .addHelpText('after', examples(`cairn task fail TASK 'The build is broken' --attempt 1`))
    .action((id: string, error: string, flags: { attempt: number; retry: boolean }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const { attempt, retry } = flags
        output.show(await cairn.tasks.fail({ id, attempt }, error, { retry }).catch(orNoTask(id)), formatStatus)
      }),
    )
}

function addRelease(task: CairnCommand, io: Io): void {
  addAnswer(task, 'release', 'Give a task back undone, at no cost of a retry.')
    .addHelpText('after', examples('cairn task release TASK --attempt 1'))
    .action((id: string, { attempt }: { attempt: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.tasks.release({ id, attempt }).catch(orNoTask(id)), formatStatus)
      }),
    )
}
