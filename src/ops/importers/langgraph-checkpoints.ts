import { createHash } from 'node:crypto'
import type { ForeignDatabase, ForeignRow } from '../../storage/foreign-database.js'
import { cleanJson, isObject, textIn } from './clean-json.js'
import { readTime } from './foreign-time.js'
import { decodeTyped } from './langgraph-serde.js'
import type { ReportBuilder } from './report.js'

export type Parts = Record<string, unknown>

/** The thread of a graph, or of a graph inside it, whose namespace is not empty. */
export interface Thread {
  id: string
  namespace: string
}

/** What a checkpoint says: its messages by id, in order, and the other values of the graph's state. */
export interface CheckpointState {
  time: number | undefined
  messages: Map<string, { message: Parts; hash: string }>
  values: Map<string, { value: unknown; hash: string }>
}

const none: CheckpointState = { time: undefined, messages: new Map(), values: new Map() }
const maxKept = 64

/** Reads the checkpoints of a thread; the last few are kept, since each is looked at again by what follows it. */
export class CheckpointReader {
  readonly #db: ForeignDatabase
  readonly #thread: Thread
  readonly #report: ReportBuilder
  readonly #kept = new Map<string, CheckpointState>()

  constructor(db: ForeignDatabase, thread: Thread, report: ReportBuilder) {
    this.#db = db
    this.#thread = thread
    this.#report = report
  }

  /** The state at a checkpoint; an empty one when there is none of that id. */
  at(id: string | undefined): CheckpointState {
    if (id === undefined) return none
    const kept = this.#kept.get(id)
    if (kept !== undefined) return kept
    for (const row of this.#db.rows('checkpoints', { where: { ...this.#address(), checkpoint_id: id } }))
      return this.read(row)
    return none
  }

  read(row: ForeignRow): CheckpointState {
    const id = String(row.checkpoint_id)
    const kept = this.#kept.get(id)
    if (kept !== undefined) return kept
    const { value, failed } = decodeTyped(row.type, row.checkpoint)
    if (failed || !isObject(value))
      this.#report.left('checkpoints', `cannot be decoded (${row.type})`, `${this.#thread.id} ${id}`)
    const state = isObject(value) ? this.#stateOf(value, textIn(row.parent_checkpoint_id)) : none
    this.#kept.set(id, state)
    for (const oldest of this.#kept.keys()) if (this.#kept.size > maxKept) this.#kept.delete(oldest)
    return state
  }

  /** What was written at a checkpoint, decoded, in the order in which it takes effect. */
  *writes(checkpoint: string, channel?: string): Generator<{ channel: string; task: string; value: unknown }> {
    const where = { ...this.#address(), checkpoint_id: checkpoint, ...(channel !== undefined && { channel }) }
    const path = this.#db.tables.get('writes')?.includes('task_path') ? ['task_path'] : []
    for (const row of this.#db.rows('writes', { where, order: [...path, 'task_id', 'idx'] })) {
      const { value, failed } = decodeTyped(row.type, row.value)
      if (failed)
        this.#report.mapped('writes', 'cannot be decoded: kept as their bytes', `${this.#thread.id} ${row.channel}`)
      yield { channel: String(row.channel), task: String(row.task_id), value }
    }
  }

  #address(): ForeignRow {
    return { thread_id: this.#thread.id, checkpoint_ns: this.#thread.namespace }
  }

  #stateOf(checkpoint: Parts, parent: string | undefined): CheckpointState {
    const channels = isObject(checkpoint.channel_values) ? checkpoint.channel_values : {}
    const nodes = isObject(checkpoint.versions_seen) ? checkpoint.versions_seen : {}
    const named = messageChannel(channels)
    const values = new Map<string, { value: unknown; hash: string }>()
    for (const [name, value] of Object.entries(channels)) {
      if (name === named) continue
      if (isControl(name) || name in nodes) this.#report.left('channels', 'which the graph uses to run', name)
      else values.set(name, { value, hash: hashOf(value) })
    }
    const messages = named === undefined ? this.#writtenMessages(checkpoint, parent) : listMessages(channels[named])
    return { time: readTime(checkpoint.ts), messages, values }
  }

  /** Newer graphs may store only what was added to a channel, in the writes of the checkpoint before. */
  #writtenMessages(checkpoint: Parts, parent: string | undefined): CheckpointState['messages'] {
    const versions = isObject(checkpoint.channel_versions) ? checkpoint.channel_versions : {}
    if (!('messages' in versions) || parent === undefined) return new Map()
    const messages = new Map(this.at(parent).messages)
    for (const { value } of this.writes(parent, 'messages')) {
      for (const each of Array.isArray(value) ? value : [value]) if (isMessage(each)) change(messages, each)
    }
    return messages
  }
}

function change(messages: CheckpointState['messages'], message: Parts): void {
  if (message.type !== 'remove') add(messages, message)
  else if (message.id === '__remove_all__') messages.clear()
  else messages.delete(String(message.id))
}

function listMessages(list: unknown): CheckpointState['messages'] {
  const messages: CheckpointState['messages'] = new Map()
  for (const message of Array.isArray(list) ? list : []) if (isMessage(message)) add(messages, message)
  return messages
}

/** Older graphs have messages without ids: their place and what they say make one. */
function add(messages: CheckpointState['messages'], message: Parts): void {
  const hash = hashOf(message)
  messages.set(textIn(message.id) ?? `${messages.size + 1}-${hash.slice(0, 16)}`, { message, hash })
}

const messageTypes = new Set(['human', 'ai', 'system', 'tool', 'function', 'chat', 'remove'])

function isMessage(value: unknown): value is Parts {
  if (!isObject(value)) return false
  if (value.type === 'remove') return textIn(value.id) !== undefined
  const { type } = value
  return (
    'content' in value &&
    (messageTypes.has(
      String(type)
        .replace(/MessageChunk$/, '')
        .toLowerCase(),
    ) ||
      textIn(value.role) !== undefined)
  )
}

/** `messages`, as nearly all graphs call it, or else the first list of messages. */
function messageChannel(channels: Parts): string | undefined {
  const isList = (name: string): boolean => {
    const value = channels[name]
    return Array.isArray(value) && value.length > 0 && value.every(isMessage)
  }
  if (Array.isArray(channels.messages) && channels.messages.every(isMessage)) return 'messages'
  return Object.keys(channels).find(isList)
}

function isControl(name: string): boolean {
  return name.startsWith('__') || /^(branch|start|join):/.test(name)
}

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(cleanJson(value)))
    .digest('hex')
}
