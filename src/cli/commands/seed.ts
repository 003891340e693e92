import type { SeededMemory } from '../../ops/seed.js'
import type { CairnCommand } from '../command.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'

export function addSeed(program: CairnCommand, io: Io): void {
  program
    .command('seed')
    .description('Add the memories that an app begins with. Those that are there, edited or deleted stay as they are.')
    .requiredOption('--app <app>', 'the app that they are for')
    .addHelpText('after', examples('cairn seed --app support'))
    .action(({ app }: { app: string }, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.seed(app), ({ items }) =>
          output.table<SeededMemory>(items, [
            { title: 'namespace', cell: ({ namespace }) => namespace },
            { title: 'key', cell: ({ key }) => key },
            { title: 'status', cell: ({ status }) => status },
          ]),
        )
      }),
    )
}
