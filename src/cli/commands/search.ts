import { InvalidArgumentError, Option } from 'commander'
import type { SearchOptions } from '../../search/search-inputs.js'
import { eventTypes, memoryTypes, searchKinds } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { explained, showHits } from '../search-hits.js'
import { onStore } from '../store.js'
import { jsonObject, listOf, listOfNamespaces, readStdin, wholeNumber } from '../values.js'

interface SearchFlags {
  kind?: string[]
  namespace?: string[]
  type?: string[]
  session?: string
  limit?: number
  offset?: number
  knownAt?: string
  validAt?: string
  from?: string
  to?: string
  metadata?: Record<string, unknown>
  threshold?: number
  perDocument?: number
  duplicates?: boolean
  detail?: string
  explain?: boolean
  mode?: string
}

const details = ['short', 'full']

function share(text: string): number {
  const number = /^-?(?:0|1|0?\.\d+|1\.0+|0\.\d+)$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number))
    throw new InvalidArgumentError('Write a number from 0 to 1, such as .5; with --mode semantic from -1.')
  return number
}

export function addSearch(program: CairnCommand, io: Io): void {
  const types = [...memoryTypes, ...eventTypes]
  program
    .command('search')
    .description(
      'Find memories, events and documents, best first, by words and, if the store has vectors, by meaning. Finding nothing is an answer: exit code 0.',
    )
    .argument('<text...>', 'what to look for, in any words; - reads it from stdin')
    .option('--kind <kinds>', `of these kinds: ${searchKinds.join(', ')}; commas between`, listOf(searchKinds))
    .option('--namespace <namespaces>', 'in these namespaces and below; commas between, or repeated', listOfNamespaces)
    .option('--type <types>', `of these types: ${types.join(', ')}; commas between`, listOf(types))
    .option('--session <id>', 'in one session')
    .option('--limit <n>', 'at most this many, 1 to 100; default 10', wholeNumber(1, 100))
    .option('--offset <n>', 'leave out the best n, at most 1000', wholeNumber(0, 1000))
    .option('--known-at <time>', 'memories as the store knew them at this time; default now (ISO 8601)')
    .option('--valid-at <time>', 'memories as true in the world at this time; default now (ISO 8601)')
    .option('--from <time>', 'what is of this time or later (ISO 8601)')
    .option('--to <time>', 'what is of before this time (ISO 8601)')
    .option('--metadata <json>', 'memories and documents with these values in their metadata', jsonObject('--metadata'))
    .option(
      '--threshold <share>',
      'what holds at least this share of the question itself, 0 to 1; with --mode semantic the least cosine, -1 to 1',
      share,
    )
    .option('--per-document <n>', 'at most this many sections of one document; default 1', wholeNumber(1, 1000))
    .option('--duplicates', 'also what says the same as a better hit')
    .addOption(
      new Option('--detail <detail>', 'a passage of each hit, or its whole text; default short').choices(details),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'by words and vectors (hybrid, the default where there are vectors) or by one alone',
      ).choices(['hybrid', 'lexical', 'semantic']),
    )
    .option('--explain', 'with every piece of evidence and its points')
    .addHelpText(
      'after',
      examples(
        'cairn search "support group" --kind event,memory --limit 10 --json',
        'cairn search deploy friday --namespace project:apollo --as user=alice,project=apollo',
        'cairn search "when did we ship" --from 2026-05-01 --explain',
      ),
    )
    .action((words: string[], flags: SearchFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const text = words.join(' ')
        const options = explained(toOptions(flags), output)
        const result = await cairn.search(text === '-' ? await readStdin(io) : text, options)
        // The past is searched by words, with their scores.
        const cosines = flags.mode === 'semantic' && flags.knownAt === undefined
        showHits(result, output, { cosines, explain: flags.explain })
      }),
    )
}

function toOptions({ kind, namespace, type, ...rest }: SearchFlags): SearchOptions {
  const lists = {
    ...(kind && { kinds: kind }),
    ...(namespace && { namespaces: namespace }),
    ...(type && { types: type }),
  }
  return { ...lists, ...rest } as SearchOptions
}
