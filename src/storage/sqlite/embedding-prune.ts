import type { Database } from 'better-sqlite3'
import { column, run, sql } from './statements.js'

const gone = sql(
  'embeddings.gone',
  `select change_seq
   from embedding_codes
   where code is null
     and change_seq <= (
       select change_seq
       from embedding_codes
       where code is null
       order by change_seq desc
       limit 1 offset :keep)
   order by change_seq
   limit :limit`,
)

const forget = sql(
  'embeddings.forgetGone',
  `delete from embedding_codes
   where code is null and change_seq <= :to`,
)

const setPruned = sql(
  'embeddings.setPruned',
  `update embedding_spaces
   set pruned_to = :to
   where pruned_to < :to`,
)

/** For all spaces alike: a reader that is so far behind is rare, and to read anew what has lost nothing is no harm. */
export function pruneGone(db: Database, { keep, limit }: { keep: number; limit: number }): number {
  const changes = column<number>(db, gone, { keep, limit })
  const to = changes.at(-1)
  if (to === undefined) return 0
  run(db, setPruned, { to })
  return run(db, forget, { to }).changes
}
