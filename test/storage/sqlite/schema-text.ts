import type { Database } from 'better-sqlite3'

const order = ['table', 'index', 'trigger']

/** The whole schema as text that is the same however the store got there: table by table, each with what is on it. */
export function schemaText(db: Database): string {
  const rows = db
    .prepare<[], { type: string; tbl_name: string; name: string; sql: string }>(
      `select type, tbl_name, name, sql
       from sqlite_schema
       where sql is not null and name not like 'sqlite_%' and name not like 'search_text_%'`,
    )
    .all()
  const compare = (a: string, b: string): number => Number(a > b) - Number(a < b)
  rows.sort(
    (a, b) =>
      compare(a.tbl_name, b.tbl_name) || order.indexOf(a.type) - order.indexOf(b.type) || compare(a.name, b.name),
  )
  return `${rows.map(({ sql }) => `${sql};\n`).join('\n')}`
}
