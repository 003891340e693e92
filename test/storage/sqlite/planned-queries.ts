/**
 * The queries for which the schema has tables and indexes already, although their services come later. They stand here
 * so that an index without a query, or a query without an index, is found before the schema is released.
 */
export interface PlannedQuery {
  name: string
  text: string
  /** What it must search, in the words of `expected-plans.ts`. */
  indexes: string[]
}

function planned(name: string, indexes: string[], text: string): PlannedQuery {
  return { name, text, indexes }
}

export const plannedQueries: PlannedQuery[] = [
  planned(
    'sessions.endedBefore',
    ['sessions_ended'],
    `select id from sessions
     where status = 'terminated' and terminated_at <= :before
     order by terminated_at, id
     limit :limit`,
  ),
  planned(
    'checkpoints.latest',
    ['checkpoints (task_id, iteration)'],
    'select * from checkpoints where task_id = :task order by iteration desc limit 1',
  ),
  planned(
    'checkpoints.ofSession',
    ['checkpoints_by_session'],
    'select * from checkpoints where session_id = :session order by created_at desc limit :limit',
  ),
  planned(
    'checkpoints.before',
    ['checkpoints_by_created'],
    'select task_id, iteration from checkpoints where created_at <= :before order by created_at limit :limit',
  ),
  planned('audit.purge', ['audit_by_time'], 'delete from audit where timestamp < :before'),
  planned(
    'jobs.due',
    ['jobs_by_due'],
    'select * from jobs where kind = :kind and run_after <= :now order by run_after, id limit :limit',
  ),
  planned('jobs.done', ['jobs (kind, subject)'], 'delete from jobs where kind = :kind and subject = :ref'),
  planned(
    'search.outdated',
    ['rowid'],
    'select id, kind, ref from search_items where id > :ref and text_version < :version order by id limit :limit',
  ),
]
