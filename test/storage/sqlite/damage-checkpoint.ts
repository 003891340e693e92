import Database from 'better-sqlite3'

/** Changes a byte that is stored for a checkpoint, as a failing disk does. */
export function damageCheckpoint(
  path: string,
  task: string,
  iteration: number,
  where: 'first byte' | 'last byte',
): void {
  const db = new Database(path, { timeout: 5_000 })
  try {
    const find = db.prepare<[string, number], Buffer>(
      'select data from checkpoints where task_id = ? and iteration = ?',
    )
    const data = Buffer.from(find.pluck().get(task, iteration) ?? '')
    const at = where === 'first byte' ? 0 : data.length - 1
    data[at] = (data[at] ?? 0) ^ 1
    db.prepare('update checkpoints set data = ? where task_id = ? and iteration = ?').run(data, task, iteration)
  } finally {
    db.close()
  }
}
