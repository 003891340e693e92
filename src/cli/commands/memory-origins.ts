import { Argument } from 'commander'
import { CairnError } from '../../errors.js'
import type { FoundMemory } from '../../memories/lookup.js'
import type { NamedOrigin, Origin } from '../../memories/origin.js'
import type { MemoryOrigins } from '../../memories/origins.js'
import type { CairnCommand } from '../command.js'
import { formatTime, formatValue, preview } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { jsonObject, wholeNumber } from '../values.js'
import { exampleOrigin, namespaceHelp } from './memory-writes.js'

export function addMemoryOrigins(memory: CairnCommand, io: Io): void {
  for (const add of [addLookup, addLink, addOrigins, addFrom]) add(memory, io)
}

interface LookupFlags {
  session?: string
  within?: string
}

function addLookup(memory: CairnCommand, io: Io): void {
  memory
    .command('lookup')
    .description(
      'Read a key where it is set nearest: session, then user, app, project. Exit code 1 when it is nowhere.',
    )
    .argument('<key>', 'its name in the namespaces')
    .option(
      '--session <session>',
      'the session whose memories come first; without --as also whose user, app and project',
    )
    .option('--within <part>', 'the part of the namespaces after their owner, such as preferences')
    .addHelpText('after', examples('cairn memory lookup tone --within preferences --as user=alice,app=support'))
    .action((key: string, flags: LookupFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.memories.lookup(key, flags)
        if (found === null) {
          const hint = 'cairn memory list shows what there is; --within names a part of the namespaces.'
          throw new CairnError('not_found', `There is no memory ${key} in any of the scopes.`, { hint })
        }
        output.show(found, () => formatFound(found, output))
      }),
    )
}

function formatFound({ memory, scope, shadowed }: FoundMemory, output: Output): string {
  const { bold, dim } = output.colors
  const heading = bold(oneLine(`${memory.namespace} ${memory.key}`))
  const hidden = shadowed.map((other) => `${other.scope}: ${preview(other.memory.value)}`)
  const parts = [`${heading} ${dim(`v${memory.version} from ${scope}`)}`, formatValue(memory.value)]
  return [...parts, ...(hidden.length === 0 ? [] : [output.record([['hides', hidden.join('; ')]])])].join('\n\n')
}

const originHelp =
  'JSON: {"event": {"session": "…", "eventId": "…"}}, {"memory": {"namespace": "…", "key": "…"}} or {"document": {"path": "…"}}'

function originArgument(): Argument {
  return new Argument('<origin>', originHelp).argParser(jsonObject('ORIGIN', exampleOrigin))
}

function addLink(memory: CairnCommand, io: Io): void {
  memory
    .command('link')
    .description('Say which event, memory or document a memory came from.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .addArgument(originArgument())
    .option('--version <n>', 'which version came from it; default the one that is there now', wholeNumber(1))
    .addHelpText('after', examples(`cairn memory link user:alice:preferences tone '${exampleOrigin}'`))
    .action((namespace: string, key: string, origin: Origin, flags: { version?: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const linked = await cairn.memories.link(namespace, key, origin, flags)
        output.show(linked, () => formatOrigins(linked, output))
      }),
    )
}

function addOrigins(memory: CairnCommand, io: Io): void {
  memory
    .command('origins')
    .description('Show where a memory came from. Exit code 1 when there is none.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
    .option('--version <n>', 'of which version; default the one that is there now', wholeNumber(1))
    .addHelpText('after', examples('cairn memory origins user:alice:preferences tone'))
    .action((namespace: string, key: string, flags: { version?: number }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const found = await cairn.memories.origins(namespace, key, flags)
        output.show(found, () => (found.origins.length === 0 ? '' : formatOrigins(found, output)))
        if (found.origins.length === 0) output.note('no origins')
      }),
    )
}

function formatOrigins({ namespace, key, version, origins }: MemoryOrigins, output: Output): string {
  const { bold, dim } = output.colors
  const table = output.table(origins, [
    { title: 'origin', cell: sourceOf, shrinkTo: 20 },
    { title: 'named by', cell: ({ createdBy }) => createdBy, dropAt: 2 },
    { title: 'named', cell: ({ createdAt }) => formatTime(createdAt), dropAt: 1 },
  ])
  return `${bold(oneLine(`${namespace} ${key}`))} ${dim(`v${version}`)}\n\n${table}`
}

function sourceOf(origin: NamedOrigin): string {
  if ('event' in origin) return `event ${origin.event.eventId} of session ${origin.event.session}`
  if ('memory' in origin) {
    const { namespace, key, version } = origin.memory
    return `memory ${namespace} ${key} v${version}`
  }
  const { path, heading, lines } = origin.document
  return `document ${path}${lines ? `:${lines.join('-')}` : ''}${heading === undefined ? '' : `, ${heading}`}`
}

function addFrom(memory: CairnCommand, io: Io): void {
  const from = memory
    .command('from')
    .description('List the versions of memories that came from an event, a memory or a document.')
    .addArgument(originArgument())
  addPaging(from)
    .addHelpText('after', examples(`cairn memory from '${exampleOrigin}'`))
    .action((origin: Origin, flags: { limit?: number; cursor?: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const page = await cairn.memories.fromOrigin(origin, flags)
        output.show(page, ({ items }) =>
          items.length === 0
            ? ''
            : output.table(items, [
                { title: 'namespace', cell: ({ namespace }) => namespace },
                { title: 'key', cell: ({ key }) => key },
                { title: 'v', cell: ({ version }) => `${version}`, align: 'right' },
                { title: 'value', cell: ({ value }) => preview(value), shrinkTo: 16 },
              ]),
        )
        noteMore(page, output, 'no memories')
      }),
    )
}
