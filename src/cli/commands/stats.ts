import type { StoreInfo } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { formatBytes } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'

export function addStats(program: CairnCommand, io: Io): void {
  program
    .command('stats')
    .description('Show where the store is, how large it is, and how much it holds.')
    .addHelpText('after', examples('cairn stats', 'cairn stats --json'))
    .action((_flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.info(), (info) => formatInfo(info, output))
      }),
    )
}

function formatInfo(info: StoreInfo, output: Output): string {
  return output.record([
    ['store', info.location],
    ['engine', `${info.engine} ${info.engineVersion}, schema ${info.schemaVersion}`],
    ['size', formatBytes(info.bytes)],
    ...Object.entries(info.rows).map(([name, rows]): [string, string] => [inWords(name), rows.toLocaleString('en')]),
  ])
}

/** memoryVersions → memory versions */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
