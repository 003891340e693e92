import { resolve } from 'node:path'
import { CairnError, invalidInput } from '../../errors.js'
import { detectForeignFormat } from '../../open.js'
import type { ForeignImportOptions } from '../../ops/importers/foreign-service.js'
import type { ForeignFormat } from '../../ops/importers/importer.js'
import type { ForeignReport, ReportLine } from '../../ops/importers/report.js'
import type { Output } from '../output.js'
import { oneLine, shellQuote } from '../text.js'

/** The options of `import` that are for files of other tools. */
export interface ForeignFlags {
  from: ForeignFormat | 'cairn'
  user?: string
  app?: string
  project?: string
}

/** Examples for the help of `import`. */
export const foreignExamples = [
  'cairn import conversations.json --from chatgpt --user alice --dry-run',
  'cairn import history.db --from mem0 --user alice',
]

/** What the options ask of `importForeign`; undefined when the file is one of Cairn's own. */
export function foreignOptions(
  file: string,
  { from, user, app, project }: ForeignFlags,
): ForeignImportOptions | undefined {
  if (from === 'cairn') {
    const [needless] = Object.entries({ user, app, project }).filter(([, value]) => value !== undefined)
    if (needless === undefined) return undefined
    throw invalidInput(`--${needless[0]} is for files of other tools.`, 'Give --from with the name of the tool, too.')
  }
  if (file === '-') throw invalidInput('A file of another tool is read more than once.', 'Give its path, not stdin.')
  if (user === undefined) throw invalidInput('It is not said whose this becomes.', 'Give --user, such as --user alice.')
  return { from, user, ...(app !== undefined && { app }), ...(project !== undefined && { project }) }
}

/** An error about a file that is none of Cairn's own, with what it is, and the command that takes it when there is one. */
export async function withForeignHint(error: unknown, file: string, cwd: string): Promise<unknown> {
  if (!(error instanceof CairnError) || error.code !== 'invalid_input') return error
  const found = await detectForeignFormat(resolve(cwd, file)).catch(() => undefined)
  if (found === undefined || (found.format === undefined && error.details?.header !== 'missing')) return error
  const { code, message, details } = error
  const command = `Import it with: cairn import ${shellQuote(file)} --from ${found.format} --user NAME`
  const hint = `It looks like ${found.looksLike}.${found.format === undefined ? '' : ` ${command}`}`
  return new CairnError(code, message, { hint, details, cause: error })
}

/** What was changed and left, by kind, with the first few of each. */
export function formatForeign({ mapped, left }: ForeignReport, output: Output): string[] {
  const section = (name: string, lines: ReportLine[]): string[] =>
    lines.length === 0 ? [] : [output.colors.bold(name), ...lines.flatMap(formatLine)]
  return [...section('Changed to fit:', mapped), ...section('Left:', left)]
}

function formatLine({ what, how, count, examples }: ReportLine): string[] {
  const more = count > examples.length && examples.length > 0 ? ', …' : ''
  const shown = examples.length === 0 ? [] : [`    ${oneLine(examples.join(', '))}${more}`]
  return [`  ${oneLine(`${what}: ${count.toLocaleString('en')}, ${how}`)}`, ...shown]
}
