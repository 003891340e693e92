import { Argument } from 'commander'
import type { Cairn } from '../../cairn.js'
import { CairnError, invalidInput } from '../../errors.js'
import type { SessionStatus } from '../../sessions/lifecycle.js'
import type { TerminatedSession } from '../../sessions/session-service.js'
import { sessionStatuses } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { count } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'

export function addSessionEndings(session: CairnCommand, io: Io): void {
  for (const add of [addStatus, addTerminate, addDelete]) add(session, io)
}

function addStatus(session: CairnCommand, io: Io): void {
  session
    .command('status')
    .description('Move a session along: created → active ⇄ paused → terminated → archived.')
    .argument('<session>', 'the id of the session')
    .addArgument(new Argument('<status>', 'where to').choices(sessionStatuses))
    .addHelpText('after', examples('cairn session status SESSION paused', 'cairn session status SESSION archived'))
    .action((id: string, status: SessionStatus, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const moved = await cairn.sessions.updateStatus(id, status).catch(orNoSession(id))
        output.show(moved, () => oneLine(`Session ${id} is ${moved.status}.`))
      }),
    )
}

function addTerminate(session: CairnCommand, io: Io): void {
  session
    .command('terminate')
    .description('End a session: its own state is cleared, what it set for its user is kept as memories.')
    .argument('<session>', 'the id of the session')
    .addHelpText('after', examples('cairn session terminate SESSION'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        output.show(await cairn.sessions.terminate(id).catch(orNoSession(id)), (ended) => formatTerminated(id, ended))
      }),
    )
}

function formatTerminated(id: string, { kept, removed }: TerminatedSession): string {
  const lines = [
    ...kept.map(({ namespace, key, version }) => `Kept ${namespace} ${key} v${version}.`),
    ...removed.map(({ namespace, key }) => `Deleted ${namespace} ${key}, which the session had removed.`),
  ]
  return [`Terminated session ${id}.`, ...lines].map(oneLine).join('\n')
}

interface DeleteFlags {
  dryRun?: boolean
  yes?: boolean
}

function addDelete(session: CairnCommand, io: Io): void {
  session
    .command('delete')
    .description(
      'Remove a session with its events, its own state and its own memories, for good. All other memories stay.',
    )
    .argument('<session>', 'the id of the session')
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', 'remove it; without this nothing is removed')
    .addHelpText('after', examples('cairn session delete SESSION --dry-run', 'cairn session delete SESSION --yes'))
    .action((id: string, flags: DeleteFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const events = await countEvents(cairn, id)
        const what = oneLine(`session ${id} with ${count(events, 'event')}`)
        if (!flags.dryRun && !flags.yes) {
          throw invalidInput(
            `This would remove ${what} for good.`,
            'Add --yes, or keep its events and end it: cairn session terminate.',
          )
        }
        const deleted = flags.dryRun ? false : await cairn.sessions.delete(id)
        output.show({ session: id, events, deleted }, () => `${deleted ? 'Removed' : 'Would remove'} ${what}.`)
      }),
    )
}

async function countEvents(cairn: Cairn, id: string): Promise<number> {
  const session = await cairn.sessions.get(id)
  if (session === null) throw noSession(id)
  // Those of an ancestor are not its own.
  return session.lastSeq - (session.forkedAtSeq ?? 0)
}

/** The API's refusal in the words of the command line. */
export function orNoSession(id: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CairnError && error.code === 'not_found' ? noSession(id) : error
  }
}

export function noSession(id: string): CairnError {
  return new CairnError('not_found', `There is no session ${id}.`, { hint: 'Look for it with cairn session list.' })
}
