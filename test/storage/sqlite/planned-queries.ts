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
    'tasks.byId',
    ['tasks (id)', 'sessions (id)'],
    'select * from tasks t left join sessions s on s.id = t.session_id where t.id = :id',
  ),
  planned(
    'tasks.dequeue',
    ['tasks (id)', 'tasks_by_queue'],
    `update tasks
     set status = 'running', started_at = :now, updated_at = :now
     where id = (
       select id from tasks
       where status = 'ready' and (run_after is null or run_after <= :now)
       order by priority desc, submitted_at, id
       limit 1)
     returning id`,
  ),
  planned(
    'tasks.list',
    ['tasks_by_queue'],
    'select * from tasks where status = :status order by priority desc, submitted_at, id limit :limit',
  ),
  planned(
    'tasks.ofSession',
    ['tasks_by_session'],
    'select * from tasks where session_id = :session order by submitted_at desc, id desc limit :limit',
  ),
  planned(
    'tasks.submittedSince',
    ['tasks_by_submitted'],
    'select * from tasks where submitted_at >= :since order by submitted_at desc, id desc limit :limit',
  ),
  planned(
    'tasks.children',
    ['tasks_by_parent'],
    'select * from tasks where parent_task_id = :task order by submitted_at, id limit :limit',
  ),
  planned(
    'tasks.stale',
    ['tasks_running'],
    // Without statistics the planner would take tasks_by_queue and sort.
    `select id from tasks indexed by tasks_running
     where status = 'running' and updated_at <= :before and updated_at + timeout_seconds * 1000 <= :now
     order by updated_at
     limit :limit`,
  ),
  planned(
    'dependencies.open',
    ['task_dependencies (dependent_task_id, prerequisite_task_id)'],
    'select prerequisite_task_id from task_dependencies where dependent_task_id = :task and resolved_at is null',
  ),
  planned(
    'dependencies.resolve',
    ['task_dependencies_by_prerequisite'],
    `update task_dependencies set resolved_at = :now where prerequisite_task_id = :task`,
  ),
  planned('agents.byId', ['agents (id)'], 'select * from agents where id = :id'),
  planned(
    'agents.ofTask',
    ['agents_by_task'],
    'select * from agents where task_id = :task order by spawned_at desc, id desc limit :limit',
  ),
  planned(
    'agents.ofSession',
    ['agents_by_session'],
    'select * from agents where session_id = :session order by spawned_at desc, id desc limit :limit',
  ),
  planned(
    'agents.inState',
    ['agents_by_state'],
    'select * from agents where state = :state order by spawned_at desc, id desc limit :limit',
  ),
  planned(
    'agents.spawnedSince',
    ['agents_by_spawned'],
    'select * from agents where spawned_at >= :since order by spawned_at desc, id desc limit :limit',
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
  planned('leases.release', ['leases (name)'], 'delete from leases where name = :name and holder = :owner'),
  planned(
    'search.outdated',
    ['rowid'],
    'select id, kind, ref from search_items where id > :ref and text_version < :version order by id limit :limit',
  ),
]
