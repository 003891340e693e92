import Database, { type Database as Connection } from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../../src/storage/sqlite/migrations.js'
// All reads, and all writes, which a process with threads loads in the writer alone.
import '../../../src/storage/sqlite/inline-writer.js'
import '../../../src/storage/sqlite/sqlite-storage.js'
import { registeredStatements } from '../../../src/storage/sqlite/statements.js'
import { exceptions, expectedPlans } from './expected-plans.js'
import { type PlannedQuery, plannedQueries } from './planned-queries.js'
import { populate } from './populate.js'
import { columnsOf, parametersOf, planOf, readPlan, samplesFor } from './query-plan.js'

/** A store of a year's use, with what the planner has counted, and an empty one of which it knows nothing. */
let populated: Connection
let fresh: Connection
beforeAll(() => {
  populated = new Database(':memory:')
  migrate(populated, { now: 0 })
  populate(populated)
  populated.exec('analyze')
  fresh = new Database(':memory:')
  migrate(fresh, { now: 0 })
})
afterAll(() => {
  populated.close()
  fresh.close()
})

const statements: PlannedQuery[] = [
  ...registeredStatements().map(({ name, text }) => ({
    name,
    text,
    indexes: expectedPlans[name] ?? ['no plan expected'],
  })),
  ...plannedQueries,
]

const isExcused = (name: string, step: string): boolean =>
  exceptions.some((exception) => exception.statement.test(name) && exception.step.test(step))

/** What is wrong with the plan of a statement: scans and sorts without an excuse, and other indexes than expected. */
function faults(db: Connection, { name, text, indexes }: PlannedQuery, values: 'frequent' | 'rare'): string[] {
  const plan = readPlan(db, text, samplesFor(name, values))
  const unexpected = plan.indexes.filter((index) => !indexes.some((wanted) => wanted.split(' | ').includes(index)))
  const missing = indexes.filter((wanted) => !wanted.split(' | ').some((index) => plan.indexes.includes(index)))
  return [
    ...plan.others.filter((step) => !isExcused(name, step)),
    ...unexpected.map((index) => `searches ${index}`),
    ...missing.map((index) => `does not search ${index}`),
  ]
}

describe('the planner', () => {
  it.each(statements)('searches indexes and sorts nothing for $name', (statement) => {
    const found = [populated, fresh].flatMap((db) =>
      (['frequent', 'rare'] as const).map((values) => faults(db, statement, values)),
    )
    expect(found).toEqual([[], [], [], []])
  })

  it('is asked about every statement there is', () => {
    expect(Object.keys(expectedPlans).sort()).toEqual(
      registeredStatements()
        .map(({ name }) => name)
        .sort(),
    )
    expect(statements.length).toBeGreaterThan(50)
  })

  it('is given a value for every parameter', () => {
    const questions = statements.filter(({ text }) => !text.startsWith('insert'))
    const missing = questions.flatMap(({ name, text }) =>
      parametersOf(text).filter((parameter) => samplesFor(name, 'rare')[parameter] === undefined),
    )
    expect(missing).toEqual([])
  })

  it('needs every exception it is granted', () => {
    const steps = statements.flatMap(({ name, text }) =>
      readPlan(populated, text, samplesFor(name, 'frequent')).others.map((step) => ({ name, step })),
    )
    const idle = exceptions.filter(
      (exception) => !steps.some(({ name, step }) => exception.statement.test(name) && exception.step.test(step)),
    )
    expect(idle).toEqual([])
    expect(steps.filter(({ name, step }) => !isExcused(name, step))).toEqual([])
  })
})

interface Index {
  name: string
  table: string
  sql: string | null
  unique: boolean
  columns: string[]
  /** The predicate of a partial index. */
  where: string | undefined
}

/** All indexes of a schema, those of constraints included. */
function indexesOf(db: Connection): Index[] {
  const rows = db
    .prepare<[], { name: string; tbl_name: string; sql: string | null }>(
      "select name, tbl_name, sql from sqlite_schema where type = 'index' and tbl_name not like 'search_text%'",
    )
    .all()
  return rows.map(({ name, tbl_name: table, sql }) => ({
    ...{ name, table, sql, columns: columnsOf(db, name) },
    unique: sql === null || /^create unique/i.test(sql),
    where: /\bwhere\b(?<predicate>[\s\S]*)$/i.exec(sql ?? '')?.groups?.predicate?.trim(),
  }))
}

const schema = new Database(':memory:')
migrate(schema, { now: 0 })
const indexes = indexesOf(schema)
const explicit = indexes.filter(({ sql }) => sql !== null)

interface ForeignKey {
  table: string
  from: string
  parent: string
  to: string
}

const foreignKeys = schema
  .prepare<[], ForeignKey>(
    `select t.name as "table", k."from", k."table" as parent, k."to"
     from pragma_table_list t
     join pragma_foreign_key_list(t.name) k
     where t.type = 'table'
     order by 1, 2`,
  )
  .all()
schema.close()

/** What a parent's deletion asks of a child. */
const childLookup = ({ table, from }: ForeignKey): string => `select 1 from ${table} where ${from} = :id`

function canFindChildren(db: Connection, key: ForeignKey): boolean {
  const { indexes: searched, others } = readPlan(db, childLookup(key), { id: 's1' })
  return searched.length === 1 && others.length === 0
}

describe('every index', () => {
  it.each(explicit)('$name is missed when it is gone', ({ name }) => {
    populated.exec('begin')
    try {
      populated.exec(`drop index ${name}`)
      const statementsLost = statements.filter((statement) => {
        try {
          return faults(populated, statement, 'frequent').length > 0
        } catch {
          // A statement that names the index, or whose conflict clause rests on it, is refused at once.
          return true
        }
      })
      const lookupsLost = foreignKeys.filter((key) => !canFindChildren(populated, key))
      expect([...statementsLost, ...lookupsLost]).not.toEqual([])
    } finally {
      populated.exec('rollback')
    }
  })

  it.each(explicit)('$name has no twin, and is not the beginning of another', (index) => {
    const covering = indexes.filter(
      (other) =>
        other.name !== index.name &&
        other.table === index.table &&
        (other.where === undefined || other.where === index.where) &&
        other.columns.length >= index.columns.length &&
        index.columns.every((column, position) => column === other.columns[position]),
    )
    // A partial index is smaller than a whole one with the same beginning, and a unique one is a rule as well.
    const twins = covering.filter((other) => other.where === index.where && !index.unique)
    expect(twins.map(({ name }) => name)).toEqual([])
  })

  it('is made by a constraint or by name, and none is forgotten here', () => {
    expect(explicit.length).toBeGreaterThan(30)
    const made = indexes.filter(({ sql }) => sql === null)
    for (const { name, columns } of made) expect(columns, name).not.toEqual([])
  })
})

describe('every foreign key', () => {
  it.each(foreignKeys.map((key) => ({ ...key, name: `${key.table}.${key.from}` })))(
    '$name finds its rows by an index',
    (key) => {
      for (const db of [populated, fresh]) {
        expect(canFindChildren(db, key)).toBe(true)
        const cascade = planOf(db, `delete from ${key.parent} where ${key.to} = :id`, { id: 's1' })
        expect(cascade.filter((step) => step.startsWith('SCAN'))).toEqual([])
        expect(cascade.join('\n')).toMatch(new RegExp(`SEARCH ${key.table} USING .*\\((?:${key.from}|rowid)=\\?\\)`))
      }
    },
  )

  it('is one of those that the design names', () => {
    expect(foreignKeys.map(({ table, from, parent }) => `${table}.${from} → ${parent}`)).toEqual([
      'agents.session_id → sessions',
      'agents.task_id → tasks',
      'checkpoints.session_id → sessions',
      'checkpoints.task_id → tasks',
      'document_chunks.document_id → documents',
      'documents.folder_id → document_folders',
      'embedding_codes.space_id → embedding_spaces',
      'embedding_jobs.space_id → embedding_spaces',
      'embedding_vectors.change_seq → embedding_codes',
      'memory_origins.memory_id → memory_entries',
      'session_events.session_id → sessions',
      'session_operations.session_id → sessions',
      'session_snapshots.session_id → sessions',
      'sessions.parent_session_id → sessions',
      'task_dependencies.dependent_task_id → tasks',
      'task_dependencies.prerequisite_task_id → tasks',
      'tasks.parent_task_id → tasks',
      'tasks.session_id → sessions',
    ])
  })
})
