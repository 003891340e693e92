import { Option } from 'commander'
import type { JsonObject } from '../../json.js'
import type { Memory } from '../../memories/memory.js'
import type { GetOptions, HistoryOptions, ListQuery } from '../../memories/memory-inputs.js'
import { memoryTypes } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { formatMinute, formatObject, formatTime, formatValidity, formatValue, preview } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import type { Column } from '../table.js'
import { jsonObject, wholeNumber } from '../values.js'
import { namespaceHelp, noMemory } from './memory-writes.js'

export function addMemoryReads(memory: CairnCommand, io: Io): void {
  for (const add of [addGet, addList, addHistory, addNamespaces]) add(memory, io)
}

function addClocks(command: CairnCommand): CairnCommand {
  return command
    .option('--valid-at <time>', 'as true in the world at this time; default now (ISO 8601)')
    .option('--known-at <time>', 'as the store knew it at this time; default now (ISO 8601)')
}

function addGet(memory: CairnCommand, io: Io): void {
  const get = memory
    .command('get')
    .description('Read a memory. Exit code 1 when there is none.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .option('--version <n>', 'exactly this version, even one that says it was deleted', wholeNumber(1))
  addClocks(get)
    .addHelpText(
      'after',
      examples(
        'cairn memory get user:alice:preferences tone --json',
        'cairn memory get user:alice:profile city --valid-at 2026-03-01 --known-at 2026-06-01',
      ),
    )
    .action((namespace: string, key: string, flags: GetOptions, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.memories.get(namespace, key, flags)
        if (found === null) throw noMemory(namespace, key)
        output.show(found, () => formatMemory(found, output))
      }),
    )
}

function formatMemory(memory: Memory, output: Output): string {
  const { value, metadata, expiresAt, recordedAt, updatedBy } = memory
  const facts = output.record([
    ['valid', formatValidity(memory)],
    ['expires', expiresAt === null ? '' : formatTime(expiresAt)],
    ['metadata', formatObject(metadata)],
    ['recorded', `${formatTime(recordedAt)} by ${updatedBy}`],
  ])
  return [headingOf(memory, output), '', memory.deleted ? '(deleted)' : formatValue(value), '', facts].join('\n')
}

type ListFlags = Pick<
  ListQuery,
  'namespace' | 'type' | 'createdBy' | 'deleted' | 'validAt' | 'knownAt' | 'limit' | 'cursor'
> & { newest?: boolean; metadata?: JsonObject }

function addList(memory: CairnCommand, io: Io): void {
  const list = memory
    .command('list')
    .description('List memories, in order of namespace and key.')
    .option('--namespace <namespace>', 'of this namespace and below')
    .addOption(new Option('--type <type>', 'of one type').choices(memoryTypes))
    .option('--metadata <json>', 'with these values in their metadata', jsonObject('--metadata'))
    .option('--created-by <actor>', 'first written by, such as agent:planner')
    .option('--deleted', 'those that are deleted, instead of those that are there')
    .option('--newest', 'last changed first')
  addPaging(addClocks(list))
    .addHelpText(
      'after',
      examples(
        'cairn memory list --namespace user:alice --type semantic --json',
        `cairn memory list --metadata '{"source":"chat"}' --newest`,
      ),
    )
    .action(({ newest, ...flags }: ListFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.memories.list({ ...flags, ...(newest && { order: 'newest' }) } as ListQuery)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatList(items, output)))
        noteMore(page, output, 'no memories')
      }),
    )
}

function formatList(memories: Memory[], output: Output): string {
  const value = (memory: Memory): string => (memory.deleted ? '(deleted)' : preview(memory.value))
  const columns: Column<Memory>[] = [
    { title: 'namespace', cell: ({ namespace }) => namespace },
    { title: 'key', cell: ({ key }) => key },
    { title: 'v', cell: ({ version }) => `${version}`, align: 'right', dropAt: 1 },
    { title: 'type', cell: ({ type }) => type, dropAt: 2 },
    { title: 'value', cell: value, shrinkTo: 16 },
    { title: 'recorded', cell: ({ recordedAt }) => formatMinute(recordedAt), dropAt: 3 },
  ]
  return output.table(memories, columns, (memory) => output.block(headingOf(memory, output), value(memory), 2))
}

function headingOf({ namespace, key, version, type }: Memory, output: Output): string {
  return output.heading(`${namespace} ${key}`, `v${version} ${type}`)
}

function addHistory(memory: CairnCommand, io: Io): void {
  const history = memory
    .command('history')
    .description('List all versions of a memory, newest first. Exit code 1 when there never was one.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
  addPaging(history)
    .addHelpText('after', examples('cairn memory history user:alice:preferences tone'))
    .action((namespace: string, key: string, flags: HistoryOptions, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.memories.history(namespace, key, flags)
        if (page.items.length === 0 && flags.cursor === undefined) throw noMemory(namespace, key)
        output.show(page, ({ items }) => formatHistory(items, output))
        noteMore(page, output, 'no more versions')
      }),
    )
}

function formatHistory(versions: Memory[], output: Output): string {
  return output.table(versions, [
    { title: 'v', cell: ({ version }) => `${version}`, align: 'right' },
    { title: 'recorded', cell: ({ recordedAt }) => formatTime(recordedAt) },
    { title: 'by', cell: ({ updatedBy }) => updatedBy, shrinkTo: 12, dropAt: 2 },
    { title: 'value', cell: ({ value, deleted }) => (deleted ? '(deleted)' : preview(value)), shrinkTo: 24 },
    { title: 'valid', cell: formatValidity, dropAt: 1 },
  ])
}

interface NamespacesFlags {
  limit?: number
  cursor?: string
}

function addNamespaces(memory: CairnCommand, io: Io): void {
  const namespaces = memory
    .command('namespaces')
    .description('List the namespaces that hold memories, with how many.')
    .argument('[within]', 'only this namespace and below')
  addPaging(namespaces, 1000)
    .addHelpText('after', examples('cairn memory namespaces user:alice'))
    .action((within: string | undefined, flags: NamespacesFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.memories.namespaces({ ...flags, ...(within !== undefined && { within }) })
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatNamespaces(items, output)))
        noteMore(page, output, 'no namespaces')
      }),
    )
}

function formatNamespaces(namespaces: { namespace: string; memories: number }[], output: Output): string {
  return output.table(namespaces, [
    { title: 'namespace', cell: ({ namespace }) => namespace },
    { title: 'memories', cell: ({ memories }) => memories.toLocaleString('en'), align: 'right' },
  ])
}
