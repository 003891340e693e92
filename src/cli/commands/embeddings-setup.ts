import { CairnError } from '../../errors.js'
import type { EmbedderCheck, EmbeddingSpace, EmbeddingStatus } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { wrapped } from '../text.js'
import { howToChange, howToGoOn, ownSpace } from './embeddings-work.js'

export function addEmbeddingsSetup(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('setup')
    .description(
      'Check that the model is there, say what is missing, and give a store without vectors a space for them.',
    )
    .addHelpText('after', examples('cairn embeddings setup', 'CAIRN_EMBEDDER=openai cairn embeddings setup'))
    .action((_flags: object, command: CairnCommand) =>
      onStore({ command, io, create: true, threads: true }, async ({ cairn, output }) => {
        const checks = await cairn.embeddings.check()
        const failed = checks.find(({ ok }) => !ok)
        // What is missing is the error.
        if (!output.json) output.show(checks, (all) => formatChecks(all, output))
        if (failed)
          throw new CairnError('embedding_unavailable', failed.says, { hint: failed.fix, details: { checks } })
        const status = await cairn.embeddings.status()
        const other = activeOfAnother(status)
        const space = other ?? (await cairn.embeddings.migrate())
        const text = other ? `${told(other)} The model of the settings is another. ${howToChange(status)}` : told(space)
        output.show(output.json ? { checks, space } : { space }, () => `\n${output.wrapped(text)}`)
      }),
    )
}

/** The active space, where a migration to the model of the settings would begin that nobody asked for. */
function activeOfAnother(status: EmbeddingStatus): EmbeddingSpace | undefined {
  const isBegun = ownSpace(status)?.state === 'filling'
  const active = status.spaces.find(({ state }) => state === 'active')
  return isBegun || active === ownSpace(status) ? undefined : active
}

function told(space: EmbeddingSpace): string {
  const { name, state, waiting } = space
  if (state === 'filling')
    return `${name} is to be filled; until it is full, searches use the space of before. ${howToGoOn(space)}`
  const rest = waiting > 0 ? ` ${count(waiting, 'text')} to embed: cairn embeddings run.` : ''
  return `The vectors of this store are in ${name} (${state}).${rest}`
}

function formatChecks(checks: EmbedderCheck[], output: Output): string {
  const { green } = output.colors
  return checks
    .filter(({ ok }) => ok)
    .map(({ says }) => {
      const [first = '', ...rest] = wrapped(says, { width: output.columns - 2, indent: 0 })
      return [`${green('✓')} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n')
    })
    .join('\n')
}
