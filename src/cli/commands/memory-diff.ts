import { Option } from 'commander'
import { invalidInput } from '../../errors.js'
import type { Json } from '../../json.js'
import type { MemoryChange, MemoryDiff, NamespaceDiffQuery } from '../../memories/memory-diff.js'
import type { Page } from '../../page.js'
import { diffClocks } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { preview } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { wholeNumber } from '../values.js'
import { namespaceHelp } from './memory-writes.js'

type Clock = NonNullable<NamespaceDiffQuery['clock']>

interface DiffFlags {
  from?: string
  to?: string
  clock?: Clock
  limit?: number
  cursor?: string
}

export function addMemoryDiff(memory: CairnCommand, io: Io): void {
  const diff = memory
    .command('diff')
    .description('Show how two versions of a memory differ, or what changed in a namespace between two times.')
    .argument('<namespace>', namespaceHelp)
    .argument('[key]', 'its name in the namespace; without one, the whole namespace')
    .option('--from <when>', 'with a key the earlier version; else the earlier time (ISO 8601)')
    .option('--to <when>', 'with a key the later version, default the last; else the later time, default now')
    .addOption(
      new Option('--clock <clock>', 'of a namespace: what was known then, or what was true then').choices(diffClocks),
    )
  addPaging(diff)
    .addHelpText(
      'after',
      examples(
        'cairn memory diff user:alice:preferences tone --to 1',
        'cairn memory diff user:alice --from 2026-03-01 --to 2026-04-01',
      ),
    )
    .action((namespace: string, key: string | undefined, flags: DiffFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if (key !== undefined) {
          output.show(await cairn.memories.diff(namespace, key, versionsOf(flags)), (found) =>
            formatDiff(found, output),
          )
          return
        }
        const { from, ...query } = flags
        if (from === undefined) throw invalidInput('--from is missing.', 'Name the earlier time, such as 2026-03-01.')
        const page = await cairn.memories.diffNamespace(namespace, { ...query, from })
        output.show(page, () => formatChanges(page, output))
        noteMore(page, output, 'no changes')
      }),
    )
}

function versionsOf({ from, to, clock, limit, cursor }: DiffFlags): { from?: number; to?: number } {
  if (clock !== undefined || limit !== undefined || cursor !== undefined) {
    throw invalidInput('--clock, --limit and --cursor are for a whole namespace.', 'Leave them out, or the key.')
  }
  return {
    ...(from !== undefined && { from: versionNumber(from, '--from') }),
    ...(to !== undefined && { to: versionNumber(to, '--to') }),
  }
}

function versionNumber(text: string, option: string): number {
  try {
    return wholeNumber(1)(text)
  } catch {
    throw invalidInput(`${option} is not a version: ${text}.`, 'With a key, write the number of a version.')
  }
}

function formatDiff({ namespace, key, from, to, added, removed, changed }: MemoryDiff, output: Output): string {
  const { bold, dim } = output.colors
  const names = from === null ? `v${to.version}` : `v${from.version} → v${to.version}`
  const lines = [
    ...removed.map(({ path, before }) => ({ path, before: shown(before), after: '' })),
    ...added.map(({ path, after }) => ({ path, before: '', after: shown(after) })),
    ...changed.map(({ path, before, after }) => ({ path, before: shown(before), after: shown(after) })),
  ].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const heading = `${bold(oneLine(`${namespace} ${key}`))} ${dim(names)}`
  if (lines.length === 0) return `${heading}\n\nThe value is the same.`
  const table = output.table(lines, [
    { title: 'path', cell: ({ path }) => (path === '' ? '(all)' : path) },
    { title: 'before', cell: ({ before }) => before, shrinkTo: 12 },
    { title: 'after', cell: ({ after }) => after, shrinkTo: 12 },
  ])
  return `${heading}\n\n${table}`
}

/** As JSON, so that "1" and 1 look as different as they are. */
function shown(value: Json): string {
  return preview(JSON.stringify(value))
}

function formatChanges({ items }: Page<MemoryChange>, output: Output): string {
  if (items.length === 0) return ''
  return output.table(items, [
    { title: 'namespace', cell: ({ namespace }) => namespace },
    { title: 'key', cell: ({ key }) => key },
    { title: 'change', cell: ({ change }) => change },
    { title: 'before', cell: ({ before }) => (before === null ? '' : shown(before.value)), shrinkTo: 12 },
    { title: 'after', cell: ({ after }) => (after === null ? '' : shown(after.value)), shrinkTo: 12 },
  ])
}
