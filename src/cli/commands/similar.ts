import { CairnError, invalidInput } from '../../errors.js'
import type { DocumentWithChunks } from '../../index.js'
import type { SearchOptions, SimilarTo } from '../../search/search-inputs.js'
import { searchKinds } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { explained, showHits } from '../search-hits.js'
import { onStore } from '../store.js'
import { listOf, listOfNamespaces, wholeNumber } from '../values.js'
import { aDocument, noDocument } from './docs-reads.js'
import { namespaceHelp, noMemory } from './memory-writes.js'

interface SimilarFlags {
  kind?: string[]
  namespace?: string[]
  limit?: number
  explain?: boolean
}

export function addSimilar(program: CairnCommand, io: Io): void {
  const similar = program
    .command('similar')
    .description('Find what is like a memory, an event or a section of a document, best first.')
  for (const add of [addMemory, addEvent, addDocument]) add(similar, io)
}

function addFilters(command: CairnCommand): CairnCommand {
  return command
    .option('--kind <kinds>', `of these kinds: ${searchKinds.join(', ')}; commas between`, listOf(searchKinds))
    .option('--namespace <namespaces>', 'in these namespaces and below; commas between, or repeated', listOfNamespaces)
    .option('--limit <n>', 'at most this many, 1 to 100; default 10', wholeNumber(1, 100))
    .option('--explain', 'with every piece of evidence and its points')
}

function toOptions({ kind, namespace, limit, explain }: SimilarFlags): SearchOptions {
  return {
    ...(kind && { kinds: kind as NonNullable<SearchOptions['kinds']> }),
    ...(namespace && { namespaces: namespace }),
    ...(limit !== undefined && { limit }),
    ...(explain && { explain }),
  }
}

function addMemory(similar: CairnCommand, io: Io): void {
  const command = similar
    .command('memory')
    .description('Find what is like a memory. Exit code 1 when there is no such memory.')
    .argument('<namespace>', namespaceHelp)
    .argument('<key>', 'its name in the namespace')
  addFilters(command)
    .addHelpText('after', examples('cairn similar memory user:alice:preferences tone --kind memory --limit 5'))
    .action((namespace: string, key: string, flags: SimilarFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const memory = await cairn.memories.get(namespace, key)
        if (memory === null) throw noMemory(namespace, key)
        showHits(
          await cairn.similar({ kind: 'memory', ref: memory }, explained(toOptions(flags), output)),
          output,
          flags,
        )
      }),
    )
}

function addEvent(similar: CairnCommand, io: Io): void {
  const command = similar
    .command('event')
    .description('Find what is like an event of a session. Exit code 1 when there is no such event.')
    .argument('<session>', 'the id of the session')
    .argument('<seq>', 'the number of the event, as in s1 #4', wholeNumber(1))
  addFilters(command)
    .addHelpText('after', examples('cairn similar event SESSION 1', 'cairn similar event SESSION 1 --explain'))
    .action((session: string, seq: number, flags: SimilarFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        showHits(
          await cairn.similar({ kind: 'event', ref: { session, seq } }, explained(toOptions(flags), output)),
          output,
          flags,
        )
      }),
    )
}

function addDocument(similar: CairnCommand, io: Io): void {
  const command = similar
    .command('document')
    .description('Find what is like a section of a document, in other documents too. Exit code 1 when there is none.')
    .argument('<document>', aDocument)
    .option('--line <n>', 'the section that has this line; default the first', wholeNumber(1))
    .option('--chunk <n>', 'the section of this number, from 0, as in the ref of a hit', wholeNumber(0))
  addFilters(command)
    .addHelpText(
      'after',
      examples('cairn similar document docs/guide.md', 'cairn similar document docs/guide.md --line 12 --json'),
    )
    .action((name: string, flags: SimilarFlags & Section, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const document = await cairn.documents.get(name)
        if (document === null) throw noDocument(name)
        showHits(await cairn.similar(sectionOf(document, flags), explained(toOptions(flags), output)), output, flags)
      }),
    )
}

interface Section {
  line?: number
  chunk?: number
}

/** The section that a line is in; an empty line between two is one of the first. */
function sectionOf({ namespace, root, path, content }: DocumentWithChunks, { line, chunk }: Section): SimilarTo {
  const [first] = content
  if (first === undefined) throw new CairnError('not_found', `${path} has no text.`)
  const last = content.at(-1)?.lines[1] ?? 0
  if (line !== undefined && line > last) throw invalidInput(`${path} ends with line ${last}.`)
  if (chunk !== undefined && chunk >= content.length) throw invalidInput(`${path} has ${content.length} sections.`)
  const inLine = line === undefined ? first : (content.findLast(({ lines }) => lines[0] <= line) ?? first)
  const section = chunk === undefined ? inLine : (content[chunk] ?? first)
  return {
    kind: 'document',
    ref: { namespace, root, path, lines: section.lines, ...(chunk !== undefined && { chunk }) },
  }
}
