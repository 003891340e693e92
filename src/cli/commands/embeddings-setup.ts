import { CairnError } from '../../errors.js'
import type { EmbedderCheck } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { wrapped } from '../text.js'

export function addEmbeddingsSetup(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('setup')
    .description('Check that the model is there, say what is missing, and give the store a space for its vectors.')
    .addHelpText('after', examples('cairn embeddings setup', 'CAIRN_EMBEDDER=openai cairn embeddings setup'))
    .action((_flags: object, command: CairnCommand) =>
      onStore({ command, io, create: true, threads: true }, async ({ cairn, output }) => {
        const checks = await cairn.embeddings.check()
        if (!output.json) output.show(checks, (all) => formatChecks(all, output))
        const failed = checks.find(({ ok }) => !ok)
        if (failed)
          throw new CairnError('embedding_unavailable', failed.says, { hint: failed.fix, details: { checks } })
        const space = await cairn.embeddings.migrate()
        output.show(output.json ? { checks, space } : { space }, () => {
          const rest = space.waiting > 0 ? ` ${count(space.waiting, 'text')} to embed: cairn embeddings run.` : ''
          return `\nThe vectors of this store are in ${space.name} (${space.state}).${rest}`
        })
      }),
    )
}

function formatChecks(checks: EmbedderCheck[], output: Output): string {
  const { green, red } = output.colors
  return checks
    .map(({ ok, says }) => {
      const [first = '', ...rest] = wrapped(says, { width: output.columns - 2, indent: 0 })
      return [`${ok ? green('✓') : red('✗')} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n')
    })
    .join('\n')
}
