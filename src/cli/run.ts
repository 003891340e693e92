import { type Command, CommanderError } from 'commander'
import { CairnError } from '../errors.js'
import { CommandMissing } from './command.js'
import { inCommandLineWords } from './command-line-words.js'
import { exitCodeOf, exitCodes } from './exit-codes.js'
import type { Io } from './io.js'
import { Output } from './output.js'
import { buildProgram } from './program.js'

/** Runs one command line, without the names of the interpreter and the program. Returns the exit code and never throws. */
export async function run(argv: string[], io: Io): Promise<number> {
  const program = buildProgram(io)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const output = new Output(io, wantsJson(argv))
    if (error instanceof CommandMissing) return explain(error, { argv, io, output })
    output.error(inCommandLineWords(error))
    return exitCodeOf(error)
  }
}

/** `cairn` alone asks for help; `cairn memory` is a command line that is not finished. */
function explain({ command, message }: CommandMissing, to: { argv: string[]; io: Io; output: Output }): number {
  if (to.argv.length === 0) {
    command.outputHelp()
    return 0
  }
  const commands = command.commands.map((inner) => inner.name()).join(', ')
  to.output.error(new CairnError('invalid_input', message, { hint: `One of ${commands}.` }))
  if (!to.output.json) to.io.stderr.write(`\n${helpOf(command)}`)
  return exitCodes.invalid_input
}

function helpOf(command: Command): string {
  return command.helpInformation({ error: true })
}

/** Read by hand, because a command line that is wrong may not have been read to its end. */
function wantsJson(argv: string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}
