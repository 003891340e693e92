import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, it } from 'vitest'
import { errorCodes } from '../../../src/errors.js'
import { migrate } from '../../../src/storage/sqlite/migrations.js'

const text = readFileSync('docs/schema.md', 'utf8')
const db = new Database(':memory:')
migrate(db, { now: 0 })
afterAll(() => {
  db.close()
})

const pluck = (sql: string): string[] => db.prepare<[], string>(sql).pluck().all()
const tables = pluck(
  `select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual') and name not like 'sqlite%'`,
)
const indexes = pluck(`select name from sqlite_schema where type = 'index' and sql is not null`)
const triggers = pluck(`select name from sqlite_schema where type = 'trigger'`)
const columns = pluck(`select c.name from pragma_table_list t join pragma_table_info(t.name) c where t.schema = 'main'`)

/** Everything between backticks that is one name. */
const named = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map((match) => match[1] ?? '')

/** The cells of all rows that follow a heading of a table. */
function rowsUnder(heading: string): string[][] {
  const [, after = ''] = text.split(`\n${heading}\n`)
  const lines = after.split('\n').slice(1)
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('docs/schema.md', () => {
  it('tells what one row of each table is', () => {
    const told = rowsUnder('| table | one row is |').map(([table]) => table)
    expect(told.sort()).toEqual(tables.map((table) => `\`${table}\``).sort())
  })

  it('has a line for each index, and for none that is not there', () => {
    const told = rowsUnder('| index | serves |').map(([index]) => /^`(\w+)`/.exec(index ?? '')?.[1])
    expect(told.sort()).toEqual([...indexes].sort())
  })

  it('says which indexes are unique', () => {
    const told = rowsUnder('| index | serves |').filter(([index]) => index?.endsWith('(unique)'))
    const unique = pluck(`select name from sqlite_schema where sql like 'create unique index%'`)
    expect(told.map(([index]) => /^`(\w+)`/.exec(index ?? '')?.[1]).sort()).toEqual(unique.sort())
  })

  it('has a line for each key', () => {
    const told = rowsUnder('| key | serves |').flatMap(([keys]) => keys?.match(/`\w+` \([^)]*\)/g) ?? [])
    const keys = pluck(
      `select '\`' || t.name || '\` (' || (select group_concat(name, ', ') from pragma_index_info(i.name)) || ')'
       from pragma_table_list t
       join pragma_index_list(t.name) i
       where t.schema = 'main' and i.origin in ('pk', 'u') and t.name not like 'search_text%' and t.name <> 'schema_migrations'`,
    )
    expect(told.sort()).toEqual(keys.sort())
  })

  it('names nothing that is not there', () => {
    const known = new Set([...tables, ...indexes, ...triggers, ...columns, ...errorCodes])
    expect(named.filter((name) => !known.has(name))).toEqual([])
    expect(named.length).toBeGreaterThan(80)
  })

  it('draws every foreign key', () => {
    const keys = db
      .prepare<[], { child: string; parent: string }>(
        `select distinct t.name as child, k."table" as parent
         from pragma_table_list t
         join pragma_foreign_key_list(t.name) k`,
      )
      .all()
    for (const { child, parent } of keys) expect(text).toMatch(new RegExp(`^  ${parent} \\S+ ${child} :`, 'm'))
  })

  it('answers for each of the 33 indexes of the roadmap', () => {
    const [core, memory] = text.split('Memory, 18')
    const numbered = (part = '') =>
      [...part.matchAll(/^\| (\d+) \|.*\| (.+) \|$/gm)].map((match) => [Number(match[1]), match[2] ?? ''] as const)
    const [fifteen, eighteen] = [numbered(core?.split('Core, 15')[1]), numbered(memory)]
    expect(fifteen.map(([number]) => number)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
    expect(eighteen.map(([number]) => number)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1))
    for (const [, served] of [...fifteen, ...eighteen]) {
      const names = [...served.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
      const byKey = /\bkey of `/.test(served)
      const answered = names.some((name) => indexes.includes(name)) || byKey || /comes with|no query/.test(served)
      expect(answered, served).toBe(true)
    }
  })

  it('has SQL that runs', () => {
    const blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    expect(blocks).toHaveLength(6)
    for (const sql of blocks) db.prepare(sql).all()
  })
})
