import { actorOf } from './actors.js'
import { cleanJson, cleanObject, isObject, textIn, without, withoutEmpty } from './clean-json.js'
import { demandFormat } from './detect-format.js'
import { fileTime } from './file-time.js'
import type { ForeignOptions, ForeignSource, Importer } from './importer.js'
import { jsonLines } from './json-file.js'
import { chainRecords } from './memory-chain.js'
import { toKey } from './names.js'
import { type ReportBuilder, reading } from './report.js'

type Parts = Record<string, unknown>

/** memory.jsonl of the reference MCP memory server: entities with observations, and relations between them. */
export const importMcpMemory: Importer = (source, options) =>
  reading('mcp-memory', options, (report) => readGraph(source, options, report))

async function* readGraph(source: ForeignSource, options: ForeignOptions, report: ReportBuilder) {
  await demandFormat(source, 'mcp-memory')
  const time = await fileTime(source.path)
  const owner = options.project === undefined ? `user:${options.user}` : `project:${options.project}`
  const { entities, relations } = await collect(source.path, report)
  if (entities.size + relations.size > 0)
    report.mapped('times', 'the format has none: the time of the file', source.path)
  const memories = [
    ...[...entities].map(([name, value]) => ({ namespace: `${owner}:mcp-memory`, key: toKey(name), value })),
    ...[...relations].map(([name, value]) => ({ namespace: `${owner}:mcp-memory:relations`, key: toKey(name), value })),
  ]
  for (const { namespace, key, value } of memories) {
    const versions = [{ value: cleanJson(value), time, by: actorOf('agent', 'mcp-memory') }]
    yield* chainRecords({ format: 'mcp-memory', namespace, key, type: 'semantic', versions })
  }
  report.taken('entities', entities.size)
  report.taken('relations', relations.size)
}

/** The server itself holds and rewrites the whole graph, so it fits into memory. */
async function collect(path: string, report: ReportBuilder) {
  const entities = new Map<string, Parts>()
  const relations = new Map<string, Parts>()
  for await (const line of jsonLines(path)) {
    const item = 'value' in line ? line.value : undefined
    if (!isObject(item)) report.left('lines', 'not a JSON object', `line ${line.line}: ${line.text}`)
    else if (item.type === 'entity' && textIn(item.name)) addEntity(entities, item, report)
    else if (item.type === 'relation' && textIn(item.from) && textIn(item.to)) addRelation(relations, item, report)
    else report.left('lines', 'neither an entity nor a relation with its names', `line ${line.line}: ${line.text}`)
  }
  return { entities, relations }
}

function addEntity(entities: Map<string, Parts>, item: Parts, report: ReportBuilder): void {
  const name = String(item.name)
  const before = entities.get(name)
  const listed = Array.isArray(item.observations) ? item.observations : []
  if (!Array.isArray(item.observations)) report.mapped('entity', 'its observations are no list: none', name)
  if (before !== undefined) report.mapped('entity', 'there twice: observations put together', name)
  const known = Array.isArray(before?.observations) ? before.observations : []
  const observations = [...known, ...listed.filter((each) => !known.includes(each))]
  // The text first, which is what search shows.
  entities.set(name, { ...before, ...withoutEmpty(without(item, 'type')), observations })
}

function addRelation(relations: Map<string, Parts>, item: Parts, report: ReportBuilder): void {
  const name = `${item.from} ${item.relationType ?? 'relates to'} ${item.to}`
  if (relations.has(name)) report.mapped('relation', 'there twice: kept once', name)
  relations.set(name, cleanObject(withoutEmpty(without(item, 'type'))))
}
