import { CairnError } from '../../errors.js'
import type { EmbedderCheck, EmbeddingSpace } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { wrapped } from '../text.js'
import { howToGoOn } from './embeddings-work.js'

export function addEmbeddingsSetup(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('setup')
    .description('Check that the model is there, say what is missing, and give the store a space for its vectors.')
    .addHelpText('after', examples('cairn embeddings setup', 'CAIRN_EMBEDDER=openai cairn embeddings setup'))
    .action((_flags: object, command: CairnCommand) =>
      onStore({ command, io, create: true, threads: true }, async ({ cairn, output }) => {
        const checks = await cairn.embeddings.check()
        const failed = checks.find(({ ok }) => !ok)
        // What is missing is the error.
        if (!output.json) output.show(checks, (all) => formatChecks(all, output))
        if (failed)
          throw new CairnError('embedding_unavailable', failed.says, { hint: failed.fix, details: { checks } })
        const space = await cairn.embeddings.migrate()
        output.show(output.json ? { checks, space } : { space }, () => `\n${output.wrapped(told(space))}`)
      }),
    )
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
