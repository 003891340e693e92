import { actorOf, kindOfRole } from './actors.js'
import { cleanJson, cleanObject, isObject, textIn, without, withoutEmpty } from './clean-json.js'
import { listMembers } from './detect-format.js'
import { fileTime } from './file-time.js'
import { readTime } from './foreign-time.js'
import type { ForeignOptions } from './importer.js'
import { jsonItems } from './json-file.js'
import { chainRecords } from './memory-chain.js'
import { stableId, toKey, toSegment } from './names.js'
import type { ReportBuilder } from './report.js'

type Parts = Record<string, unknown>

/** The JSON that mem0's get_all() or export gives: a list of memories, each with its last text only. */
export async function* readMem0Export(path: string, options: ForeignOptions, report: ReportBuilder) {
  const fallback = await fileTime(path)
  const taken = new Set<string>()
  for await (const item of jsonItems(path, listMembers)) {
    if (!isObject(item) || (textIn(item.memory) ?? textIn(item.text)) === undefined) {
      report.left('items', 'no memory with a text', JSON.stringify(item))
      continue
    }
    yield* memoryRecords(item, { options, report, fallback, taken })
  }
  for await (const item of jsonItems(path, ['relations'])) {
    if (isObject(item) && 'relationship' in item) yield* relationRecords(item, { options, report, fallback, taken })
  }
}

interface Context {
  options: ForeignOptions
  report: ReportBuilder
  fallback: number
  taken: Set<string>
}

/** The namespace of a user's memories; of the user who was named where the export names none. */
export function mem0Namespace(user: unknown, options: ForeignOptions): string {
  return `user:${toSegment(textIn(user) ?? options.user)}:mem0`
}

function* memoryRecords(item: Parts, { options, report, fallback, taken }: Context) {
  const value = cleanJson(textIn(item.memory) ?? item.text)
  const namespace = mem0Namespace(item.user_id ?? item.userId, options)
  const key = toKey(textIn(item.id) ?? stableId('mem0', String(value)))
  if (taken.has(`${namespace} ${key}`)) {
    report.left('items', 'there twice under the same id', key)
    return
  }
  taken.add(`${namespace} ${key}`)
  // Only the last text is known, so its time is when it was written, not when the memory began.
  const time = readTime(item.updated_at ?? item.updatedAt) ?? readTime(item.created_at ?? item.createdAt)
  if (time === undefined) report.mapped('times', 'none that can be read: the time of the file', key)
  const extra = without(
    item,
    'id',
    'memory',
    'text',
    'metadata',
    'user_id',
    'userId',
    'updated_at',
    'updatedAt',
    'score',
  )
  const metadata = { ...extra, ...(isObject(item.metadata) ? item.metadata : { metadata: item.metadata }) }
  const version = {
    value,
    time: time ?? fallback,
    by: writerOf(item),
    metadata: cleanObject({ source: 'mem0', ...withoutEmpty(metadata) }),
    expiresAt: readTime(item.expiration_date ?? item.expirationDate),
  }
  yield* chainRecords({ format: 'mem0', namespace, key, type: 'semantic', versions: [version] })
  report.taken('memories')
}

/** Of the graph memory of older versions. */
function* relationRecords(item: Parts, { options, report, fallback, taken }: Context) {
  const target = item.target ?? item.destination
  const key = toKey(`${item.source} ${item.relationship} ${target}`)
  if (taken.has(key)) return
  taken.add(key)
  const versions = [{ value: cleanJson(withoutEmpty(item)), time: fallback, by: 'app:mem0' }]
  const namespace = `${mem0Namespace(undefined, options)}:relations`
  yield* chainRecords({ format: 'mem0', namespace, key, type: 'semantic', versions })
  report.taken('relations')
}

/** Who wrote it, as far as mem0 knows. */
export function writerOf({ actor_id, role }: Parts): string {
  const kind = kindOfRole(role)
  if (textIn(actor_id) !== undefined) return actorOf(kind ?? 'user', actor_id)
  return kind ?? 'app:mem0'
}
