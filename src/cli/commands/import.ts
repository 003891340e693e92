import { constants } from 'node:os'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { CairnError } from '../../errors.js'
import type { ImportProgress, ImportReport } from '../../index.js'
import type { ImportProblem } from '../../ops/import-problems.js'
import { importFormats } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { Progress } from '../progress.js'
import { onSignal } from '../signals.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { type ForeignFlags, foreignExamples, foreignOptions, formatForeign, withForeignHint } from './import-foreign.js'

interface ImportFlags extends ForeignFlags {
  dryRun?: boolean
}

export function addImport(program: CairnCommand, io: Io): void {
  program
    .command('import')
    .description('Restore what export wrote: everything is checked first, and what is there already stays as it is.')
    .argument('<file>', 'the file, packed with gzip or not; - for stdin')
    .addOption(new Option('--from <format>', 'what kind of file it is').choices(importFormats).default('cairn'))
    .option('--user <user>', 'of a file of another tool: whose it becomes, where the file does not say')
    .option('--app <app>', 'of a file of another tool: the app of its sessions; default the name of the format')
    .option('--project <project>', 'of a file of another tool: the project that it is about')
    .option('--dry-run', 'only say what would be stored')
    .addHelpText(
      'after',
      examples('cairn import backup.jsonl.gz --dry-run', 'cairn import backup.jsonl.gz', ...foreignExamples),
    )
    .action((file: string, flags: ImportFlags, command: CairnCommand) => importFile(file, flags, { command, io }))
}

function importFile(
  file: string,
  { dryRun = false, ...flags }: ImportFlags,
  { command, io }: { command: CairnCommand; io: Io },
): Promise<void> {
  const foreign = foreignOptions(file, flags)
  return onStore({ command, io, threads: true }, async ({ cairn, output }) => {
    const progress = new Progress(io)
    const onProgress = ({ pass, share, records }: ImportProgress): void =>
      progress.update(share, `${pass === 'check' ? 'checking' : 'storing'}, ${count(records, 'record')}`)
    const path = resolve(io.cwd, file)
    // What came in by stdin lies in a temporary file, which goes when the process exits; a signal alone is no exit.
    const done = file === '-' ? onSignal((signal) => process.exit(128 + constants.signals[signal])) : undefined
    try {
      if (foreign !== undefined) {
        const report = await cairn.importForeign(path, { ...foreign, dryRun, onProgress })
        const lines = () => [formatReport(report, output), ...formatForeign(report.foreign, output)]
        output.show(report, () => lines().join('\n'))
        return
      }
      const report = await cairn.import(file === '-' ? (io.stdin ?? []) : path, { dryRun, onProgress })
      output.show(report, () => formatReport(report, output))
    } catch (error) {
      progress.end()
      const told = noteProblems(error, output)
      throw foreign === undefined && file !== '-' ? await withForeignHint(told, file, io.cwd) : told
    } finally {
      progress.end()
      done?.()
    }
  })
}

/** Tells people every bad line, and the error only how many there are. With --json the error has them all. */
function noteProblems(error: unknown, output: Output): unknown {
  if (output.json || !(error instanceof CairnError)) return error
  const { code, hint, details, cause } = error
  const { problems = [], count: all = 0 } = (details ?? {}) as { problems?: ImportProblem[]; count?: number }
  if (problems.length === 0) return error
  for (const { line, reason } of problems) output.note(oneLine(`line ${line}: ${reason}`))
  const named = problems.length < all ? `the first ${problems.length.toLocaleString('en')} named above` : 'named above'
  const message = `The file is not what it should be: ${count(all, 'problem')}, ${named}.`
  return new CairnError(code, message, { hint, details, cause })
}

function formatReport({ dryRun, records, differences }: ImportReport, output: Output): string {
  const kinds = Object.entries(records)
  if (kinds.length === 0) return 'The file holds no records.'
  const table = output.table(kinds, [
    { title: 'record', cell: ([kind]) => kind },
    { title: dryRun ? 'new' : 'added', cell: ([, { added }]) => added.toLocaleString('en') },
    { title: 'there already', cell: ([, { same }]) => same.toLocaleString('en') },
    { title: 'different', cell: ([, { different }]) => different.toLocaleString('en') },
  ])
  const lines = differences.map(({ line, name }) => oneLine(`line ${line}: ${name}`))
  const heading = lines.length === 0 ? [] : ['Different in the store, and kept as it is there:']
  return [table, ...heading, ...lines].join('\n')
}
