/** What a cell of a database of another tool holds. */
export type ForeignValue = string | number | bigint | Uint8Array | null

/** One row of a table of another tool, by the names of its columns. */
export type ForeignRow = Record<string, ForeignValue>

/** `columns` are all of them when left out. */
export interface ForeignQuery {
  columns?: readonly string[]
  where?: ForeignRow
  order?: readonly string[]
}

/** A database of another tool, opened for reading; all its rows are those of one moment. Errors: `corrupt`. */
export interface ForeignDatabase {
  /** The names of the columns of each table. */
  tables: ReadonlyMap<string, readonly string[]>
  /** Rows one by one: those that equal `where`, sorted by the columns of `order`, or as they were written. */
  rows(table: string, query?: ForeignQuery): Iterable<ForeignRow>
  /** How many rows a table has; 0 when there is no such table. */
  count(table: string): number
  close(): void
}

/** Opens a file and never writes to it. `not_found`, `not_a_database`, `read_only`, `busy` or `corrupt`. */
export type OpenForeignDatabase = (path: string) => ForeignDatabase
