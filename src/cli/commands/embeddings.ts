import { setTimeout as sleep } from 'node:timers/promises'
import type { Cairn } from '../../cairn.js'
import { asSentence, CairnError, invalidInput } from '../../errors.js'
import type { EmbeddingSpace, EmbeddingStatus } from '../../index.js'
import type { CairnCommand } from '../command.js'
import { textInCommandLineWords } from '../command-line-words.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { oneLine, shellQuote } from '../text.js'
import { addEmbeddingsSetup } from './embeddings-setup.js'
import { addEmbeddingsWork, howToGoOn, ownSpace } from './embeddings-work.js'

export function addEmbeddings(program: CairnCommand, io: Io): void {
  const embeddings = program
    .command('embeddings')
    .description('Let search find what is meant, with vectors of a model that you choose.')
  addEmbeddingsSetup(embeddings, io)
  addStatus(embeddings, io)
  addEmbeddingsWork(embeddings, io)
  addRollback(embeddings, io)
  addDrop(embeddings, io)
  addRetry(embeddings, io)
}

const secondMillis = 1_000

function addStatus(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('status')
    .description('Show the spaces of vectors, how many are there and how many are waiting.')
    .option('--watch', 'go on each second while anything is waiting, with how long it will take')
    .addHelpText('after', examples('cairn embeddings status', 'cairn embeddings status --watch'))
    .action((flags: { watch?: boolean }, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        const first = await cairn.embeddings.status({ ask: true })
        if (!flags.watch) return output.show(first, (status) => formatStatus(status, output))
        await watch(cairn, output, first)
      }),
    )
}

async function watch(cairn: Cairn, output: Output, first: EmbeddingStatus): Promise<void> {
  const started = { at: performance.now(), waiting: waitingIn(first) }
  for (const line of [...awayLines(first), ...idleLines(first)]) output.note(output.wrapped(line))
  for (let status = first; ; status = await cairn.embeddings.status()) {
    const waiting = waitingIn(status)
    const seconds = (performance.now() - started.at) / 1_000
    const rate = seconds > 0 ? Math.max(0, started.waiting - waiting) / seconds : 0
    const left = rate > 0 ? Math.round(waiting / rate) : null
    output.line({ waiting, perSecond: Math.round(rate), secondsLeft: left }, () => formatProgress(waiting, rate, left))
    if (waiting === 0) return
    await sleep(secondMillis)
  }
}

function waitingIn({ spaces }: EmbeddingStatus): number {
  return spaces.filter(({ state }) => state !== 'kept').reduce((sum, { waiting }) => sum + waiting, 0)
}

function formatProgress(waiting: number, rate: number, left: number | null): string {
  if (waiting === 0) return 'Nothing is waiting.'
  const speed = rate > 0 ? `, ${Math.round(rate).toLocaleString('en')} a second` : ''
  const time = left === null ? '' : `, ${left < 90 ? `${left} s` : `${Math.round(left / 60)} min`} to go`
  return `${waiting.toLocaleString('en')} waiting${speed}${time}`
}

function formatStatus(status: EmbeddingStatus, output: Output): string {
  const { model, spaces } = status
  if (spaces.length === 0)
    return output.wrapped(
      'There are no vectors yet; searches go by words. `cairn embeddings setup` says how to get them.',
    )
  const reason = 'reason' in model ? [textInCommandLineWords(`${model.reason} ${model.hint}`)] : []
  const remarks = [...spaces.flatMap(trustLines), ...reason, ...awayLines(status), ...idleLines(status)]
  const failures = spaces.filter(({ failed }) => failed > 0).map((space) => formatFailures(space, output))
  const postponed = spaces.filter((space) => space.postponed.length > 0).map((space) => formatPostponed(space, output))
  return [
    formatSpaces(spaces, output),
    ...failures,
    ...postponed,
    ...remarks.map((remark) => output.wrapped(remark)),
  ].join('\n\n')
}

function formatSpaces(spaces: EmbeddingSpace[], output: Output): string {
  const number = (value: number): string => value.toLocaleString('en')
  return output.table(spaces, [
    { title: 'space', cell: ({ name }) => name },
    { title: 'state', cell: ({ state }) => state },
    { title: 'vectors', cell: ({ vectors }) => number(vectors), align: 'right' },
    { title: 'waiting', cell: ({ waiting }) => number(waiting), align: 'right' },
    { title: 'done', cell: ({ done, state }) => (state === 'kept' ? '' : percent(done)), align: 'right', dropAt: 1 },
    { title: 'found', cell: ({ found }) => (found === null ? '' : percent(found)), align: 'right', dropAt: 2 },
  ])
}

/** Less than all is less than 100%. */
function percent(share: number): string {
  return `${Math.floor(share * 100)}%`
}

/** Searches say it in `degraded`, and go by words. */
function trustLines({ name, found, trusted, state }: EmbeddingSpace): string[] {
  if (trusted !== false || found === null || state === 'kept') return []
  return [
    `Of texts of this store the model of ${name} finds ${percent(found)} by a part of them: no more than by chance, so its vectors have no part in searches by words and meaning.`,
  ]
}

function awayLines({ away }: EmbeddingStatus): string[] {
  if (away === null) return []
  return [textInCommandLineWords(`The model gives no vectors: ${asSentence(away.reason)} ${away.hint ?? ''}`.trim())]
}

/** What waits and whom for, while nobody is at it. */
function idleLines(status: EmbeddingStatus): string[] {
  if (status.underWay) return []
  const own = ownSpace(status)
  return status.spaces.flatMap((space) => {
    const { state, waiting, name } = space
    if (state === 'kept' || waiting === 0) return []
    const way =
      state === 'active' && space === own
        ? 'Embed it here and now with: cairn embeddings run. `cairn docs watch` and programs with the model do it while they run.'
        : howToGoOn(space)
    return [`No process is embedding what waits in ${name}. ${way}`]
  })
}

const shownFailures = 5

function formatFailures({ name, failed, failures }: EmbeddingSpace, output: Output): string {
  const heading = `${count(failed, 'text')} not embedded. Try again with: cairn embeddings retry ${shellQuote(name)}`
  return formatItems(heading, failures, failed, output)
}

function formatPostponed({ postponed }: EmbeddingSpace, output: Output): string {
  const many = postponed.length
  return formatItems(`${count(many, 'text')} failed, to be tried again:`, postponed, many, output)
}

function formatItems(heading: string, failures: EmbeddingSpace['failures'], all: number, output: Output): string {
  // Texts that failed together share their reason, which comes once, after the last of them.
  const shown = failures.slice(0, shownFailures).map(({ item, error }, index) => {
    const name = output.wrapped(oneLine(item))
    const isLast = index + 1 === shownFailures || error !== failures[index + 1]?.error
    return isLast ? output.block(name, asSentence(oneLine(error))) : name
  })
  const more = all - shown.length
  const rest = more > 0 ? [`and ${count(more, 'more', 'more')}; --json has the newest hundred`] : []
  return [output.wrapped(heading), ...shown, ...rest].join('\n')
}

const aSpace = 'its name, as status shows it'

function addRollback(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('rollback')
    .description('Go back to a space that was active before. What came since then is embedded in it.')
    .argument('<space>', aSpace)
    .addHelpText('after', examples('cairn embeddings rollback ollama/bge-m3/1024'))
    .action((space: string, _flags: object, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        output.show(await cairn.embeddings.rollback(space), ({ name, waiting }) =>
          output.wrapped(activeAgain(name, waiting)),
        )
      }),
    )
}

function activeAgain(name: string, waiting: number): string {
  const rest = waiting > 0 ? ` ${count(waiting, 'text')} that came since then: cairn embeddings run.` : ''
  return `Searches use ${name} again.${rest}`
}

function addDrop(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('drop')
    .description('Remove a space with its vectors. They can be made again, which takes as long as it took.')
    .argument('<space>', aSpace)
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', 'also if it is the active one: searches go by words then')
    .addHelpText('after', examples('cairn embeddings drop ollama/bge-m3/1024 --dry-run'))
    .action((space: string, flags: DropFlags, command: CairnCommand) =>
      onStore({ command, io, threads: true }, async ({ cairn, output }) => {
        const { spaces } = await cairn.embeddings.status()
        const { vectors, state } = spaces.find(({ name }) => name === space) ?? noSuchSpace(space)
        const isActive = state === 'active'
        if (isActive && !flags.dryRun && !flags.yes) throw activeSpace(space, spaces)
        // Another process may go back to it just now.
        if (!flags.dryRun) await cairn.embeddings.drop(space, { unlessActive: !flags.yes })
        const told = { space, vectors, active: isActive, dropped: !flags.dryRun }
        output.show(told, (drop) => output.wrapped(formatDrop(drop)))
      }),
    )
}

function noSuchSpace(name: string): never {
  throw new CairnError('not_found', `There is no embedding space ${name}.`, {
    hint: 'cairn embeddings status lists them.',
  })
}

interface DropFlags {
  dryRun?: boolean
  yes?: boolean
}

function activeSpace(space: string, spaces: EmbeddingSpace[]): CairnError {
  const before = spaces.find(({ name, activatedAt }) => name !== space && activatedAt !== null)
  const back = before ? `; to go back to another: cairn embeddings rollback ${shellQuote(before.name)}` : ''
  return invalidInput(
    `${space} is the active space: without it, searches go by words alone.`,
    `To drop it all the same, add --yes${back}`,
  )
}

function formatDrop({
  space,
  vectors,
  active,
  dropped,
}: Record<'active' | 'dropped', boolean> & { space: string; vectors: number }): string {
  const done = `${dropped ? 'Dropped' : 'Would drop'} ${space} with ${count(vectors, 'vector')}.`
  if (!active) return done
  return dropped
    ? `${done} Searches go by words now; \`cairn embeddings setup\` says how to have vectors again.`
    : `${done} It is the active one: searches would go by words then, and --yes is needed.`
}

function addRetry(embeddings: CairnCommand, io: Io): void {
  embeddings
    .command('retry')
    .description('Let texts that could not be embedded be tried again, now rather than later.')
    .argument('<space>', aSpace)
    .addHelpText('after', examples('cairn embeddings retry ollama/bge-m3/1024'))
    .action((space: string, _flags: object, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show({ space, retried: await cairn.embeddings.retry(space) }, ({ retried }) =>
          retried === 0 ? 'No text had failed.' : `${count(retried, 'text')} will be tried again.`,
        )
      }),
    )
}
