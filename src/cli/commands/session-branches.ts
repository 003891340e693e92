import type { Cairn } from '../../cairn.js'
import { invalidInput } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import type { SessionTree } from '../../sessions/session-branches.js'
import type { CairnCommand } from '../command.js'
import { count, formatMinute } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { onStore } from '../store.js'
import { oneLine } from '../text.js'
import { jsonObject, wholeNumber } from '../values.js'
import { noSession, orNoSession } from './session-endings.js'

export function addSessionBranches(session: CairnCommand, io: Io): void {
  for (const add of [addFork, addRewind, addTree]) add(session, io)
}

interface ForkFlags {
  atSeq?: number
  id?: string
  metadata?: JsonObject
}

function addFork(session: CairnCommand, io: Io): void {
  session
    .command('fork')
    .description('Create a session that shares the history of another up to an event, and goes on by itself.')
    .argument('<session>', 'the id of the session')
    .option('--at-seq <n>', 'the last event to share, 0 for none; default the last one', wholeNumber(0))
    .option('--id <id>', 'the id of the fork; made up when left out')
    .option('--metadata <json>', 'a JSON object about it; default that of the session', jsonObject('--metadata'))
    .addHelpText('after', examples('cairn session fork SESSION', 'cairn session fork SESSION --at-seq 0 --json'))
    .action((id: string, flags: ForkFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const fork = await cairn.sessions.fork(id, flags).catch(orNoSession(id))
        output.show(fork, () => oneLine(`Created session ${fork.id}, a fork of ${id} at event #${fork.forkedAtSeq}.`))
      }),
    )
}

interface RewindFlags {
  toSeq: number
  branchId?: string
  expectedSeq?: number
  dryRun?: boolean
  yes?: boolean
}

function addRewind(session: CairnCommand, io: Io): void {
  session
    .command('rewind')
    .description('Take a session back to an event. What it was until now stays as a session of its own.')
    .argument('<session>', 'the id of the session')
    .requiredOption('--to-seq <n>', 'the event that becomes the last one, 0 for none', wholeNumber(0))
    .option('--branch-id <id>', 'the id of the session that what was goes on as; made up when left out')
    .option('--expected-seq <n>', 'only if this is the last sequence number; otherwise exit code 4', wholeNumber(0))
    .option('--dry-run', 'only say what would be taken back')
    .option('--yes', 'take it back; without this nothing is done')
    .addHelpText(
      'after',
      examples('cairn session rewind SESSION --to-seq 0 --dry-run', 'cairn session rewind SESSION --to-seq 0 --yes'),
    )
    .action((id: string, { dryRun, yes, ...options }: RewindFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const events = await countAfter(cairn, id, options.toSeq)
        const what = oneLine(`${count(events, 'event')} of session ${id}`)
        if (!dryRun && !yes) throw invalidInput(`This would take back ${what}.`, 'Add --yes. Nothing is lost by it.')
        const { branch } = dryRun ? { branch: null } : await cairn.sessions.rewind(id, options).catch(orNoSession(id))
        const answer = { session: id, toSeq: options.toSeq, events, branch: branch?.id ?? null, rewound: !dryRun }
        output.show(answer, () => {
          const where = branch === null ? '' : ` ${oneLine(`They are in session ${branch.id} now.`)}`
          return `${dryRun ? 'Would take' : 'Took'} back ${what}.${where}`
        })
      }),
    )
}

async function countAfter(cairn: Cairn, id: string, toSeq: number): Promise<number> {
  const session = await cairn.sessions.get(id)
  if (session === null) throw noSession(id)
  return Math.max(0, session.lastSeq - toSeq)
}

function addTree(session: CairnCommand, io: Io): void {
  session
    .command('tree')
    .description('Show a session with all that share history with it, and which is a fork of which.')
    .argument('<session>', 'the id of the session')
    .addHelpText('after', examples('cairn session tree SESSION'))
    .action((id: string, _flags: unknown, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        const tree = await cairn.sessions.tree(id).catch(orNoSession(id))
        output.show(tree, () => formatTree(tree, id, output))
        if (!tree.complete) output.note(`There are more than ${tree.sessions.length}.`)
      }),
    )
}

function formatTree({ sessions }: SessionTree, asked: string, output: Output): string {
  return output.table(sessions, [
    { title: 'session', cell: ({ id, depth }) => `${'  '.repeat(depth)}${id}${id === asked ? ' *' : ''}` },
    { title: 'forked at', cell: ({ forkedAtSeq }) => (forkedAtSeq === null ? '' : `#${forkedAtSeq}`), align: 'right' },
    { title: 'events', cell: ({ lastSeq }) => `${lastSeq}`, align: 'right' },
    { title: 'status', cell: ({ status }) => status, dropAt: 2 },
    { title: 'created', cell: ({ createdAt }) => formatMinute(createdAt), dropAt: 1 },
  ])
}
