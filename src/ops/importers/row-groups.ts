import type { ForeignRow } from '../../storage/foreign-database.js'

/** Rows that follow each other and are equal in some columns, together. */
export function* groups(rows: Iterable<ForeignRow>, columns: readonly string[]): Generator<ForeignRow[]> {
  let group: ForeignRow[] = []
  for (const row of rows) {
    const [first] = group
    if (first !== undefined && columns.some((column) => first[column] !== row[column])) {
      yield group
      group = []
    }
    group.push(row)
  }
  if (group.length > 0) yield group
}
