import type { ContextResult, IncludedItem, LeftItem } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { textInCommandLineWords } from '../command-line-words.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import type { Column } from '../table.js'
import { oneLine, truncate, withoutControls } from '../text.js'
import { wholeNumber } from '../values.js'

interface ContextFlags {
  session?: string
  task?: string
  query?: string
  budget?: number
  manifest?: boolean
}

export function addContext(program: CairnCommand, io: Io): void {
  program
    .command('context')
    .description(
      'Print the text that a prompt should begin with: memories, task, state, what is found, and last events.',
    )
    .option('--session <id>', 'with the state and the last events of this session, for its user')
    .option('--task <id>', 'with this task')
    .option('--query <text>', 'with what is found for this; default the prompt of the task')
    .option('--budget <tokens>', 'at most this many tokens, 200 to 1000000; default 4000', wholeNumber(200, 1_000_000))
    .option('--manifest', 'print a table of what went in and what did not instead')
    .addHelpText(
      'after',
      examples(
        'cairn context --session SESSION --query "what tone does she like?" --budget 2000',
        'cairn context --task TASK --manifest',
      ),
    )
    .action((flags: ContextFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const { budget, manifest = false, ...rest } = flags
        const result = await cairn.context({ ...rest, ...(budget !== undefined && { budgetTokens: budget }) })
        output.show(result, () => (manifest ? formatManifest(result, output) : result.text))
        output.note(summary(result))
        for (const reason of result.degraded) output.note(`Incomplete: ${oneLine(textInCommandLineWords(reason))}`)
      }),
    )
}

function summary({ tokens, budget, manifest, tookMs }: ContextResult): string {
  const { included, left } = manifest
  // What is in already is not left out.
  const outside = left.filter(({ why }) => why !== 'duplicate')
  const inside = `${count(included.length, 'item')}, ${tokens} of ${count(budget, 'token')}`
  return `${inside}; ${outside.length} left out; ${tookMs} ms`
}

function reason(row: IncludedItem | LeftItem): string {
  if ('tokens' in row) return `${row.why}${row.cut ? ', cut' : ''}`
  return row.why === 'duplicate' ? 'is in already' : `left out: ${row.why}`
}

function formatManifest({ manifest }: ContextResult, output: Output): string {
  const rows = [...manifest.included, ...manifest.left]
  const narrow = (row: IncludedItem | LeftItem): string => {
    const tokens = 'tokens' in row ? `, ${count(row.tokens, 'token')}` : ''
    const lines = [nameOf(row), `  ${row.section}${tokens}, ${reason(row)}`]
    return lines.map((line) => truncate(withoutControls(line), output.columns)).join('\n')
  }
  const columns: Column<IncludedItem | LeftItem>[] = [
    { title: 'section', cell: ({ section }) => section },
    { title: 'kind', cell: ({ kind }) => kind, dropAt: 1 },
    { title: 'ref', cell: nameOf, shrinkTo: 20 },
    { title: 'tokens', cell: (row) => ('tokens' in row ? String(row.tokens) : ''), align: 'right' },
    { title: 'why', cell: reason },
  ]
  return output.table(rows, columns, narrow)
}

function nameOf(row: IncludedItem | LeftItem): string {
  switch (row.kind) {
    case 'memory':
      return `${row.ref.namespace} ${row.ref.key} v${row.version}`
    case 'task':
      return row.ref.task
    case 'state':
      return `${row.ref.scope}:${row.ref.key}`
    case 'event':
      return `${row.ref.session} #${row.ref.seq}`
    case 'document':
      return `${row.ref.path}:${row.ref.lines.join('-')}`
  }
}
