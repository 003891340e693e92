import type { JsonObject } from '../../json.js'
import type { EventType } from '../../sessions/event.js'
import type { SessionStatus } from '../../sessions/lifecycle.js'
import { toIso, toIsoOrNull } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { linesOf, type TreeLine, type TreeNode } from './conversation-tree.js'
import type { ForeignOptions } from './importer.js'
import { stableId, toId, toSegment } from './names.js'
import type { ReportBuilder } from './report.js'

/** What was said or done in a conversation of another tool, already in our words. */
export interface ForeignMessage {
  /** Its id there; made up from its place when there is none. */
  id?: string | undefined
  type: EventType
  actor: string
  time?: number | undefined
  content: JsonObject
  stateDelta?: JsonObject
  final?: boolean
}

/** A conversation of another tool as a tree: usually a single line, with branches where something was tried again. */
export interface ForeignConversation {
  /** Valid as the id of a session. */
  id: string
  app?: string | undefined
  user?: string | undefined
  project?: string | undefined
  status: SessionStatus
  metadata: JsonObject
  createdAt?: number | undefined
  updatedAt?: number | undefined
  terminatedAt?: number | undefined
  archivedAt?: number | undefined
  /** For what has no time of its own, nor anything before it. */
  fallbackTime: number
  nodes: TreeNode<ForeignMessage>[]
  /** The last node of the branch that counts; the newest one when left out. */
  current?: string | undefined
}

/** The session of the branch that counts, and one fork for each other branch, every one followed by its events. */
export function* conversationRecords(
  conversation: ForeignConversation,
  options: ForeignOptions,
  report: ReportBuilder,
): Generator<InterchangeRecord> {
  const lines = linesOf(conversation.nodes, conversation.current)
  const sessions = new Map<TreeLine<ForeignMessage>, { id: string; times: number[] }>()
  for (const line of lines) {
    const parent = line.parent === undefined ? undefined : sessions.get(line.parent)
    const id = parent === undefined ? conversation.id : forkId(conversation.id, line)
    const base = parent?.times.slice(0, line.sharedMessages) ?? []
    const start = base.at(-1) ?? conversation.createdAt ?? firstTime(line) ?? conversation.fallbackTime
    const events = [...eventRecords(id, line.messages, { firstSeq: base.length + 1, start })]
    const times = [...base, ...events.map(({ time }) => time)]
    sessions.set(line, { id, times })
    yield sessionRecordOf(conversation, options, { id, parent: parent?.id, line, times, start })
    for (const { record } of events) yield record
    report.taken('events', events.length)
    if (parent === undefined) report.taken('sessions')
    else report.mapped('branch', 'kept as a fork of its session', id)
  }
}

function forkId(id: string, line: TreeLine<ForeignMessage>): string {
  return toSegment(`${id.slice(0, 150)}~${stableId(line.first).slice(0, 12)}`)
}

function firstTime(line: TreeLine<ForeignMessage>): number | undefined {
  return line.messages.find(({ time }) => time !== undefined)?.time
}

function sessionRecordOf(
  conversation: ForeignConversation,
  options: ForeignOptions,
  place: { id: string; parent: string | undefined; line: TreeLine<ForeignMessage>; times: number[]; start: number },
): InterchangeRecord {
  const { id, parent, line, times, start } = place
  const createdAt = parent === undefined ? (conversation.createdAt ?? start) : start
  const latest = times.reduce((latest, time) => Math.max(latest, time), createdAt)
  const updatedAt = Math.max(latest, (parent === undefined ? conversation.updatedAt : undefined) ?? 0)
  // The database demands the times that a status implies.
  const archivedAt = conversation.status === 'archived' ? (conversation.archivedAt ?? updatedAt) : null
  const ended = archivedAt !== null || conversation.status === 'terminated'
  const project = conversation.project ?? options.project
  return {
    record: 'session',
    id,
    app: conversation.app ?? options.app,
    user: conversation.user ?? options.user,
    project: project ?? null,
    status: conversation.status,
    metadata: conversation.metadata,
    lastSeq: times.length,
    parent: parent ?? null,
    forkedAtSeq: parent === undefined ? null : line.sharedMessages,
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
    terminatedAt: toIsoOrNull(ended ? (conversation.terminatedAt ?? archivedAt ?? updatedAt) : null),
    archivedAt: toIsoOrNull(archivedAt),
  }
}

/** Times that are missing are those of the event before; when something was recorded never runs backwards. */
function* eventRecords(
  session: string,
  messages: ForeignMessage[],
  { firstSeq, start }: { firstSeq: number; start: number },
): Generator<{ record: InterchangeRecord; time: number }> {
  const ids = new Set<string>()
  let time = start
  let recordedAt = start
  for (const [index, message] of messages.entries()) {
    const seq = firstSeq + index
    time = message.time ?? time
    recordedAt = Math.max(recordedAt, time)
    const record: InterchangeRecord = {
      record: 'event',
      session,
      seq,
      eventId: uniqueId(message.id === undefined ? stableId(session, String(seq)) : toId(message.id), seq, ids),
      type: message.type,
      actor: message.actor,
      timestamp: toIso(time),
      recordedAt: toIso(recordedAt),
      content: message.content,
      stateDelta: message.stateDelta ?? null,
      isFinalResponse: message.final ?? false,
    }
    yield { record, time: recordedAt }
  }
}

/** Ids are unique in a session: a second one gets its sequence number. */
function uniqueId(id: string, seq: number, taken: Set<string>): string {
  const unique = taken.has(id) ? toId(`${id.slice(0, 180)}#${seq}`) : id
  taken.add(unique)
  return unique
}
