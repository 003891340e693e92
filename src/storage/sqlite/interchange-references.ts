import type { Database } from 'better-sqlite3'
import type { ImportRow } from '../interchange-store.js'
import { type Refusal, refuse } from './operation.js'
import { get, sqlFamily } from './statements.js'

const exists = sqlFamily(
  'interchange.exists',
  ['sessions', 'tasks'] as const,
  (table) => `select id
   from ${table}
   where id = :id`,
)

type Table = keyof typeof exists

function has(db: Database, table: Table, id: string): boolean {
  return get(db, exists[table], { id }) !== undefined
}

/** Which of these ids are not there. */
export function missingIds(db: Database, input: Record<Table, string[]>): Record<Table, string[]> {
  return {
    sessions: input.sessions.filter((id) => !has(db, 'sessions', id)),
    tasks: input.tasks.filter((id) => !has(db, 'tasks', id)),
  }
}

/** All was there when the file was checked, so this is rare: something was removed since. Asked before the first write. */
export function missingReference(db: Database, rows: ImportRow[]): Refusal | undefined {
  const known = { sessions: new Set<string>(), tasks: new Set<string>() }
  for (const row of rows) {
    for (const [table, id] of referencesOf(row)) {
      if (id === null || known[table].has(id)) continue
      if (!has(db, table, id)) return gone(table, id)
      known[table].add(id)
    }
    if (row.record === 'session') known.sessions.add(row.id)
    if (row.record === 'task') known.tasks.add(row.id)
  }
  return undefined
}

function referencesOf(row: ImportRow): [Table, string | null][] {
  if (row.lookOnly === true) return []
  if (row.record === 'session') return [['sessions', row.parent]]
  if (row.record === 'event' || row.record === 'operation') return [['sessions', row.session]]
  if (row.record === 'dependency') return [row.dependent, row.task].map((id) => ['tasks', id])
  const session: [Table, string | null] = ['sessions', 'session' in row ? row.session : null]
  if (row.record === 'task') return [session, ['tasks', row.parent]]
  if (row.record === 'agent' || row.record === 'checkpoint') return [session, ['tasks', row.task]]
  return []
}

function gone(table: Table, id: string): Refusal {
  return refuse('conflict', `There is no ${table.slice(0, -1)} ${id} any more, to which the file refers.`, {
    hint: 'Run the same import again: it looks at everything anew and goes on where it stopped.',
  })
}
