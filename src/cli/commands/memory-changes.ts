import { Option } from 'commander'
import { invalidInput } from '../../errors.js'
import type { UndoResult } from '../../memories/undo.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { wholeNumber } from '../values.js'
import { namespaceHelp, noMemory } from './memory-writes.js'

export function addMemoryChanges(memory: CairnCommand, io: Io): void {
  addUndo(memory, io)
  addPublish(memory, io)
}

interface UndoFlags {
  by: string
  since: string
  namespace?: string
  dryRun?: boolean
  yes?: boolean
}

function addUndo(memory: CairnCommand, io: Io): void {
  memory
    .command('undo')
    .description('Take back what somebody has written since a time. What others have changed since stays.')
    .requiredOption('--by <actor>', 'whose changes, such as agent:planner')
    .addOption(new Option('--since <time>', 'from this time on (ISO 8601)').makeOptionMandatory())
    .option('--namespace <namespace>', 'only in this namespace and below')
    .option('--dry-run', 'only say what would be taken back')
    .option('--yes', 'take it back; without this nothing is done')
    .addHelpText(
      'after',
      examples(
        'cairn memory undo --by agent:planner --since 2026-03-01 --dry-run',
        'cairn memory undo --by agent:planner --since 2026-03-01 --namespace user:alice --yes',
      ),
    )
    .action(({ dryRun, yes, ...options }: UndoFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const asked = await cairn.memories.undo({ ...options, dryRun: dryRun || !yes })
        if (!dryRun && !yes) {
          const what = `This would take back ${count(asked.undone.length, 'change')}.`
          throw invalidInput(what, 'See which with --dry-run, or add --yes.')
        }
        output.show({ ...asked, done: !dryRun }, () => formatUndo(asked, dryRun === true, output))
      }),
    )
}

const outcomes = { delete: 'deleted', restore: 'restored', rollback: 'rolled back' }

function formatUndo({ undone, skipped }: UndoResult, dryRun: boolean, output: Output): string {
  const rows = [
    ...undone.map(({ namespace, key, action, from, to }) => ({
      ...{ namespace, key, versions: to === null ? `v${from}` : `v${from} → v${to}`, outcome: outcomes[action] },
    })),
    ...skipped.map(({ namespace, key, version, by }) => ({
      ...{ namespace, key, versions: `v${version}`, outcome: `left: ${by} changed it since` },
    })),
  ]
  const left = skipped.length === 0 ? '' : ` Left ${skipped.length} that others have changed since.`
  const summary = `${dryRun ? 'Would take' : 'Took'} back ${count(undone.length, 'change')}.${left}`
  if (rows.length === 0) return summary
  const table = output.table(rows, [
    { title: 'namespace', cell: ({ namespace }) => namespace },
    { title: 'key', cell: ({ key }) => key },
    { title: 'versions', cell: ({ versions }) => versions, dropAt: 1 },
    { title: 'outcome', cell: ({ outcome }) => outcome, shrinkTo: 12 },
  ])
  return `${table}\n\n${summary}`
}

interface PublishFlags {
  key?: string
  ifVersion?: number
}

function addPublish(memory: CairnCommand, io: Io): void {
  memory
    .command('publish')
    .description('Copy a memory to another namespace, as its next version there, with where it came from.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .argument('<to>', 'the namespace to copy it to')
    .option('--key <key>', 'its name there; default the same')
    .option('--if-version <n>', 'only if this is the latest version there; otherwise exit code 4', wholeNumber(1))
    .addHelpText('after', examples('cairn memory publish user:alice:preferences tone project:apollo:conventions'))
    .action((namespace: string, key: string, to: string, flags: PublishFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if ((await cairn.memories.get(namespace, key)) === null) throw noMemory(namespace, key)
        const memory = await cairn.memories.publish({ namespace, key }, to, flags)
        output.show(memory, () => oneLine(`Published as ${memory.namespace} ${memory.key} v${memory.version}.`))
      }),
    )
}
