import { Option } from 'commander'
import { CairnError } from '../errors.js'
import { addGlobalOptions, CairnCommand, globalHeading } from './command.js'
import { addAgent } from './commands/agent.js'
import { addAudit } from './commands/audit.js'
import { addCheckpoint } from './commands/checkpoint.js'
import { addContext } from './commands/context.js'
import { addDocs } from './commands/docs.js'
import { addEmbeddings } from './commands/embeddings.js'
import { addExport } from './commands/export.js'
import { addImport } from './commands/import.js'
import { addInit } from './commands/init.js'
import { addMemory } from './commands/memory.js'
import { addMetrics } from './commands/metrics.js'
import { addSearch } from './commands/search.js'
import { addSeed } from './commands/seed.js'
import { addSession } from './commands/session.js'
import { addSimilar } from './commands/similar.js'
import { addStats } from './commands/stats.js'
import { addTask } from './commands/task.js'
import { addVersion, packageVersion } from './commands/version.js'
import { examples } from './help.js'
import { colorsFor, columnsOf, type Io } from './io.js'

/** The whole command tree. */
export function buildProgram(io: Io): CairnCommand {
  const program = new CairnCommand('cairn')
  const colors = colorsFor(io.isTTY, io.env)
  program
    .description('Layered, versioned memory for AI agents, in one file.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    // `--version` is about the program before a command and about a memory after it.
    .enablePositionalOptions()
    .addHelpOption(new Option('-h, --help', 'help for this command').helpGroup(globalHeading))
    .helpCommand(false)
    .configureHelp({ styleTitle: colors.bold })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => columnsOf(io.columns, io.env),
      getErrHelpWidth: () => columnsOf(io.columns, io.env),
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => colors.isColorSupported,
    })
  for (const add of [
    ...[addInit, addMemory, addSession, addTask, addAgent, addCheckpoint, addMetrics],
    ...[
      addDocs,
      addEmbeddings,
      addSearch,
      addSimilar,
      addContext,
      addAudit,
      addSeed,
      addExport,
      addImport,
      addStats,
      addVersion,
    ],
  ])
    add(program, io)
  addHelp(program)
  addGlobalOptions(program)
  program.addHelpText(
    'after',
    examples(
      'cairn init',
      `cairn memory add user:alice:preferences tone '{"style":"concise"}'`,
      'cairn memory get user:alice:preferences tone --json',
      'cairn search "how does alice like her answers?"',
    ),
  )
  return program
}

function addHelp(program: CairnCommand): void {
  program
    .command('help')
    .description('Help for a command, such as `cairn help memory add`.')
    .argument('[command...]', 'the words of the command')
    .action((words: string[]) => {
      let command: CairnCommand = program
      for (const word of words) {
        const next = command.commands.find((inner) => inner.name() === word)
        if (next === undefined) {
          throw new CairnError('invalid_input', `There is no command '${words.join(' ')}'.`, {
            hint: 'See cairn --help.',
          })
        }
        command = next as CairnCommand
      }
      command.outputHelp()
    })
}
