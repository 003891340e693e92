import type { Json, JsonObject } from '../../json.js'
import type { ForeignDatabase, ForeignRow } from '../../storage/foreign-database.js'
import { toIso } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { actorOf, kindOfRole } from './actors.js'
import { cleanJson, cleanObject, isObject, textIn, without, withoutEmpty } from './clean-json.js'
import { conversationRecords, type ForeignMessage } from './conversation.js'
import type { TreeNode } from './conversation-tree.js'
import { demandFormat } from './detect-format.js'
import { fileTime } from './file-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { CheckpointReader, type CheckpointState, type Parts, type Thread } from './langgraph-checkpoints.js'
import { decodeMetadata } from './langgraph-serde.js'
import { toKey, toSegment } from './names.js'
import { type ReportBuilder, reading } from './report.js'

/** The database of LangGraph's SqliteSaver: threads of checkpoints, each with the whole state of a graph. */
export const importLanggraph: Importer = (source, options) =>
  reading('langgraph', options, (report) => readThreads(source, options, report))

async function* readThreads(source: ForeignSource, options: ForeignOptions, report: ReportBuilder) {
  await demandFormat(source, 'langgraph')
  const fallbackTime = await fileTime(source.path)
  const db = source.openDatabase(source.path)
  try {
    let used = 0
    for (const thread of threadsOf(db)) used += yield* threadRecords(db, thread, { options, report, fallbackTime })
    const rest = db.count('writes') - used
    if (rest > 0) report.left('writes', 'of checkpoints that are not there', undefined, rest)
  } finally {
    db.close()
  }
}

/** Threads in the order of the table's key, so that one after the other is read. */
function* threadsOf(db: ForeignDatabase): Generator<Thread> {
  let last: Thread | undefined
  for (const row of db.rows('checkpoints', {
    columns: ['thread_id', 'checkpoint_ns'],
    order: ['thread_id', 'checkpoint_ns'],
  })) {
    const thread = { id: String(row.thread_id), namespace: String(row.checkpoint_ns ?? '') }
    if (last?.id === thread.id && last.namespace === thread.namespace) continue
    last = thread
    yield thread
  }
}

interface Context {
  options: ForeignOptions
  report: ReportBuilder
  fallbackTime: number
}

/** Records of a thread; returns how many writes belong to its checkpoints. */
function* threadRecords(db: ForeignDatabase, thread: Thread, context: Context): Generator<InterchangeRecord, number> {
  const { options, report } = context
  const reader = new CheckpointReader(db, thread, report)
  const nodes: TreeNode<ForeignMessage>[] = []
  let latest: { row: ForeignRow; state: CheckpointState } | undefined
  const where = { thread_id: thread.id, checkpoint_ns: thread.namespace }
  for (const row of db.rows('checkpoints', { where, order: ['checkpoint_id'] })) {
    const state = reader.read(row)
    const parent = textIn(row.parent_checkpoint_id)
    const before = reader.at(parent)
    nodes.push({ id: String(row.checkpoint_id), parent, messages: changesOf(before, state, options) })
    latest = { row, state }
    report.taken('checkpoints')
  }
  if (latest === undefined) return 0
  const { id, namespace } = thread
  const session = namespace === '' ? toSegment(id) : toSegment(`${id.slice(0, 120)}/${namespace}`)
  if (namespace !== '') report.mapped('subgraph', 'a session of its own', `${id} ${namespace}`)
  const pending = pendingWrites(reader, nodes, report)
  const metadata = {
    ...withoutEmpty({ source: 'langgraph', threadId: id, checkpointNs: namespace, pendingWrites: pending.values }),
    ...withoutEmpty({ checkpoint: decodeMetadata(latest.row.metadata).value }),
  }
  const conversation = {
    id: session,
    status: 'active' as const,
    metadata: cleanObject(metadata),
    fallbackTime: context.fallbackTime,
    nodes,
    current: String(latest.row.checkpoint_id),
  }
  yield* conversationRecords(conversation, options, report)
  yield* stateRecords(session, latest.state, context)
  return pending.count
}

/** What a checkpoint adds to the one before: its new messages, then the values that are different. */
function changesOf(before: CheckpointState, state: CheckpointState, options: ForeignOptions): ForeignMessage[] {
  const { time } = state
  const events: ForeignMessage[] = []
  for (const [id, { message, hash }] of state.messages) {
    const known = before.messages.get(id)
    if (known?.hash === hash) continue
    const event = { ...toMessage(message, options), id, time }
    events.push(known === undefined ? event : { ...event, content: { ...event.content, replaces: id } })
  }
  const removed = [...before.messages.keys()].filter((id) => !state.messages.has(id))
  const delta = deltaOf(before, state)
  if (removed.length > 0 || Object.keys(delta).length > 0) {
    const content: JsonObject = removed.length > 0 ? { removedMessages: removed } : {}
    events.push({
      type: 'state_change',
      actor: 'system',
      time,
      content,
      ...(Object.keys(delta).length > 0 && { stateDelta: delta }),
    })
  }
  return events
}

/** Null takes a value away, as in every delta; a value that is null itself is none. */
function deltaOf(before: CheckpointState, state: CheckpointState): JsonObject {
  const delta: [key: string, value: Json][] = []
  for (const [name, { value, hash }] of state.values) {
    if (before.values.get(name)?.hash !== hash) delta.push([stateKey(name), cleanJson(value)])
  }
  for (const name of before.values.keys()) if (!state.values.has(name)) delta.push([stateKey(name), null])
  return Object.fromEntries(delta)
}

function stateKey(name: string): string {
  return toKey(toSegment(name))
}

function toMessage(message: Parts, options: ForeignOptions): Pick<ForeignMessage, 'type' | 'actor' | 'content'> {
  const role = textIn(message.role) ?? String(message.type).replace(/MessageChunk$/, '')
  const kind = kindOfRole(role) ?? 'system'
  const text = textOf(message.content)
  const blocks = Array.isArray(message.content) ? message.content.filter((block) => !isText(block)) : []
  const calls = Array.isArray(message.tool_calls) && message.tool_calls.length > 0
  const rest = without(message, 'content', 'type', 'role', 'id', 'name', 'example', '@type')
  return {
    type: kind === 'tool' || (calls && text === '') ? 'tool_call' : 'message',
    actor: actorOf(kind, textIn(message.name) ?? (kind === 'user' ? options.user : undefined)),
    content: cleanObject({
      ...(text !== '' && { text }),
      ...withoutEmpty({ parts: blocks }),
      ...withoutEmpty(withoutDefaults(rest)),
    }),
  }
}

/** Fields that say nothing in nearly every message. */
function withoutDefaults(message: Parts): Parts {
  const members = Object.entries(message).filter(([name, value]) => !(name === 'status' && value === 'success'))
  return Object.fromEntries(members.map(([name, value]) => [name, isObject(value) ? withoutEmpty(value) : value]))
}

function isText(block: unknown): boolean {
  return typeof block === 'string' || (isObject(block) && block.type === 'text' && typeof block.text === 'string')
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = Array.isArray(content) ? content.filter(isText) : []
  return blocks.map((block) => (isObject(block) ? block.text : block)).join('\n')
}

/** Writes at the end of a branch wait to be applied; those of all others are in the checkpoint that follows. */
function pendingWrites(reader: CheckpointReader, nodes: TreeNode<ForeignMessage>[], report: ReportBuilder) {
  const parents = new Set(nodes.map(({ parent }) => parent))
  const values: unknown[] = []
  let count = 0
  for (const { id } of nodes) {
    const isEnd = !parents.has(id)
    for (const { channel, task, value } of reader.writes(id)) {
      count += 1
      if (isEnd) values.push({ checkpoint: id, channel, task, value })
      else report.left('writes', 'part of the checkpoint that follows them', channel)
    }
  }
  if (values.length > 0) report.mapped('pending writes', 'kept in the metadata of the session', nodes[0]?.id)
  return { values, count }
}

function* stateRecords(
  session: string,
  state: CheckpointState,
  { report, fallbackTime }: Context,
): Generator<InterchangeRecord> {
  for (const [name, { value }] of state.values) {
    const clean = cleanJson(value)
    if (clean === null) continue
    report.taken('state')
    yield {
      record: 'state',
      scope: 'session',
      owner: session,
      key: stateKey(name),
      value: clean,
      session,
      updatedAt: toIso(state.time ?? fallbackTime),
    }
  }
}
