import Database from 'better-sqlite3'

/** Puts a running task into a store, for what belongs to tasks. */
export function insertTask(
  path: string,
  task: { id: string; app?: string | null; user?: string | null; project?: string | null },
): void {
  const { id, app = null, user = null, project = null } = task
  withDatabase(path, (db) =>
    db
      .prepare(
        `insert into tasks (id, prompt, status, submitted_at, updated_at, created_by, app_id, user_id, project_id)
         values (?, 'do it', 'running', 0, 0, 'root', ?, ?, ?)`,
      )
      .run(id, app, user, project),
  )
}

export function deleteTask(path: string, id: string): void {
  withDatabase(path, (db) => db.prepare('delete from tasks where id = ?').run(id))
}

/** Changes a byte that is stored for a checkpoint, as a failing disk does. */
export function damageCheckpoint(
  path: string,
  task: string,
  iteration: number,
  where: 'first byte' | 'last byte',
): void {
  withDatabase(path, (db) => {
    const find = db.prepare<[string, number], Buffer>(
      'select data from checkpoints where task_id = ? and iteration = ?',
    )
    const data = Buffer.from(find.pluck().get(task, iteration) ?? '')
    const at = where === 'first byte' ? 0 : data.length - 1
    data[at] = (data[at] ?? 0) ^ 1
    db.prepare('update checkpoints set data = ? where task_id = ? and iteration = ?').run(data, task, iteration)
  })
}

function withDatabase(path: string, act: (db: Database.Database) => void): void {
  const db = new Database(path, { timeout: 5_000 })
  try {
    db.pragma('foreign_keys = on')
    act(db)
  } finally {
    db.close()
  }
}
