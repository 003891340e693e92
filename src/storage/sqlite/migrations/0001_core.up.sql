-- Times are integer milliseconds since the epoch (UTC). Every table is STRICT; every enumeration and JSON
-- shape is CHECKed here, so that no door, script or later adapter can store what the services would refuse.

create table sessions (
  id            text    not null primary key check (length(id) between 1 and 200),
  app_id        text    not null,
  user_id       text    not null,
  project_id    text,
  status        text    not null default 'created'
                check (status in ('created', 'active', 'paused', 'terminated', 'archived')),
  metadata      text    not null default '{}' check (json_valid(metadata) and json_type(metadata) = 'object'),
  last_seq      integer not null default 0 check (last_seq >= 0),
  created_at    integer not null,
  updated_at    integer not null,
  terminated_at integer,
  archived_at   integer,
  check ((status in ('terminated', 'archived')) = (terminated_at is not null)),
  check ((status = 'archived') = (archived_at is not null))
) strict;

create index sessions_by_created on sessions (created_at, id);
create index sessions_by_user    on sessions (user_id, created_at, id);
create index sessions_by_owner   on sessions (app_id, user_id, created_at, id);
create index sessions_by_project on sessions (project_id, created_at, id) where project_id is not null;
create index sessions_active         on sessions (updated_at, id) where status in ('active', 'paused');
create index sessions_active_by_user on sessions (user_id, updated_at, id) where status in ('active', 'paused');
create index sessions_ended          on sessions (terminated_at, id) where status = 'terminated';

create table session_events (
  id          integer primary key,
  session_id  text    not null references sessions (id) on delete cascade,
  seq         integer not null check (seq > 0),
  event_id    text    not null check (length(event_id) between 1 and 200),
  type        text    not null check (type in ('message', 'action', 'tool_call', 'reflection', 'state_change')),
  actor       text    not null,
  timestamp   integer not null,
  recorded_at integer not null,
  content     text    not null check (json_valid(content) and json_type(content) = 'object'),
  state_delta text             check (state_delta is null or (json_valid(state_delta) and json_type(state_delta) = 'object')),
  is_final    integer not null default 0 check (is_final in (0, 1)),
  unique (session_id, seq),
  unique (session_id, event_id)
) strict;

-- State is overwritten in place; its history is in the events. `session_id` names the session that set the value last.
create table state (
  scope      text    not null check (scope in ('session', 'user', 'app', 'project')),
  owner      text    not null,
  key        text    not null check (length(key) > 0),
  value      text    not null check (json_valid(value)),
  session_id text,
  updated_at integer not null,
  primary key (scope, owner, key)
) strict, without rowid;

create index state_by_session on state (session_id, scope) where session_id is not null;

-- A memory is a chain of versions; a deletion is a version too. At most one row of a chain is the latest.
create table memory_entries (
  id            integer primary key,
  chain         text    not null,
  namespace     text    not null check (instr(namespace, ':') > 1),
  key           text    not null check (length(key) > 0),
  version       integer not null check (version > 0),
  type          text    not null check (type in ('semantic', 'episodic', 'procedural')),
  value         text    not null check (json_valid(value)),
  is_deleted    integer not null default 0 check (is_deleted in (0, 1)),
  metadata      text    not null default '{}' check (json_valid(metadata) and json_type(metadata) = 'object'),
  valid_from    integer,
  valid_to      integer,
  expires_at    integer,
  recorded_at   integer not null,
  superseded_at integer,
  created_at    integer not null,
  created_by    text    not null,
  updated_by    text    not null,
  check (valid_from is null or valid_to is null or valid_from < valid_to),
  unique (namespace, key, version)
) strict;

create unique index memory_latest on memory_entries (namespace, key) where superseded_at is null;
create index memory_by_recorded   on memory_entries (recorded_at, id) where superseded_at is null;
create index memory_by_type       on memory_entries (type, recorded_at, id) where superseded_at is null;
create index memory_by_creator    on memory_entries (created_by, recorded_at, id) where superseded_at is null;
create index memory_bounded       on memory_entries (namespace, key)
  where superseded_at is null and (valid_from is not null or valid_to is not null);
create index memory_deleted       on memory_entries (namespace, key) where superseded_at is null and is_deleted = 1;
create index memory_by_expiry     on memory_entries (expires_at)
  where superseded_at is null and expires_at is not null and is_deleted = 0;

create table tasks (
  id                    text    not null primary key check (length(id) between 1 and 200),
  prompt                text    not null,
  agent_type            text    not null default 'general',
  source                text    not null default 'human'
                        check (source in ('human', 'agent_requirements', 'agent_planner', 'agent_implementation')),
  priority              integer not null default 5 check (priority between 0 and 10),
  status                text    not null default 'pending'
                        check (status in ('pending', 'blocked', 'ready', 'running', 'completed', 'failed', 'cancelled')),
  input                 text    not null default '{}' check (json_valid(input)),
  result                text             check (result is null or json_valid(result)),
  error                 text,
  retry_count           integer not null default 0 check (retry_count >= 0),
  max_retries           integer not null default 3 check (max_retries >= 0),
  timeout_seconds       integer not null default 3600 check (timeout_seconds >= 60),
  run_after             integer,
  deadline              integer,
  submitted_at          integer not null,
  started_at            integer,
  updated_at            integer not null,
  completed_at          integer,
  created_by            text    not null,
  parent_task_id        text references tasks (id) on delete set null,
  session_id            text references sessions (id) on delete set null
) strict;

create index tasks_by_queue     on tasks (status, priority desc, submitted_at, id);
create index tasks_by_session   on tasks (session_id, submitted_at, id) where session_id is not null;
create index tasks_by_submitted on tasks (submitted_at, id);
create index tasks_by_parent    on tasks (parent_task_id, submitted_at, id) where parent_task_id is not null;
create index tasks_running      on tasks (updated_at) where status = 'running';

create table task_dependencies (
  dependent_task_id    text    not null references tasks (id) on delete cascade,
  prerequisite_task_id text    not null references tasks (id) on delete cascade,
  dependency_type      text    not null default 'sequential' check (dependency_type in ('sequential', 'parallel')),
  created_at           integer not null,
  resolved_at          integer,
  check (dependent_task_id <> prerequisite_task_id),
  primary key (dependent_task_id, prerequisite_task_id)
) strict, without rowid;

create index task_dependencies_by_prerequisite on task_dependencies (prerequisite_task_id, dependent_task_id);

create table agents (
  id             text    not null primary key check (length(id) between 1 and 200),
  name           text    not null,
  specialization text,
  state          text    not null check (state in ('spawning', 'idle', 'busy', 'terminating', 'terminated')),
  model          text,
  task_id        text references tasks (id) on delete set null,
  session_id     text references sessions (id) on delete set null,
  resource_usage text    not null default '{}' check (json_valid(resource_usage) and json_type(resource_usage) = 'object'),
  spawned_at     integer not null,
  heartbeat_at   integer,
  terminated_at  integer,
  check ((state = 'terminated') = (terminated_at is not null))
) strict;

create index agents_by_task    on agents (task_id, spawned_at, id) where task_id is not null;
create index agents_by_session on agents (session_id, spawned_at, id) where session_id is not null;
create index agents_by_state   on agents (state, spawned_at, id);
create index agents_by_spawned on agents (spawned_at, id);

create table checkpoints (
  task_id    text    not null references tasks (id) on delete cascade,
  iteration  integer not null check (iteration >= 0),
  state      text    not null check (json_valid(state)),
  session_id text references sessions (id) on delete set null,
  created_at integer not null,
  primary key (task_id, iteration)
) strict;

create index checkpoints_by_session on checkpoints (session_id, created_at) where session_id is not null;
create index checkpoints_by_created on checkpoints (created_at);

-- The trail outlives what it describes: it names namespace, key and version and has no foreign keys.
create table audit (
  id         integer primary key,
  timestamp  integer not null,
  subject    text    not null check (subject in (
               'memory', 'session', 'event', 'state', 'task', 'agent', 'checkpoint', 'document', 'store')),
  operation  text    not null check (operation in (
               'create', 'update', 'delete', 'restore', 'rollback', 'expire', 'purge', 'publish', 'consolidate', 'resolve',
               'append', 'status', 'terminate', 'archive', 'read', 'list', 'search', 'export', 'import')),
  outcome    text    not null default 'ok' check (outcome in ('ok', 'forbidden')),
  actor      text    not null,
  principal  text    not null check (json_valid(principal) and json_type(principal) = 'object'),
  namespace  text,
  key        text,
  version    integer,
  session_id text,
  task_id    text,
  agent_id   text,
  occurrences integer not null default 1 check (occurrences > 0),
  detail     text    not null default '{}' check (json_valid(detail) and json_type(detail) = 'object')
) strict;

create index audit_by_time      on audit (timestamp, id);
create index audit_by_operation on audit (subject, operation, timestamp, id);
create index audit_by_entry     on audit (namespace, key, timestamp, id) where namespace is not null;
create index audit_by_session   on audit (session_id, timestamp, id) where session_id is not null;
create index audit_by_task      on audit (task_id, timestamp, id) where task_id is not null;
create index audit_by_agent     on audit (agent_id, timestamp, id) where agent_id is not null;

-- Refusals are counted, one row for each principal, operation and namespace in a minute, so that a loop cannot flood the trail.
create unique index audit_refusals on audit (principal, subject, operation, ifnull(namespace, ''), timestamp / 60000)
  where outcome = 'forbidden';

create table metrics (
  id        integer primary key,
  timestamp integer not null,
  name      text    not null,
  value     real    not null check (value >= 0),
  labels    text    not null default '{}' check (json_valid(labels) and json_type(labels) = 'object')
) strict;

create index metrics_by_name on metrics (name, timestamp);
create index metrics_by_time on metrics (timestamp);

-- Background work is done by one process at a time: the one that holds the lease row of that work.
create table leases (
  name       text    not null primary key,
  holder     text    not null,
  expires_at integer not null
) strict, without rowid;

create table jobs (
  id         integer primary key,
  kind       text    not null,
  subject    integer not null,
  payload    text    not null default '{}' check (json_valid(payload) and json_type(payload) = 'object'),
  attempts   integer not null default 0 check (attempts >= 0),
  run_after  integer not null,
  last_error text,
  created_at integer not null,
  unique (kind, subject)
) strict;

create index jobs_by_due on jobs (kind, run_after, id);

-- One row for each thing that search can find, whatever its kind; `ref` is the row id in the table of that kind.
-- Full text and, later, vectors hang on the same ids. Kinds that come later need no change of this table.
create table search_items (
  id           integer primary key,
  kind         text    not null,
  ref          integer not null,
  namespace    text    not null,
  owner        text,
  type         text    not null,
  time         integer not null,
  text_version integer not null,
  unique (kind, ref)
) strict;

create virtual table search_text using fts5 (
  scope, title, body,
  content = '', contentless_delete = 1,
  tokenize = 'porter unicode61 remove_diacritics 2'
);

-- Rows that go, go from the index too, whoever deletes them: a cascade, an operation or a repair by hand.
create trigger memory_entries_unindex after delete on memory_entries begin
  delete from search_items where kind = 'memory' and ref = old.id;
end;

create trigger session_events_unindex after delete on session_events begin
  delete from search_items where kind = 'event' and ref = old.id;
end;

create trigger search_items_unindex after delete on search_items begin
  delete from search_text where rowid = old.id;
end;
