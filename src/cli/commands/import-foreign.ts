import { resolve } from 'node:path'
import { Option } from 'commander'
import { invalidInput } from '../../errors.js'
import { detectForeignFormat, readForeignFile } from '../../open.js'
import type { ForeignFormat, ForeignRecords } from '../../ops/importers/importer.js'
import type { ForeignReport, ReportLine } from '../../ops/importers/report.js'
import { foreignFormats } from '../choices.js'
import type { CairnCommand } from '../command.js'
import type { Output } from '../output.js'
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
  'cairn import conversations.json --from chatgpt --user alice',
  'cairn import ~/.mem0/history.db --from mem0 --user alice --dry-run',
]

export function addForeignOptions(command: CairnCommand): CairnCommand {
  return command
    .addOption(new Option('--from <format>', 'the file is of another tool').choices(foreignFormats))
    .option('--user <user>', 'with --from: whose it becomes, where the file does not say')
    .option('--app <app>', 'with --from: the app of its sessions; default the name of the format')
    .option('--project <project>', 'with --from: the project that it is about')
}

/** The records of a file of another tool; undefined when --from is not given and the file is one of Cairn's own. */
export function foreignRecords(
  file: string,
  { from, user, app, project }: ForeignFlags,
  cwd: string,
): ForeignRecords | undefined {
  if (from === undefined) {
    const [needless] = Object.entries({ user, app, project }).filter(([, value]) => value !== undefined)
    if (needless !== undefined) throw invalidInput(`--${needless[0]} is for files of other tools.`, 'Give --from, too.')
    return undefined
  }
  if (user === undefined) throw invalidInput('It is not said whose this becomes.', 'Give --user, such as --user alice.')
  return readForeignFile(resolve(cwd, file), { from, user, app, project })
}

/** A hint for a file that is none of Cairn's own: the command that takes it, when its format is known. */
export async function foreignHint(file: string, cwd: string): Promise<string | undefined> {
  const { format, looksLike } = await detectForeignFormat(resolve(cwd, file))
  if (format === undefined) return `It looks like ${looksLike}.`
  return `It looks like ${looksLike}. Import it with cairn import ${shellQuote(file)} --from ${format} --user …`
}

/** What was taken, mapped and left, for people. */
export function formatForeignReport(report: ForeignReport, output: Output): string {
  const { bold } = output.colors
  const taken = report.taken.filter(({ count }) => count > 0).map(({ what, count }) => `  ${what}: ${inDigits(count)}`)
  const sections = [
    [bold('Taken'), ...(taken.length === 0 ? ['  nothing'] : taken)],
    [bold('Mapped'), ...report.mapped.flatMap(formatLine)],
    [bold('Left'), ...report.left.flatMap(formatLine)],
  ]
  return sections
    .filter((lines) => lines.length > 1)
    .map((lines) => lines.join('\n'))
    .join('\n')
}

function formatLine({ what, how, count, examples }: ReportLine): string[] {
  const more = count > examples.length && examples.length > 0 ? ', …' : ''
  const shown = examples.length === 0 ? [] : [`    ${oneLine(examples.join(', '))}${more}`]
  return [`  ${oneLine(`${what}: ${inDigits(count)}, ${how}`)}`, ...shown]
}

function inDigits(count: number): string {
  return count.toLocaleString('en')
}
