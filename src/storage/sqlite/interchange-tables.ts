import { type RecordKind, recordKinds, recordSchemas } from '../../ops/interchange.js'
import { type Parameters, type Sql, sqlFamily } from './statements.js'

/** Where the rows of each kind of record are, and what identifies one. */
const tables: Record<RecordKind, { table: string; key: string[] }> = {
  session: { table: 'sessions', key: ['id'] },
  event: { table: 'session_events', key: ['session', 'seq'] },
  operation: { table: 'session_operations', key: ['session', 'operationId'] },
  state: { table: 'state', key: ['scope', 'owner', 'key'] },
  memory: { table: 'memory_entries', key: ['namespace', 'key', 'version'] },
  task: { table: 'tasks', key: ['id'] },
  agent: { table: 'agents', key: ['id'] },
  checkpoint: { table: 'checkpoints', key: ['task', 'iteration'] },
  audit: { table: 'audit', key: ['timestamp'] },
}

const renamed: Record<string, string> = {
  app: 'app_id',
  user: 'user_id',
  project: 'project_id',
  session: 'session_id',
  task: 'task_id',
  agent: 'agent_id',
  branch: 'branch_id',
  isFinalResponse: 'is_final',
  deleted: 'is_deleted',
}

/** What is in tables of its own, or takes more than reading a column. */
const elsewhere = new Set(['record', 'origins', 'dependencies', 'state of checkpoint'])

function columnOf(kind: RecordKind, field: string): string {
  if (field === 'parent') return kind === 'task' ? 'parent_task_id' : 'parent_session_id'
  return renamed[field] ?? field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function fieldsOf(kind: RecordKind): string[] {
  return Object.keys(recordSchemas[kind].shape).filter(
    (field) => !elsewhere.has(field) && !elsewhere.has(`${field} of ${kind}`),
  )
}

/** The columns of a row, by the names that a record gives them. */
export function selectFrom(kind: RecordKind): string {
  const columns = fieldsOf(kind).map((field) => `${columnOf(kind, field)} as "${field}"`)
  if (kind === 'memory' || kind === 'audit') columns.push('id as place')
  return `select ${columns.join(', ')}
   from ${tables[kind].table}`
}

/** The row with the natural key of another. */
export const find: Record<RecordKind, Sql> = sqlFamily('interchange.find', recordKinds, (kind) => {
  const conditions = tables[kind].key.map((field) => `${columnOf(kind, field)} = :${field}`)
  return `${selectFrom(kind)}
   where ${conditions.join(' and ')}`
})

const insertable = recordKinds.filter((kind) => kind !== 'checkpoint')

/** Adds a row that is as a file has it; nothing happens where one with its key is. */
export const insert: Record<Exclude<RecordKind, 'checkpoint'>, Sql> = sqlFamily(
  'interchange.insert',
  insertable,
  (kind) => {
    const fields = fieldsOf(kind)
    return `insert into ${tables[kind].table} (${fields.map((field) => columnOf(kind, field)).join(', ')})
   values (${fields.map((field) => `:${field}`).join(', ')})
   on conflict do nothing`
  },
)

/** The values of the columns of a row, for `insert`. */
export function parametersOf(kind: RecordKind, row: Record<string, unknown>): Parameters {
  return Object.fromEntries(fieldsOf(kind).map((field) => [field, row[field] as string | number | null]))
}

/** The values of the natural key of a row, for `find`. */
export function keyOf(kind: RecordKind, row: Record<string, unknown>): Parameters {
  return Object.fromEntries(tables[kind].key.map((field) => [field, row[field] as string | number]))
}
