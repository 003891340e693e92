import type { Database } from 'better-sqlite3'
import { get, run, sql } from './statements.js'

/**
 * FTS5 keeps its index in parts, of which a burst of writes leaves a dozen, and looks each word up in each of them. Merged
 * into one or two, a search takes three quarters of the time. From two of a level on they are merged by hand; while rows
 * are written, FTS5 merges from four on, so that writes pay no more for it than they must.
 */
const leastParts = 2

/** So many pages are written in one transaction: 2 ms, which a write of another process waits for. */
const pagesAtOnce = 64

const mergeParts = sql('search.merge', `insert into search_text (search_text, rank) values ('merge', :pages)`)

const totalChanges = sql('search.totalChanges', 'select total_changes() as changes')

/** From how many parts on they are merged, which the index remembers. */
export function setLeastParts(db: Database): void {
  db.exec(`insert into search_text (search_text, rank) values ('usermerge', ${leastParts})`)
}

/** Merges parts of the full-text index for a moment; whether there is more to do. */
export function mergeIndex(db: Database): boolean {
  const before = changes(db)
  run(db, mergeParts, { pages: pagesAtOnce })
  // https://sqlite.org/fts5.html#the_merge_command: less than two changes are none.
  return changes(db) - before >= 2
}

function changes(db: Database): number {
  return get<{ changes: number }>(db, totalChanges, {})?.changes ?? 0
}
