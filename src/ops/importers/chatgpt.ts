import type { JsonObject } from '../../json.js'
import type { EventType } from '../../sessions/event.js'
import { actorOf, kindOfRole } from './actors.js'
import { cleanObject, isObject, textIn, without, withoutEmpty } from './clean-json.js'
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

/** conversations.json of a ChatGPT data export: a list of conversations, each a tree of messages in `mapping`. */
export const importChatgpt: Importer = (source, options) =>
  reading('chatgpt', options, (report) => readConversations(source, options, report))

async function* readConversations(source: ForeignSource, options: ForeignOptions, report: ReportBuilder) {
  await demandFormat(source, 'chatgpt')
  const fallbackTime = await fileTime(source.path)
  for await (const item of jsonItems(source.path, ['conversations'])) {
    if (isObject(item) && isObject(item.mapping)) {
      yield* conversationRecords(toConversation(item, item.mapping, { options, report, fallbackTime }), options, report)
    } else report.left('items', 'not a conversation: no mapping', JSON.stringify(item))
  }
}

function toConversation(
  item: Parts,
  mapping: Parts,
  { options, report, fallbackTime }: { options: ForeignOptions; report: ReportBuilder; fallbackTime: number },
): ForeignConversation {
  const nodes = Object.entries(mapping).map(([id, node]) => toNode(id, node, options, report))
  const id = textIn(item.conversation_id) ?? textIn(item.id) ?? stableId('chatgpt', ...Object.keys(mapping))
  const extra = without(item, 'mapping', 'current_node', 'conversation_id', 'id', 'create_time', 'update_time')
  return {
    id: toSegment(id),
    status: item.is_archived === true ? 'archived' : nodes.length === 0 ? 'created' : 'active',
    metadata: cleanObject({ source: 'chatgpt', ...withoutEmpty(extra) }),
    createdAt: readTime(item.create_time),
    updatedAt: readTime(item.update_time),
    fallbackTime,
    nodes,
    current: textIn(item.current_node),
  }
}

function toNode(id: string, node: unknown, options: ForeignOptions, report: ReportBuilder): TreeNode<ForeignMessage> {
  if (!isObject(node)) {
    report.left('nodes', 'not an object', id)
    return { id, parent: undefined, messages: [] }
  }
  const message = isObject(node.message) ? toMessage(id, node.message, options, report) : undefined
  return { id, parent: textIn(node.parent), messages: message === undefined ? [] : [message] }
}

function toMessage(
  id: string,
  message: Parts,
  options: ForeignOptions,
  report: ReportBuilder,
): ForeignMessage | undefined {
  const author = isObject(message.author) ? message.author : {}
  const content = contentOf(message, report)
  if (content === undefined) {
    report.left('empty messages', 'placeholders without text, as at the start of a conversation', id)
    return undefined
  }
  const kind = kindOfRole(author.role)
  if (kind === undefined) report.mapped('role', 'unknown here, kept as system', String(author.role))
  const names = { user: options.user, agent: 'chatgpt', system: undefined, tool: author.name ?? 'tool' }
  return {
    id: textIn(message.id) ?? id,
    type: typeOf(message, author.role, content),
    actor: actorOf(kind ?? 'system', kind === undefined ? author.role : names[kind]),
    time: readTime(message.create_time),
    content,
    final: kind === 'agent' && message.end_turn === true,
  }
}

function typeOf(message: Parts, role: unknown, content: JsonObject): EventType {
  if (content.contentType === 'thoughts' || content.contentType === 'reasoning_recap') return 'reflection'
  const toTool = role === 'assistant' && typeof message.recipient === 'string' && message.recipient !== 'all'
  return toTool || role === 'tool' ? 'tool_call' : 'message'
}

// What is said of a message besides its text, where it says no more than is usual.
const usual: Parts = { status: 'finished_successfully', weight: 1, recipient: 'all' }
const elsewhere = ['id', 'author', 'create_time', 'content', 'metadata', 'end_turn']
// Of the services that made the message; nobody can look them up.
const internal =
  /^(request_id|message_type|timestamp_|parent_id|turn_exchange_id|finish_details|is_complete|serialization_metadata|default_model_slug|client_\w+)$/

/** The text first, then all else that is known of the message. Undefined when it says nothing. */
function contentOf(message: Parts, report: ReportBuilder): JsonObject | undefined {
  const content = isObject(message.content) ? message.content : {}
  const parts = Array.isArray(content.parts) ? content.parts : []
  const text = textOf(content, parts)
  const others = parts.filter((part) => typeof part !== 'string' && !isTranscript(part))
  for (const part of others)
    if (isObject(part) && textIn(part.asset_pointer)) {
      report.left(
        'images and files',
        'not in conversations.json; what points to them is kept',
        String(part.asset_pointer),
      )
    }
  const metadata = isObject(message.metadata) ? message.metadata : {}
  const rest = withoutEmpty(without(content, 'parts', 'content_type', 'text', 'result', ...saidIn(content)))
  const isInstruction = metadata.is_user_system_message === true
  if (text === '' && others.length === 0 && Object.keys(rest).length === 0 && !isInstruction) return undefined
  return cleanObject({
    ...(text !== '' && { text }),
    ...(content.content_type !== 'text' && withoutEmpty({ contentType: content.content_type })),
    ...withoutEmpty({ parts: others, ...rest }),
    ...aboutMessage(message),
    ...withoutEmpty({ metadata: keptMetadata(metadata, report) }),
  })
}

function textOf(content: Parts, parts: unknown[]): string {
  const texts = parts.length > 0 ? parts.map(spokenText) : [content.text, content.result, thoughtText(content)]
  const text = texts.filter((part) => typeof part === 'string').join('\n')
  return text.trim() === '' ? '' : text
}

/** What was said aloud stands in a part of its own. */
function isTranscript(part: unknown): part is Parts {
  return isObject(part) && part.content_type === 'audio_transcription' && typeof part.text === 'string'
}

function spokenText(part: unknown): unknown {
  return isTranscript(part) ? part.text : part
}

/** Thoughts, and the line that sums them up, have their words in `content`; thoughts are kept as they are, too. */
function thoughtText({ content_type, content, thoughts }: Parts): unknown {
  if (content_type === 'reasoning_recap') return content
  if (content_type !== 'thoughts' || !Array.isArray(thoughts)) return undefined
  const texts = thoughts.map((thought) =>
    isObject(thought) ? (textIn(thought.content) ?? thought.summary) : undefined,
  )
  return texts.filter((text) => typeof text === 'string').join('\n')
}

/** The members that are the text and nothing else. */
function saidIn({ content_type, content }: Parts): string[] {
  return content_type === 'reasoning_recap' && typeof content === 'string' ? ['content'] : []
}

function aboutMessage(message: Parts): Parts {
  const about = withoutEmpty(without(message, ...elsewhere))
  return Object.fromEntries(Object.entries(about).filter(([name, value]) => usual[name] !== value))
}

function keptMetadata(metadata: Parts, report: ReportBuilder): Parts {
  const entries = Object.entries(withoutEmpty(metadata))
  const dropped = entries.filter(([name]) => internal.test(name))
  for (const [name] of dropped) report.left('message metadata', 'internal to ChatGPT', name)
  return Object.fromEntries(entries.filter(([name]) => !internal.test(name)))
}
