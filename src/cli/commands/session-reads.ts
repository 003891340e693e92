import { Option } from 'commander'
import type { Cairn } from '../../cairn.js'
import { invalidInput } from '../../errors.js'
import type { Page } from '../../page.js'
import type { EventType, SessionEvent } from '../../sessions/event.js'
import type { SessionStatus } from '../../sessions/lifecycle.js'
import type { Session } from '../../sessions/session.js'
import type { SessionListQuery } from '../../sessions/session-inputs.js'
import type { MergedState } from '../../sessions/state.js'
import { eventTypes, sessionStatuses } from '../choices.js'
import type { CairnCommand } from '../command.js'
import { eventText, formatMinute, formatObject, formatTime, preview } from '../format.js'
import { examples } from '../help.js'
import type { Io } from '../io.js'
import type { Output } from '../output.js'
import { addPaging, noteMore } from '../paging.js'
import { onStore } from '../store.js'
import { wholeNumber } from '../values.js'
import { noSession } from './session-endings.js'

export function addSessionReads(session: CairnCommand, io: Io): void {
  addShow(session, io)
  addList(session, io)
}

interface ShowFlags {
  events: number
  asc?: boolean
  desc?: boolean
  type?: EventType
  cursor?: string
}

/** What `session show` answers with. */
interface ShownSession {
  session: Session
  state: MergedState
  events: Page<SessionEvent>
}

function addShow(session: CairnCommand, io: Io): void {
  session
    .command('show')
    .description('Show a session with its state and its last events. Exit code 1 when there is none.')
    .argument('<session>', 'the id of the session')
    .option('--limit, --events <n>', 'at most this many events, 0 to 1000', wholeNumber(0, 1000), 20)
    .option('--asc', 'from the first event on, oldest first')
    .option('--desc', 'from the last event back, newest first')
    .addOption(new Option('--type <type>', 'events of one type').choices(eventTypes))
    .option('--cursor <cursor>', 'go on after a page of events: its `next`')
    .addHelpText(
      'after',
      examples('cairn session show SESSION', 'cairn session show SESSION --events 100 --asc --json'),
    )
    .action((id: string, flags: ShowFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if (flags.asc && flags.desc) throw invalidInput('Both --asc and --desc are given.', 'Give one of them.')
        const found = await cairn.sessions.get(id)
        if (found === null) throw noSession(id)
        const [state, events] = await Promise.all([cairn.sessions.state(id), readEvents(cairn, id, flags)])
        output.show({ session: found, state, events }, (shown) => formatSession(shown, output))
        if (events.next !== null) noteMore(events, output, '')
      }),
    )
}

/** The last events in the order in which they happened, unless a direction is asked for. */
async function readEvents(cairn: Cairn, id: string, flags: ShowFlags): Promise<Page<SessionEvent>> {
  const { events: limit, asc, desc, type, cursor } = flags
  if (limit === 0) return { items: [], next: null }
  const page = await cairn.sessions.events(id, {
    order: asc ? 'asc' : 'desc',
    limit,
    ...(type && { type }),
    ...(cursor !== undefined && { cursor }),
  })
  return asc || desc ? page : { ...page, items: page.items.reverse() }
}

function formatSession({ session, state, events }: ShownSession, output: Output): string {
  const { id, status, app, user, project, metadata, lastSeq, parent, forkedAtSeq, createdAt, updatedAt } = session
  const facts = output.record([
    ['session', id],
    ['status', status],
    ['user', user],
    ['app', app],
    ['project', project ?? ''],
    ['fork of', parent === null ? '' : `${parent} at event #${forkedAtSeq}`],
    ['metadata', formatObject(metadata)],
    ['created', formatTime(createdAt)],
    ['updated', formatTime(updatedAt)],
    ['events', `${lastSeq}`],
  ])
  const parts = [facts, formatState(state, output), ...events.items.map((event) => formatEvent(event, output))]
  return parts.filter((part) => part !== '').join('\n\n')
}

function formatState(state: MergedState, output: Output): string {
  const rows = (['session', 'user', 'app', 'project'] as const).flatMap((scope) =>
    Object.entries(state[scope]).map(([key, value]) => ({ key: scope === 'session' ? key : `${scope}:${key}`, value })),
  )
  if (rows.length === 0) return ''
  return output.table(rows, [
    { title: 'state', cell: ({ key }) => key, shrinkTo: 16 },
    { title: 'value', cell: ({ value }) => preview(value), shrinkTo: 16 },
  ])
}

const longestEvent = 8

function formatEvent(event: SessionEvent, output: Output): string {
  const { seq, actor, type, timestamp, isFinalResponse } = event
  const remark = `${type}${isFinalResponse ? ', final' : ''}  ${formatTime(timestamp)}`
  return output.block(output.heading(`#${seq} ${actor}`, remark, '  '), eventText(event), longestEvent)
}

interface ListFlags {
  active?: boolean
  status?: SessionStatus
  app?: string
  user?: string
  project?: string
  limit?: number
  cursor?: string
}

function addList(session: CairnCommand, io: Io): void {
  const list = session
    .command('list')
    .description('List sessions, newest first.')
    .option('--active', 'active and paused ones, last used first')
    .addOption(new Option('--status <status>', 'of one status').choices(sessionStatuses))
    .option('--app <app>', 'of one app')
    .option('--user <user>', 'of one user')
    .option('--project <project>', 'about one project')
  addPaging(list)
    .addHelpText(
      'after',
      examples('cairn session list --active --user alice', 'cairn session list --status archived --json'),
    )
    .action(({ active, ...flags }: ListFlags, command: CairnCommand) =>
      onStore({ command, io }, async ({ cairn, output }) => {
        if (active && flags.status !== undefined) {
          throw invalidInput('Both --active and --status are given.', 'Give one of them.')
        }
        const query: SessionListQuery = flags
        const page = active ? await cairn.sessions.listActive(query) : await cairn.sessions.list(query)
        output.show(page, ({ items }) => (items.length === 0 ? '' : formatSessions(items, output)))
        noteMore(page, output, 'no sessions')
      }),
    )
}

function formatSessions(sessions: Session[], output: Output): string {
  return output.table(sessions, [
    { title: 'session', cell: ({ id }) => id },
    // What people know a conversation by, where it has one: those from other tools do.
    {
      title: 'title',
      cell: ({ metadata: { title } }) => (typeof title === 'string' ? title : ''),
      shrinkTo: 16,
      dropAt: 1,
    },
    { title: 'status', cell: ({ status }) => status },
    { title: 'user', cell: ({ user }) => user, shrinkTo: 8 },
    { title: 'app', cell: ({ app }) => app, shrinkTo: 8, dropAt: 3 },
    { title: 'project', cell: ({ project }) => project ?? '', shrinkTo: 8, dropAt: 5 },
    { title: 'events', cell: ({ lastSeq }) => `${lastSeq}`, align: 'right', dropAt: 4 },
    { title: 'updated', cell: ({ updatedAt }) => formatMinute(updatedAt), dropAt: 2 },
  ])
}
