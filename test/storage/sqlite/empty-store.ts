import Database from 'better-sqlite3'

/** Deletes every row of every table but those that say which schema this is. */
export function emptyStore(path: string): void {
  const db = new Database(path)
  try {
    db.pragma('foreign_keys = off')
    const tables = db
      .prepare<[], { name: string }>(
        `select name
         from sqlite_schema
         where type = 'table' and sql not like 'create virtual%' and name not like 'sqlite%'
           and name not like 'search_text%' and name <> 'schema_migrations'`,
      )
      .all()
    db.transaction(() => {
      for (const { name } of tables) db.exec(`delete from ${name}`)
    }).immediate()
  } finally {
    db.close()
  }
}
