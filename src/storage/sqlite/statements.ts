import type { Database, Statement } from 'better-sqlite3'

/** A statement of this adapter, by name. All are registered, so that a test can ask the planner about each. */
export interface Sql {
  readonly name: string
  readonly text: string
}

const registry = new Map<string, Sql>()
const prepared = new WeakMap<Database, Map<Sql, Statement>>()

export function sql(name: string, text: string): Sql {
  if (registry.has(name)) throw new Error(`two statements are named ${name}`)
  const statement = { name, text }
  registry.set(name, statement)
  return statement
}

/** One statement for each shape a builder can take, all of them registered. */
export function sqlFamily<Shape extends string>(
  name: string,
  shapes: readonly Shape[],
  build: (shape: Shape) => string,
): Record<Shape, Sql> {
  const family = shapes.map((shape) => [shape, sql(`${name}[${shape}]`, build(shape))] as const)
  return Object.fromEntries(family) as Record<Shape, Sql>
}

export function registeredStatements(): Sql[] {
  return [...registry.values()]
}

/** Prepared once for each connection. */
function prepare(db: Database, statement: Sql): Statement {
  const statements = prepared.get(db) ?? new Map<Sql, Statement>()
  if (statements.size === 0) prepared.set(db, statements)
  const found = statements.get(statement) ?? db.prepare(statement.text)
  if (!statements.has(statement)) statements.set(statement, found)
  return found
}

export type Parameters = Record<string, string | number | Uint8Array | null>

export function run(db: Database, statement: Sql, parameters: Parameters): { changes: number; id: number } {
  const { changes, lastInsertRowid } = prepare(db, statement).run(parameters)
  return { changes, id: Number(lastInsertRowid) }
}

export function get<Row>(db: Database, statement: Sql, parameters: Parameters): Row | undefined {
  return prepare(db, statement).get(parameters) as Row | undefined
}

export function all<Row>(db: Database, statement: Sql, parameters: Parameters): Row[] {
  return prepare(db, statement).all(parameters) as Row[]
}

/** The first column of each row: a quarter of the time that rows take. */
export function column<Value>(db: Database, statement: Sql, parameters: Parameters): Value[] {
  return prepare(db, statement).pluck().all(parameters) as Value[]
}

/** Rows as lists of their columns: half of the time that objects take. */
export function tuples<Row extends unknown[]>(db: Database, statement: Sql, parameters: Parameters): Row[] {
  return prepare(db, statement).raw().all(parameters) as Row[]
}

/** Rows one by one, for readers that stop early; stopping ends the statement. */
export function iterate<Row>(db: Database, statement: Sql, parameters: Parameters): IterableIterator<Row> {
  return prepare(db, statement).iterate(parameters) as IterableIterator<Row>
}
