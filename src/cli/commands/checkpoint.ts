import { CairnError, invalidInput } from '../../errors.js'
import type { Checkpoint, CheckpointSummary } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count, formatBytes, formatMinute, formatTime, formatValue } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { readValue, wholeNumber } from '../values.js'

export function addCheckpoint(program: CairnCommand, io: Io): void {
  const checkpoint = program.command('checkpoint').description('Keep the state of a task after each iteration.')
  for (const add of [addPut, addLatest, addGet, addList, addPrune]) add(checkpoint, io)
}

const aTask = 'the id of the task'
const anIteration = 'its number, from 0 on'

function addPut(checkpoint: CairnCommand, io: Io): void {
  checkpoint
    .command('put')
    .description('Store the state after an iteration, in place of one that is there.')
    .argument('<task>', aTask)
    .argument('<iteration>', anIteration, wholeNumber(0))
    .argument('<state>', 'JSON, or - to read it from stdin')
    .option('--session <id>', 'the session it was made in')
    .addHelpText('after', examples(`cairn checkpoint put TASK 1 '{"step":"read"}'`, 'cairn checkpoint put TASK 2 -'))
    .action(
      async (task: string, iteration: number, json: string, flags: { session?: string }, command: CairnCommand) => {
        const state = await readValue({ json, text: undefined, name: 'STATE' }, io)
        await onStore({ command, io }, async ({ cairn, output }) => {
          const put = await cairn.checkpoints.put(task, iteration, state, flags)
          output.show(put, () => oneLine(`Stored checkpoint ${iteration} of task ${task} (${stored(put)}).`))
        })
      },
    )
}

function stored({ bytes, storedBytes, form }: CheckpointSummary): string {
  return form === 'whole' ? formatBytes(bytes) : `${formatBytes(bytes)}, stored as ${formatBytes(storedBytes)}`
}

function addLatest(checkpoint: CairnCommand, io: Io): void {
  checkpoint
    .command('latest')
    .description('Show the last checkpoint of a task. Exit code 1 when there is none.')
    .argument('<task>', aTask)
    .addHelpText('after', examples('cairn checkpoint latest TASK', 'cairn checkpoint latest TASK --json'))
    .action((task: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.checkpoints.latest(task)
        if (found === null) throw notFound(`Task ${task} has no checkpoint.`)
        output.show(found, () => formatCheckpoint(found, output))
      }),
    )
}

function addGet(checkpoint: CairnCommand, io: Io): void {
  checkpoint
    .command('get')
    .description('Show the checkpoint of one iteration. Exit code 1 when there is none.')
    .argument('<task>', aTask)
    .argument('<iteration>', anIteration, wholeNumber(0))
    .addHelpText('after', examples('cairn checkpoint get TASK 1', 'cairn checkpoint get TASK 1 --json'))
    .action((task: string, iteration: number, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.checkpoints.get(task, iteration)
        if (found === null) throw notFound(`Task ${task} has no checkpoint ${iteration}.`)
        output.show(found, () => formatCheckpoint(found, output))
      }),
    )
}

function notFound(message: string): CairnError {
  return new CairnError('not_found', message, { hint: 'See which there are with cairn checkpoint list.' })
}

function formatCheckpoint(checkpoint: Checkpoint, output: Output): string {
  const { task, iteration, session, createdAt, state } = checkpoint
  const facts = output.record([
    ['task', task],
    ['iteration', `${iteration}`],
    ['session', session ?? ''],
    ['created', formatTime(createdAt)],
    ['size', stored(checkpoint)],
  ])
  return `${facts}\n\n${formatValue(state)}`
}

function addList(checkpoint: CairnCommand, io: Io): void {
  const list = checkpoint
    .command('list')
    .description('List the checkpoints of a task, last iteration first.')
    .argument('<task>', aTask)
  addPaging(list)
    .addHelpText('after', examples('cairn checkpoint list TASK', 'cairn checkpoint list TASK --limit 10 --json'))
    .action((task: string, flags: { limit?: number; cursor?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.checkpoints.list(task, flags)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatList(items, output)))
        noteMore(page, output, 'no checkpoints')
      }),
    )
}

function formatList(checkpoints: CheckpointSummary[], output: Output): string {
  return output.table(checkpoints, [
    { title: 'iteration', cell: ({ iteration }) => `${iteration}`, align: 'right' },
    { title: 'size', cell: ({ bytes }) => formatBytes(bytes), align: 'right' },
    { title: 'stored', cell: ({ storedBytes }) => formatBytes(storedBytes), align: 'right' },
    { title: 'as', cell: ({ form }) => form },
    { title: 'created', cell: ({ createdAt }) => formatMinute(createdAt), dropAt: 1 },
    { title: 'session', cell: ({ session }) => session ?? '', shrinkTo: 8, dropAt: 2 },
  ])
}

interface PruneFlags {
  keep: number
  dryRun?: boolean
  yes?: boolean
}

function addPrune(checkpoint: CairnCommand, io: Io): void {
  checkpoint
    .command('prune')
    .description('Remove the checkpoints of a task but the last ones, for good.')
    .argument('<task>', aTask)
    .requiredOption('--keep <n>', 'how many of the last ones stay, 1 or more', wholeNumber(1))
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', 'remove them; without this nothing is removed')
    .addHelpText(
      'after',
      examples('cairn checkpoint prune TASK --keep 10 --dry-run', 'cairn checkpoint prune TASK --keep 10 --yes'),
    )
    .action((task: string, { keep, dryRun = false, yes }: PruneFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if (!dryRun && !yes) {
          const removable = await cairn.checkpoints.prune(task, { keep, dryRun: true })
          throw invalidInput(
            `This would remove ${count(removable, 'checkpoint')} of task ${task} for good.`,
            'Add --yes to remove them.',
          )
        }
        const checkpoints = await cairn.checkpoints.prune(task, { keep, dryRun })
        const text = `${dryRun ? 'Would remove' : 'Removed'} ${count(checkpoints, 'checkpoint')} of task ${task}.`
        output.show({ task, checkpoints, removed: !dryRun }, () => oneLine(text))
      }),
    )
}
