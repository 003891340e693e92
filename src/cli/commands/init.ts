import { existsSync } from 'node:fs'
import { invalidInput } from '../../errors.js'
import type { CairnCommand } from '../command.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore, readSettings } from '../store.js'

export function addInit(program: CairnCommand, io: Io): void {
  program
    .command('init')
    .description('Create a store. One that is there already stays as it is.')
    .addHelpText('after', examples('cairn init', 'cairn init --db agents.db'))
    .action((_flags: unknown, command: CairnCommand) => init(command, io))
}

async function init(command: CairnCommand, io: Io): Promise<void> {
  const { db, as } = command.globalFlags()
  if (as !== undefined) throw invalidInput('init takes no --as: a new store is nobody’s yet.', 'Leave --as out.')
  const created = !existsSync(readSettings(db, io).db)
  await onStore({ command, io, create: true }, async ({ cairn, output }) => {
    const { location, schemaVersion } = await cairn.info()
    output.show({ created, location, schemaVersion }, () => {
      return created ? `Created a store at ${location}.` : `There is a store at ${location} already; it stays as it is.`
    })
    if (!created) return
    output.note("Next: cairn memory add user:me:preferences tone --text 'Short answers, please.'")
    output.note('Searches go by words. To find what is meant as well: cairn embeddings setup')
  })
}
