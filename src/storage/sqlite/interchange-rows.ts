import type { Database } from 'better-sqlite3'
import { canonicalJson } from '../../canonical-json.js'
import { decodeJson } from '../../json.js'
import type { RecordKind, RowOf } from '../../ops/interchange.js'
import { checkpointState } from './checkpoints-read.js'
import { all, sql } from './statements.js'

/** The columns of a row of some table, by the names that a record gives them. */
export type StoredRow = Record<string, string | number | null>

const origins = sql(
  'interchange.origins',
  `select kind, source, created_at as createdAt, created_by as createdBy
   from memory_origins
   where memory_id = :memory`,
)

const dependencies = sql(
  'interchange.dependencies',
  `select prerequisite_task_id as task, dependency_type as type, created_at as createdAt, resolved_at as resolvedAt
   from task_dependencies
   where dependent_task_id = :task
   order by prerequisite_task_id`,
)

type Origin = RowOf<'memory'>['origins'][number]
type Dependency = RowOf<'task'>['dependencies'][number]

/** A row with what other tables hold of its record. */
export function completed<Kind extends RecordKind>(db: Database, kind: Kind, row: StoredRow): RowOf<Kind> {
  return { ...row, ...rest(db, kind, row) } as unknown as RowOf<Kind>
}

function rest(db: Database, kind: RecordKind, row: StoredRow): object {
  if (kind === 'memory') return { origins: sorted(all<Origin>(db, origins, { memory: row.place ?? null })) }
  if (kind === 'task') return { dependencies: all<Dependency>(db, dependencies, { task: row.id ?? null }) }
  if (kind === 'checkpoint') return { state: checkpointState(db, String(row.task), Number(row.iteration)) }
  return {}
}

/** By kind and source, as a file has them, whatever the texts of the sources look like in the store. */
function sorted(found: Origin[]): Origin[] {
  if (found.length < 2) return found
  const keyed = found.map((origin) => ({ origin, key: `${origin.kind} ${canonicalJson(decodeJson(origin.source))}` }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ origin }) => origin)
}
