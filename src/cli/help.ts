import { type AddHelpTextContext, type Argument, type Command, Help } from 'commander'
import { wrapped } from './text.js'

// Beside a term a description gets no fewer columns than this; where fewer are left it goes below.
const leastBeside = 24
const below = 6
const usage = 'Usage: '

/** Help no wider than the terminal, however narrow that is. */
export class CairnHelp extends Help {
  override minWidthToWrap = 10

  override formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = helper.helpWidth ?? 80
    const isRoomBeside = width - termWidth - 4 >= leastBeside
    if (isRoomBeside || description === '') return super.formatItem(term, termWidth, description, helper)
    return [`  ${term}`, ...wrapped(description, { width, indent: below })].join('\n')
  }

  override commandUsage(command: Command): string {
    const lines = wrapped(super.commandUsage(command), { width: this.helpWidth ?? 80, indent: usage.length })
    return lines.join('\n').trimStart()
  }

  /** Without the [options] that all of them have. */
  override subcommandTerm(command: Command): string {
    return [command.name(), ...command.registeredArguments.map(nameOfArgument)].join(' ')
  }
}

function nameOfArgument(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

/** Examples at the end of a command's help. Long ones go on behind a backslash, so that a shell takes them as they are. */
export function examples(...lines: string[]): (context: AddHelpTextContext) => string {
  return ({ command, error }) => {
    const { getOutHelpWidth, getErrHelpWidth } = command.configureOutput()
    const width = (error ? getErrHelpWidth : getOutHelpWidth)?.() ?? 80
    return ['', 'Examples:', ...lines.flatMap((line) => shellLines(line, width))].join('\n')
  }
}

/** A command line in several: broken between words, and never inside quotes. */
function shellLines(line: string, width: number): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  const lines: string[] = []
  let current = ' '
  for (const [index, word] of words.entries()) {
    const isLast = index === words.length - 1
    const room = width - (isLast ? 0 : ' \\'.length)
    if (current.trim() !== '' && current.length + 1 + word.length > room) {
      lines.push(`${current} \\`)
      current = '   '
    }
    current += ` ${word}`
  }
  return [...lines, current]
}
