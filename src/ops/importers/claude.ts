import type { JsonObject } from '../../json.js'
import { actorOf, kindOfRole } from './actors.js'
import { cleanObject, isObject, isOnlyText, textIn, without, withoutEmpty } from './clean-json.js'
import { conversationRecords, type ForeignConversation, type ForeignMessage } from './conversation.js'
import type { TreeNode } from './conversation-tree.js'
import { demandFormat } from './detect-format.js'
import { fileTime } from './file-time.js'
import { readTime } from './foreign-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { jsonItems } from './json-file.js'
import { stableId, toSegment } from './names.js'
import { type ReportBuilder, reading } from './report.js'

type Parts = Record<string, unknown>

/** conversations.json of a Claude data export: a list of conversations with `chat_messages`. */
export const importClaude: Importer = (source, options) =>
  reading('claude', options, (report) => readConversations(source, options, report))

async function* readConversations(source: ForeignSource, options: ForeignOptions, report: ReportBuilder) {
  await demandFormat(source, 'claude')
  const fallbackTime = await fileTime(source.path)
  for await (const item of jsonItems(source.path, ['conversations'])) {
    if (isObject(item) && Array.isArray(item.chat_messages)) {
      const conversation = toConversation(item, item.chat_messages, options, report)
      yield* conversationRecords({ ...conversation, fallbackTime }, options, report)
    } else report.left('items', 'not a conversation: no chat_messages', JSON.stringify(item))
  }
}

function toConversation(
  item: Parts,
  messages: unknown[],
  options: ForeignOptions,
  report: ReportBuilder,
): Omit<ForeignConversation, 'fallbackTime'> {
  const extra = without(item, 'uuid', 'name', 'chat_messages', 'created_at', 'updated_at', 'current_leaf_message_uuid')
  const nodes = toNodes(messages, options, report)
  const id = textIn(item.uuid) ?? stableId('claude', String(item.name), String(item.created_at))
  return {
    id: toSegment(id),
    status: nodes.length === 0 ? 'created' : 'active',
    metadata: cleanObject({ source: 'claude', ...withoutEmpty({ title: item.name, ...extra }) }),
    createdAt: readTime(item.created_at),
    updatedAt: readTime(item.updated_at),
    nodes,
    current: textIn(item.current_leaf_message_uuid),
  }
}

/** Newer exports say what each message follows; in others they stand one after the other. */
function toNodes(messages: unknown[], options: ForeignOptions, report: ReportBuilder): TreeNode<ForeignMessage>[] {
  const nodes: TreeNode<ForeignMessage>[] = []
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) {
      report.left('messages', 'not an object', JSON.stringify(message))
      continue
    }
    const id = textIn(message.uuid) ?? `message-${index + 1}`
    const parent = textIn(message.parent_message_uuid) ?? nodes.at(-1)?.id
    nodes.push({ id, parent, messages: toMessages(id, message, options, report) })
  }
  return nodes
}

/** One message there has blocks of text, thinking and calls of tools: each run of text and every other block is an event. */
function toMessages(id: string, message: Parts, options: ForeignOptions, report: ReportBuilder): ForeignMessage[] {
  const kind = kindOfRole(message.sender)
  if (kind === undefined) report.mapped('sender', 'unknown here, kept as system', String(message.sender))
  const name = kind === 'user' ? options.user : kind === 'agent' ? 'claude' : message.sender
  const speaker = actorOf(kind ?? 'system', name)
  const blocks = Array.isArray(message.content) ? message.content.filter(isObject) : []
  const events = blocks.length === 0 ? [] : joinTexts(blocks).map((block) => toEvent(block, speaker))
  const said = events.some(({ type }) => type === 'message')
  const text = textIn(message.text)
  if (!said && events.length === 0 && text !== undefined)
    events.push({ type: 'message', actor: speaker, content: { text } })
  const attached = attachmentsOf(message, report)
  if (attached !== undefined) attach(events, speaker, attached)
  if (events.length === 0) report.left('empty messages', 'without text, blocks or attachments', id)
  const time = readTime(message.created_at)
  return events.map((event, index) => ({
    ...event,
    id: events.length === 1 ? id : `${id}/${index + 1}`,
    time: event.time ?? time,
    final: kind === 'agent' && event.type === 'message' && index === events.length - 1,
  }))
}

function joinTexts(blocks: Parts[]): Parts[] {
  const joined: Parts[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    if (block.type !== 'text' || last?.type !== 'text') joined.push({ ...block })
    else joined.push({ ...joined.pop(), text: `${last.text}\n${block.text}` })
  }
  return joined.filter((block) => block.type !== 'text' || textIn(block.text) !== undefined)
}

function toEvent(block: Parts, speaker: string): Omit<ForeignMessage, 'id'> {
  const rest = without(block, 'type', 'text', 'thinking', 'start_timestamp', 'stop_timestamp', 'flags')
  const content = (text: unknown): JsonObject => cleanObject({ ...withoutEmpty({ text }), ...withoutEmpty(rest) })
  const time = readTime(block.start_timestamp)
  if (block.type === 'text') return { type: 'message', actor: speaker, time, content: content(block.text) }
  if (block.type === 'thinking') return { type: 'reflection', actor: speaker, time, content: content(block.thinking) }
  const kind = cleanObject({ block: block.type })
  if (block.type === 'tool_result') {
    const { text, others } = answerOf(block.content)
    const answer = cleanObject({ ...withoutEmpty({ text }), ...kind, ...withoutEmpty({ ...rest, content: others }) })
    return { type: 'tool_call', actor: actorOf('tool', block.name), time, content: answer }
  }
  const type = block.type === 'tool_use' ? 'tool_call' : 'message'
  return { type, actor: speaker, time, content: { ...kind, ...content(block.text) } }
}

/** What a tool answered: its texts as text, and beside it what is more than that. */
function answerOf(content: unknown): { text: string; others: unknown } {
  if (typeof content === 'string') return { text: content, others: [] }
  if (!Array.isArray(content)) return { text: '', others: content }
  const texts = content.filter(isOnlyText).map(({ text }) => text)
  return { text: texts.join('\n'), others: content.filter((block) => !isOnlyText(block)) }
}

function attachmentsOf(message: Parts, report: ReportBuilder): Parts | undefined {
  const files = [message.files, message.files_v2].flatMap((list) => (Array.isArray(list) ? list : []))
  for (const file of files) {
    report.left(
      'files',
      'the export has their names only, which are kept',
      isObject(file) ? String(file.file_name) : undefined,
    )
  }
  const extra = without(
    message,
    ...['uuid', 'text', 'content', 'sender', 'created_at', 'updated_at', 'parent_message_uuid', 'index'],
    ...['attachments', 'files', 'files_v2'],
  )
  const attached = withoutEmpty({ attachments: message.attachments, files, metadata: withoutEmpty(extra) })
  return Object.keys(attached).length === 0 ? undefined : attached
}

/** To the last thing that was said, or as a message of its own. */
function attach(events: Omit<ForeignMessage, 'id'>[], speaker: string, attached: Parts): void {
  const last = events.findLast(({ type }) => type === 'message')
  if (last === undefined) events.push({ type: 'message', actor: speaker, content: cleanObject(attached) })
  else last.content = cleanObject({ ...last.content, ...attached })
}
