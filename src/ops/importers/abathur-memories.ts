import { namespacePrefixes, parseNamespace } from '../../access/namespace.js'
import { type MemoryType, memoryTypes } from '../../memories/memory.js'
import type { ForeignRow } from '../../storage/foreign-database.js'
import type { InterchangeRecord } from '../interchange.js'
import { type AbathurContext, byOf, importNamespace, jsonOf, objectOf, rowsOf, timeOf } from './abathur-rows.js'
import { textIn } from './clean-json.js'
import { readTime } from './foreign-time.js'
import { chainRecords, type ForeignVersion } from './memory-chain.js'
import { toKey, toSegment } from './names.js'
import { groups } from './row-groups.js'

/** Memories with all their versions, numbered anew where numbers came twice or not in order. */
export function* memoryRecords(context: AbathurContext): Generator<InterchangeRecord> {
  const rows = rowsOf(context, 'memory_entries', 'namespace', 'key', 'version', 'id')
  const taken = new Set<string>()
  for (const group of groups(rows, ['namespace', 'key'])) {
    const namespace = namespaceOf(group, context)
    // Two names there may be one here.
    const key = uniqueKey(toKey(String(group[0]?.key ?? '')), namespace, String(group[0]?.namespace), taken)
    const type = typeOf(group, context)
    const versions = versionsOf(group, { namespace, key }, context)
    yield* chainRecords({ format: 'abathur', namespace, key, type, versions })
    context.report.taken('memories')
    context.report.taken('memory versions', versions.length)
  }
}

function uniqueKey(key: string, namespace: string, original: string, taken: Set<string>): string {
  const unique = taken.has(`${namespace} ${key}`) ? toKey(`${key} (${original})`) : key
  taken.add(`${namespace} ${unique}`)
  return unique
}

/**
 * The namespace itself when it is valid. A prefix alone, which promotion of `user:theme` left behind, is that of the
 * session's owner; what begins otherwise goes below the namespace of the import.
 */
function namespaceOf(group: ForeignRow[], context: AbathurContext): string {
  const original = String(group[0]?.namespace ?? '')
  const parts = original
    .split(':')
    .filter((part) => part !== '')
    .map(toSegment)
  const isKnown = namespacePrefixes.some((prefix) => prefix === parts[0])
  const namespace = !isKnown
    ? [importNamespace(context.options), ...parts].join(':')
    : parts.length === 1
      ? `${parts[0]}:${ownerOf(parts[0] ?? '', group, context)}:state`
      : parts.join(':')
  const fitting = fits(namespace) ? namespace : `${importNamespace(context.options)}:${toSegment(original)}`
  if (fitting !== original) context.report.mapped('namespace', 'not valid here', `${original} → ${fitting}`)
  return fitting
}

function fits(namespace: string): boolean {
  try {
    return parseNamespace(namespace) === namespace
  } catch {
    return false
  }
}

function ownerOf(prefix: string, group: ForeignRow[], { sessions, options }: AbathurContext): string {
  const [session] = group.map(({ created_by }) => String(created_by ?? '').replace(/^session:/, ''))
  const owners = session === undefined ? undefined : sessions.get(session)
  if (prefix === 'session') return toSegment(session === undefined || session === '' ? 'unknown' : session)
  if (prefix === 'project') return toSegment(owners?.project ?? options.project ?? options.app)
  return toSegment(prefix === 'user' ? (owners?.user ?? options.user) : (owners?.app ?? options.app))
}

function typeOf(group: ForeignRow[], { report }: AbathurContext): MemoryType {
  const named = group.at(-1)?.memory_type
  const found = memoryTypes.find((type) => type === named)
  if (found === undefined) report.mapped('memory type', 'unknown here, kept as semantic', String(named))
  return found ?? 'semantic'
}

function versionsOf(
  group: ForeignRow[],
  place: { namespace: string; key: string },
  context: AbathurContext,
): ForeignVersion[] {
  const { report } = context
  const versions: ForeignVersion[] = []
  for (const [index, row] of group.entries()) {
    const version = toVersion(row, versions.length + 1, versions[0]?.by, context)
    versions.push(version)
    if (typeof row.id === 'number') context.memories.set(row.id, { ...place, version: versions.length })
    const deletedAt = deletionOf(row, group[index + 1])
    if (deletedAt === undefined) continue
    versions.push({ value: undefined, time: deletedAt, by: byOf(row.updated_by, row.created_by), ...kept(version) })
    if (index === group.length - 1 && group.some(({ is_deleted }) => is_deleted !== 1)) {
      report.mapped('deletion', 'of the newest version only: taken as of the memory', `${row.namespace} ${row.key}`)
    }
  }
  return versions
}

function kept({ metadata }: ForeignVersion): Pick<ForeignVersion, 'metadata'> {
  return metadata === undefined ? {} : { metadata }
}

function toVersion(
  row: ForeignRow,
  number: number,
  creator: string | undefined,
  context: AbathurContext,
): ForeignVersion {
  const { report } = context
  const example = `${row.namespace} ${row.key} version ${row.version}`
  const metadata = objectOf(row.metadata, 'metadata', report, example)
  if (row.version !== number) report.mapped('version', 'numbered anew; its number is in the metadata', example)
  return {
    value: jsonOf(row.value, 'value', report, example),
    // Each version is a row of its own, and deletion changes only updated_at.
    time: timeOf(row, ['created_at', 'updated_at'], context, example),
    by: textIn(row.updated_by) ?? textIn(row.created_by) ?? creator ?? byOf(),
    metadata: row.version === number ? metadata : { ...metadata, version: row.version as number },
  }
}

/**
 * When the key was deleted after a row, if it was. Deleting flags every version, and expiry single old ones: only the
 * newest counts, or one that was deleted before the next one was written.
 */
function deletionOf(row: ForeignRow, next: ForeignRow | undefined): number | undefined {
  if (row.is_deleted !== 1) return undefined
  const at = readTime(row.updated_at) ?? readTime(row.created_at) ?? 0
  if (next === undefined) return at
  return next.is_deleted !== 1 && at <= (readTime(next.created_at) ?? 0) ? at : undefined
}
