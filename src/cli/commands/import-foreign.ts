import { resolve } from 'node:path'
import { Option } from 'commander'
import { invalidInput } from '../../errors.js'
import { detectForeignFormat } from '../../open.js'
import type { ImportProgress } from '../../ops/import.js'
import type { ForeignImportOptions, ForeignImportReport } from '../../ops/importers/foreign-service.js'
import type { ForeignFormat } from '../../ops/importers/importer.js'
import type { ForeignReport, ReportLine } from '../../ops/importers/report.js'
import { foreignFormats } from '../choices.js'
import type { CairnCommand } from '../command.js'
import type { Output } from '../output.js'
import type { Door } from '../store.js'
import { oneLine, shellQuote } from '../text.js'

/** The options of `import` that are for files of other tools. */
export interface ForeignFlags {
  from?: ForeignFormat
  user?: string
  app?: string
  project?: string
}

/** Examples for the help of `import`. */
export const foreignExamples = [
  'cairn import conversations.json --from chatgpt --user alice --dry-run',
  'cairn import history.db --from mem0 --user alice',
]

export function addForeignOptions(command: CairnCommand): CairnCommand {
  return command
    .addOption(new Option('--from <format>', 'the file is of another tool').choices(foreignFormats))
    .option('--user <user>', 'with --from: whose it becomes, where the file does not say')
    .option('--app <app>', 'with --from: the app of its sessions; default the name of the format')
    .option('--project <project>', 'with --from: the project that it is about')
}

/** What the options ask of `importForeign`; undefined when --from is not given and the file is one of Cairn's own. */
export function foreignOptions({ from, user, app, project }: ForeignFlags): ForeignImportOptions | undefined {
  if (from !== undefined) {
    if (user === undefined)
      throw invalidInput('It is not said whose this becomes.', 'Give --user, such as --user alice.')
    return { from, user, ...(app !== undefined && { app }), ...(project !== undefined && { project }) }
  }
  const [needless] = Object.entries({ user, app, project }).filter(([, value]) => value !== undefined)
  if (needless !== undefined) throw invalidInput(`--${needless[0]} is for files of other tools.`, 'Give --from, too.')
  return undefined
}

/** Imports a file of another tool, and shows what became of it. */
export async function importForeignFile(
  file: string,
  options: ForeignImportOptions,
  { cairn, output }: Pick<Door, 'cairn' | 'output'>,
  onProgress?: (progress: ImportProgress) => void,
): Promise<void> {
  const report = await cairn.importForeign(file, { ...options, ...(onProgress && { onProgress }) })
  output.show(report, (shown) => formatForeign(shown, output))
}

/** A hint for a file that is none of Cairn's own: the command that takes it, when its format is known. */
export async function foreignHint(file: string, cwd: string): Promise<string> {
  const { format, looksLike } = await detectForeignFormat(resolve(cwd, file))
  if (format === undefined) return `It looks like ${looksLike}.`
  return `It looks like ${looksLike}. Import it with: cairn import ${shellQuote(file)} --from ${format} --user NAME`
}

function formatForeign(report: ForeignImportReport, output: Output): string {
  const { bold } = output.colors
  const counts = Object.entries(report.records).map(([kind, { added, same, different }]) => {
    const others = [
      same > 0 && `${inDigits(same)} there already`,
      different > 0 && `${inDigits(different)} there otherwise`,
    ]
    return `  ${kind}: ${[inDigits(added), ...others.filter((text) => text !== false)].join(', ')}`
  })
  const heading = bold(report.dryRun ? 'Would be stored' : 'Stored')
  return [heading, ...(counts.length === 0 ? ['  nothing'] : counts), ...formatReport(report.foreign, output)].join(
    '\n',
  )
}

/** What was mapped and left, by kind, with the first few of each. */
function formatReport({ mapped, left }: ForeignReport, output: Output): string[] {
  const section = (name: string, lines: ReportLine[]): string[] =>
    lines.length === 0 ? [] : [output.colors.bold(name), ...lines.flatMap(formatLine)]
  return [...section('Changed to fit', mapped), ...section('Left', left)]
}

function formatLine({ what, how, count, examples }: ReportLine): string[] {
  const more = count > examples.length && examples.length > 0 ? ', …' : ''
  const shown = examples.length === 0 ? [] : [`    ${oneLine(examples.join(', '))}${more}`]
  return [`  ${oneLine(`${what}: ${inDigits(count)}, ${how}`)}`, ...shown]
}

function inDigits(count: number): string {
  return count.toLocaleString('en')
}
