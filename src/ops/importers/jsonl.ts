import { basename } from 'node:path'
import type { JsonObject } from '../../json.js'
import { toIso } from '../../time.js'
import type { InterchangeRecord } from '../interchange.js'
import { actorOf, kindOfRole } from './actors.js'
import { cleanObject, isObject, isOnlyText, textIn, without, withoutEmpty } from './clean-json.js'
import { demandFormat } from './detect-format.js'
import { fileTime } from './file-time.js'
import { readTime } from './foreign-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { jsonLines } from './json-file.js'
import { stableId, toId, toSegment } from './names.js'
import { type ReportBuilder, reading } from './report.js'

type Parts = Record<string, unknown>

/** Messages, one JSON object a line, with `role`, `content` and, if they like, `timestamp`, a session, an id and a name. */
export const importJsonl: Importer = (source, options) =>
  reading('jsonl', options, (report) => readMessages(source, options, report))

const sessionNames = [
  'session',
  'session_id',
  'sessionId',
  'conversation',
  'conversation_id',
  'conversationId',
  'thread_id',
]
const timeNames = ['timestamp', 'created_at', 'createdAt', 'time', 'ts', 'date']
const idNames = ['id', 'message_id', 'uuid']

/** What is known of a session after a first reading: sessions come before their events, and may be mixed in a file. */
interface Seen {
  count: number
  /** The first time that can be read. */
  first: number | undefined
  last: number
}

/** Twice through the file, so that it may be larger than memory; what is kept is the list of its sessions. */
async function* readMessages(
  source: ForeignSource,
  options: ForeignOptions,
  report: ReportBuilder,
): AsyncGenerator<InterchangeRecord> {
  await demandFormat(source, 'jsonl')
  const fallback = await fileTime(source.path)
  const sessions = new Map<string, Seen>()
  for await (const { session, time } of messages(source.path)) {
    const seen = sessions.get(session) ?? { count: 0, first: undefined, last: 0 }
    sessions.set(session, { count: seen.count + 1, first: seen.first ?? time, last: Math.max(seen.last, time ?? 0) })
  }
  for (const [id, { count, first = fallback, last }] of sessions) {
    yield sessionRecordOf(id, { count, first, last: Math.max(first, last) }, options)
  }
  report.taken('sessions', sessions.size)
  const places = new Map<string, { seq: number; time: number; ids: Set<string> }>()
  for await (const message of messages(source.path, report)) {
    const place = places.get(message.session) ?? {
      seq: 0,
      time: sessions.get(message.session)?.first ?? fallback,
      ids: new Set<string>(),
    }
    places.set(message.session, place)
    if (message.time === undefined)
      report.mapped(
        'timestamp',
        'none that can be read: that of the message before, or of the file',
        `line ${message.line}`,
      )
    place.seq += 1
    yield eventRecordOf(message, place, options, report)
    report.taken('events')
  }
}

interface Message {
  line: number
  session: string
  time: number | undefined
  item: Parts
}

async function* messages(path: string, report?: ReportBuilder): AsyncGenerator<Message> {
  let own: string | undefined
  for await (const line of jsonLines(path)) {
    const item = 'value' in line ? line.value : undefined
    if (!isObject(item) || !('role' in item || 'content' in item)) {
      report?.left('lines', 'not a JSON object with role and content', `line ${line.line}: ${line.text}`)
      continue
    }
    // Named for the file and its first line, so that more lines at its end go on with the same session.
    own ??= toSegment(`${basename(path).replace(/\.\w+$/, '')}~${stableId('jsonl', line.text).slice(0, 12)}`)
    const named = sessionNames
      .map((name) => item[name])
      .find((value) => value !== undefined && value !== null && value !== '')
    const session = named === undefined ? own : toSegment(String(named))
    yield { line: line.line, session, time: readTime(timeNames.map((name) => item[name]).find(isGiven)), item }
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function sessionRecordOf(
  id: string,
  { count, first, last }: Seen & { first: number },
  options: ForeignOptions,
): InterchangeRecord {
  return {
    record: 'session',
    id,
    app: options.app,
    user: options.user,
    project: options.project ?? null,
    status: 'active',
    metadata: { source: 'jsonl' },
    lastSeq: count,
    parent: null,
    forkedAtSeq: null,
    createdAt: toIso(first),
    updatedAt: toIso(last),
    terminatedAt: null,
    archivedAt: null,
  }
}

function eventRecordOf(
  { line, session, time, item }: Message,
  place: { seq: number; time: number; ids: Set<string> },
  options: ForeignOptions,
  report: ReportBuilder,
): InterchangeRecord {
  const at = time ?? place.time
  place.time = Math.max(place.time, at)
  const kind = kindOfRole(item.role)
  if (kind === undefined) report.mapped('role', 'unknown here, kept as system', `line ${line}: ${String(item.role)}`)
  const name =
    textIn(item.name) ?? (kind === 'user' ? options.user : kind === undefined ? textIn(item.role) : undefined)
  const given = idNames.map((each) => item[each]).find(isGiven)
  const id = given === undefined ? stableId(session, String(place.seq)) : toId(String(given))
  const eventId = place.ids.has(id) ? toId(`${id.slice(0, 180)}#${place.seq}`) : id
  // Only ids of the file can come twice; keeping the others would be as much as the file.
  if (given !== undefined) place.ids.add(eventId)
  return {
    record: 'event',
    session,
    seq: place.seq,
    eventId,
    type: kind === 'tool' || (Array.isArray(item.tool_calls) && item.tool_calls.length > 0) ? 'tool_call' : 'message',
    actor: actorOf(kind ?? 'system', name),
    timestamp: toIso(at),
    recordedAt: toIso(place.time),
    content: contentOf(item),
    stateDelta: null,
    isFinalResponse: false,
  }
}

/** Text as text; lists of parts as they are, with their texts put together. */
function contentOf(item: Parts): JsonObject {
  const { content } = item
  const parts = Array.isArray(content) ? content : []
  const text =
    typeof content === 'string'
      ? content
      : parts
          .map((part) => (isObject(part) ? part.text : part))
          .filter((part) => typeof part === 'string')
          .join('\n')
  const others = parts.filter((part) => typeof part !== 'string' && !isOnlyText(part))
  const rest = without(item, 'role', 'content', 'name', ...sessionNames, ...timeNames, ...idNames)
  return cleanObject({
    ...(text !== '' && { text }),
    ...(isObject(content) && content),
    ...withoutEmpty({ parts: others, ...rest }),
  })
}
