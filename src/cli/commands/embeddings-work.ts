import { InvalidArgumentError } from 'commander'
import type { Cairn } from '../../cairn.js'
import type { EmbedderOptions } from '../../embeddings/embedder-schema.js'
import { CairnError } from '../../errors.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { Progress } from '../progress.js'
import { onStore } from '../store.js'

export function addEmbeddingsWork(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('run')
    .description('Embed all that is waiting, here and now.')
    .addHelpText('after', examples('cairn embeddings run'))
    .action((_flags: object, command: CairnCommand) =>
      onStore({ command, io, threads: true }, ({ cairn, output }) => runAndTell(cairn, output, io)),
    )
  embeddings
    .command('migrate')
    .description(
      'Fill a space of another model while searches use the old one, and then change over. Goes on where it was.',
    )
    .requiredOption('--to <model>', 'provider/model, such as ollama/mxbai-embed-large, and /dimensions', toEmbedder)
    .addHelpText('after', examples('cairn embeddings migrate --to ollama/mxbai-embed-large'))
    .action(({ to }: { to: EmbedderOptions }, command: CairnCommand) =>
      onStore({ command, io, threads: true, embedder: to }, async ({ cairn, output }) => {
        await cairn.embeddings.migrate()
        await runAndTell(cairn, output, io)
      }),
    )
}

const providers = ['ollama', 'openai', 'transformers'] as const

/** `ollama/nomic-embed-text:v1.5`, or with a length of vectors behind it. Names of models may have slashes in them. */
function toEmbedder(text: string): EmbedderOptions {
  const [, name, model, dimensions] = /^([a-z]+)\/(.+?)(?:\/(\d+))?$/.exec(text) ?? []
  const provider = providers.find((each) => each === name)
  if (provider === undefined || model === undefined)
    throw new InvalidArgumentError(`Write provider/model, with one of ${providers.join(', ')}.`)
  return { provider, model, ...(dimensions !== undefined && { dimensions: Number(dimensions) }) }
}

async function runAndTell(cairn: Cairn, output: Output, io: Io): Promise<void> {
  await embedAll(cairn, io)
  const { model, spaces } = await cairn.embeddings.status()
  const space = 'name' in model ? spaces.find(({ name }) => name === model.name) : undefined
  output.show(space ?? null, (filled) =>
    filled ? `${count(filled.vectors, 'vector')} in ${filled.name} (${filled.state}).` : 'There is no space.',
  )
}

/** Embeds what is waiting, with a bar for people; `busy` while another process does it. */
export async function embedAll(cairn: Cairn, io: Io): Promise<void> {
  const progress = new Progress(io)
  const waiting = async (): Promise<number> => {
    const { spaces } = await cairn.embeddings.status()
    return spaces.reduce((sum, space) => sum + (space.state === 'kept' ? 0 : space.waiting), 0)
  }
  const all = await waiting()
  let left = all
  let looking: Promise<void> | undefined
  const look = (): void => {
    looking ??= waiting().then((now) => {
      left = now
      looking = undefined
    })
  }
  try {
    await cairn.embeddings.run({
      onRound() {
        look()
        progress.update(all === 0 ? 1 : 1 - left / all, `${(all - left).toLocaleString('en')} of ${count(all, 'text')}`)
      },
    })
  } finally {
    await looking
    progress.end()
  }
}

/** After a sync: what it brought gets vectors, if the store has any; a model that is away is a remark. */
export async function embedIfThereIsASpace(cairn: Cairn, output: Output, io: Io): Promise<void> {
  try {
    const { spaces } = await cairn.embeddings.status()
    if (spaces.some(({ state, waiting }) => state === 'active' && waiting > 0)) await embedAll(cairn, io)
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
    if (error.code === 'forbidden' || error.code === 'busy') return
    output.note(`Not embedded yet: ${error.message}`)
  }
}
