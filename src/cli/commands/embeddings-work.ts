import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { Cairn } from '../../cairn.js'
import type { EmbedderOptions } from '../../embeddings/embedder-schema.js'
import { CairnError } from '../../errors.js'
import type { EmbeddingSpace, EmbeddingStatus } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { textInCommandLineWords } from '../command-line-words.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { Progress } from '../progress.js'
import { onStore } from '../store.js'
import { shellQuote } from '../text.js'

export function addEmbeddingsWork(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('run')
    .description('Embed all that is waiting, here and now.')
    .addHelpText('after', examples('cairn embeddings run'))
    .action((_flags: object, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        await runAndTell(cairn, output, io)
        await tellOfOthers(cairn, output)
      }),
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
  await whenItIsOurTurn(output, () => embedAll(cairn, io))
  const space = ownSpace(await cairn.embeddings.status())
  // Another process may have dropped it just now.
  if (space === undefined) return
  output.show(space, ({ vectors, name, state }) =>
    output.wrapped(`${count(vectors, 'vector')} in ${name} (${state}).${failedIn(space)}`),
  )
  if (space.postponed.length > 0) throw notYet(space)
}

/** Whoever waits for all of it is told that it is not there. */
function notYet({ name, postponed }: EmbeddingSpace): CairnError {
  const message = `${count(postponed.length, 'text')} could not be embedded in ${name} yet: ${postponed[0]?.error}`
  return new CairnError('embedding_unavailable', message, {
    hint: 'What has failed is tried again by and by. `cairn embeddings status` lists it; the same command tries again.',
  })
}

function failedIn({ failed }: EmbeddingSpace): string {
  return failed === 0 ? '' : ` ${count(failed, 'text')} could not be embedded; cairn embeddings status says why.`
}

/** The command that changes a store over to the model of the settings. */
export function howToChange({ model }: EmbeddingStatus): string {
  if ('reason' in model) return textInCommandLineWords(`${model.reason} ${model.hint}`)
  return model.provider === 'custom'
    ? 'Only a program that brings its model can change over to it.'
    : `Change over to it with: ${migrateTo(model)}`
}

export function ownSpace({ model, spaces }: EmbeddingStatus): EmbeddingSpace | undefined {
  return 'name' in model ? spaces.find(({ name }) => name === model.name) : undefined
}

const oftenMillis = 500

const waitingFor = 'Waiting for another process that embeds. If it was killed, its turn ends within ten seconds.'

/** Whoever has the turn is at work: what waits is embedded meanwhile. */
async function whenItIsOurTurn(output: Output, work: () => Promise<void>): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await work()
    } catch (error) {
      if (!isOthersTurn(error)) throw error
      if (!isTold) output.note(output.wrapped(waitingFor))
      await sleep(oftenMillis)
    }
  }
}

function isOthersTurn(error: unknown): boolean {
  return error instanceof CairnError && error.code === 'busy' && error.details?.turn === 'embeddings'
}

/** What this command has not filled, and how to go on with it. */
async function tellOfOthers(cairn: Cairn, output: Output): Promise<void> {
  const status = await cairn.embeddings.status()
  const other = status.spaces.find(({ state }) => state === 'filling')
  if (other === undefined || other === ownSpace(status)) return
  output.note(
    output.wrapped(`${other.name} is being filled, with ${count(other.waiting, 'text')} to go. ${howToGoOn(other)}`),
  )
}

/** The command that fills a space. */
export function howToGoOn(space: EmbeddingSpace): string {
  if (space.provider === 'custom') return 'Only a program that brings its model can go on with it.'
  return `Go on with: ${migrateTo(space)}`
}

function migrateTo({ provider, model, dimensions }: Pick<EmbeddingSpace, 'provider' | 'model' | 'dimensions'>): string {
  return `cairn embeddings migrate --to ${shellQuote(`${provider}/${model}/${dimensions}`)}`
}

/** Embeds what is waiting, with a bar for people; `busy` while another process does it. */
export async function embedAll(cairn: Cairn, io: Io): Promise<void> {
  const progress = new Progress(io)
  const waiting = async (): Promise<number> => ownSpace(await cairn.embeddings.status())?.waiting ?? 0
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
        const done = Math.max(0, all - left)
        progress.update(all === 0 ? 1 : done / all, `${done.toLocaleString('en')} of ${count(all, 'text')}`)
      },
    })
  } finally {
    await looking
    progress.end()
  }
}

/** How long a model may take until it is said that it is waited for. */
const slowMillis = 5_000

/** After a sync: what it brought gets vectors, if the store has any; a model that is away is a remark. */
export async function embedIfThereIsASpace(cairn: Cairn, output: Output, io: Io): Promise<void> {
  const wait = 'Waiting for the embedding model. Ctrl-C ends that and loses nothing: what waits is embedded later.'
  const slow = setTimeout(() => output.note(output.wrapped(wait)), slowMillis).unref()
  try {
    const { spaces } = await cairn.embeddings.status()
    if (spaces.some(({ state, waiting }) => state === 'active' && waiting > 0)) await embedAll(cairn, io)
  } catch (error) {
    if (!(error instanceof CairnError)) throw error
    if (error.code === 'busy') return
    output.note(`Not embedded yet: ${error.message}`)
  } finally {
    clearTimeout(slow)
  }
}
