import type { ForeignDatabase, ForeignRow } from '../../storage/foreign-database.js'
import { actorOf, kindOfRole } from './actors.js'
import { cleanObject, textIn, withoutEmpty } from './clean-json.js'
import { conversationRecords } from './conversation.js'
import { readTime } from './foreign-time.js'
import type { ForeignOptions } from './importer.js'
import { mem0Namespace, writerOf } from './mem0-export.js'
import { chainRecords, type ForeignVersion } from './memory-chain.js'
import { toKey, toSegment } from './names.js'
import type { ReportBuilder } from './report.js'
import { groups } from './row-groups.js'

/** What happened to a memory, in the words of whichever version of mem0 wrote it. */
interface Change {
  event: string
  before: string | undefined
  after: string | undefined
  time: number | undefined
  deleted: boolean
  row: ForeignRow
}

/**
 * mem0's history database: the table `history` of the Python library (with old_memory and new_memory, earlier prev_value
 * and new_value) or `memory_history` of the TypeScript one. The rows of a memory are its versions.
 */
export function* readMem0History(
  db: ForeignDatabase,
  options: ForeignOptions,
  report: ReportBuilder,
  fallback: number,
) {
  const table = db.tables.has('history') ? 'history' : 'memory_history'
  for (const rows of groups(db.rows(table, { order: ['memory_id', 'rowid'] }), ['memory_id'])) {
    const id = textIn(rows[0]?.memory_id)
    if (id === undefined) {
      report.left('rows', 'without the id of a memory', undefined, rows.length)
      continue
    }
    const versions = versionsOf(rows.map(toChange), { id, report, fallback })
    const namespace = mem0Namespace(undefined, options)
    yield* chainRecords({ format: 'mem0', namespace, key: toKey(id), type: 'semantic', versions })
    if (versions.length > 0) report.taken('memories')
    report.taken('versions', versions.length)
  }
  yield* messageRecords(db, options, report, fallback)
}

function toChange(row: ForeignRow): Change {
  const event = String(row.event ?? row.action ?? '').toUpperCase()
  return {
    event,
    before: textIn(row.old_memory ?? row.previous_value ?? row.prev_value),
    after: textIn(row.new_memory ?? row.new_value),
    // created_at stays that of the memory when it changes.
    time: readTime(row.updated_at) ?? readTime(row.created_at) ?? readTime(row.timestamp),
    deleted: event === 'DELETE' || row.is_deleted === 1,
    row,
  }
}

function versionsOf(
  changes: Change[],
  { id, report, fallback }: { id: string; report: ReportBuilder; fallback: number },
): ForeignVersion[] {
  const versions: ForeignVersion[] = []
  for (const { event, before, after, time = versions.at(-1)?.time ?? fallback, deleted, row } of inOrder(changes)) {
    const metadata = cleanObject(withoutEmpty({ source: 'mem0', actor_id: row.actor_id, role: row.role }))
    const version = { time, by: writerOf(row), metadata }
    const last = versions.at(-1)?.value
    if (before !== undefined && before !== last) {
      report.mapped('text', 'known only as what came before: a version of its own', id)
      versions.push({ ...version, value: before })
    }
    if (deleted && versions.length > 0) versions.push({ ...version, value: undefined })
    else if (deleted || after === undefined) report.left('rows', `${event || 'no event'} without a text`, id)
    else if (after === versions.at(-1)?.value) report.left('rows', 'the same text as before', id)
    else versions.push({ ...version, value: after })
  }
  return versions
}

/** By time; rows of the same time, or of none, as they were written. */
function inOrder(changes: Change[]): Change[] {
  let latest = 0
  const placed = changes.map((change) => {
    latest = change.time ?? latest
    return { change, at: latest }
  })
  return placed.sort((a, b) => a.at - b.at).map(({ change }) => change)
}

/** Newer versions keep the last messages of each scope. */
function* messageRecords(db: ForeignDatabase, options: ForeignOptions, report: ReportBuilder, fallbackTime: number) {
  if (db.tables.get('messages')?.includes('session_scope') !== true) return
  const rows = db.rows('messages', { order: ['session_scope', 'created_at', 'rowid'] })
  for (const messages of groups(rows, ['session_scope'])) {
    const scope = String(messages[0]?.session_scope ?? '')
    const nodes = messages.map(({ id, role, name, content, created_at }, index) => ({
      id: String(index),
      parent: index === 0 ? undefined : String(index - 1),
      messages: [
        {
          id: textIn(id),
          type: 'message' as const,
          actor: actorOf(kindOfRole(role) ?? 'system', name ?? (kindOfRole(role) === 'user' ? options.user : null)),
          time: readTime(created_at),
          content: cleanObject({ text: content }),
        },
      ],
    }))
    const metadata = cleanObject({ source: 'mem0', session_scope: scope })
    const id = toSegment(`mem0 ${scope}`)
    yield* conversationRecords({ id, status: 'active', metadata, fallbackTime, nodes }, options, report)
  }
}
