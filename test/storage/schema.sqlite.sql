-- The schema of a SQLite store after all migrations. Written by UPDATE=1 npx vitest run schema.test

CREATE TABLE agents (
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
  terminated_at  integer, app_id text, user_id text, project_id text,
  check ((state = 'terminated') = (terminated_at is not null))
) strict;

CREATE INDEX agents_by_heartbeat on agents (heartbeat_at, id) where state <> 'terminated';

CREATE INDEX agents_by_owner     on agents (app_id, user_id, spawned_at, id) where app_id is not null;

CREATE INDEX agents_by_project   on agents (project_id, spawned_at, id) where project_id is not null;

CREATE INDEX agents_by_session on agents (session_id, spawned_at, id) where session_id is not null;

CREATE INDEX agents_by_spawned on agents (spawned_at, id);

CREATE INDEX agents_by_state   on agents (state, spawned_at, id);

CREATE INDEX agents_by_task    on agents (task_id, spawned_at, id) where task_id is not null;

CREATE TABLE audit (
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

CREATE INDEX audit_by_agent     on audit (agent_id, timestamp, id) where agent_id is not null;

CREATE INDEX audit_by_entry     on audit (namespace, key, timestamp, id) where namespace is not null;

CREATE INDEX audit_by_operation on audit (subject, operation, timestamp, id);

CREATE INDEX audit_by_session   on audit (session_id, timestamp, id) where session_id is not null;

CREATE INDEX audit_by_task      on audit (task_id, timestamp, id) where task_id is not null;

CREATE INDEX audit_by_time      on audit (timestamp, id);

CREATE UNIQUE INDEX audit_refusals on audit (principal, subject, operation, ifnull(namespace, ''), timestamp / 60000)
  where outcome = 'forbidden';

CREATE TABLE "checkpoints" (
  task_id     text    not null references tasks (id) on delete cascade,
  iteration   integer not null check (iteration >= 0),
  base        integer check (base is null or base < iteration),
  chain       integer not null default 0 check (chain >= 0),
  chain_bytes integer not null default 0 check (chain_bytes >= 0),
  -- UTF-8 of the state's JSON, or a difference as src/tasks/byte-difference.ts makes it.
  data        blob    not null,
  bytes       integer not null check (bytes >= 0),
  -- CRC-32 of the state; none for a whole one of an older schema.
  checksum    integer,
  session_id  text    references sessions (id) on delete set null,
  created_at  integer not null,
  primary key (task_id, iteration),
  check ((base is null) = (chain = 0)),
  check (base is null or checksum is not null)
) strict;

CREATE INDEX checkpoints_by_base    on checkpoints (task_id, base, iteration) where base is not null;

CREATE INDEX checkpoints_by_created on checkpoints (created_at);

CREATE INDEX checkpoints_by_session on checkpoints (session_id, created_at) where session_id is not null;

CREATE TABLE document_chunks (
  id          integer primary key,
  document_id text    not null references documents (id) on delete cascade,
  position    integer not null check (position >= 0),
  heading     text    not null,
  line_from   integer not null check (line_from > 0),
  line_to     integer not null check (line_to >= line_from),
  tokens      integer not null check (tokens >= 0),
  text        text    not null,
  unique (document_id, position)
) strict;

CREATE TRIGGER document_chunks_unindex after delete on document_chunks begin
  delete from search_items where kind = 'document' and ref = old.id;
end;

CREATE TABLE document_folders (
  id         text    not null primary key check (length(id) between 1 and 200),
  namespace  text    not null check (instr(namespace, ':') > 1),
  root       text    not null check (length(root) > 0),
  -- Device and inode of the folder when it was last read: another disk may be mounted there, or none.
  identity   text    not null,
  synced_at  integer,
  error      text,
  created_at integer not null, skipped text not null default '[]'
  check (json_valid(skipped) and json_type(skipped) = 'array'), skipped_count integer not null default 0 check (skipped_count >= 0),
  unique (namespace, root)
) strict;

CREATE INDEX document_folders_by_root on document_folders (root, namespace);

CREATE TABLE documents (
  id         text    not null primary key check (length(id) between 1 and 200),
  folder_id  text    not null references document_folders (id) on delete cascade,
  namespace  text    not null check (instr(namespace, ':') > 1),
  path       text    not null check (length(path) > 0),
  title      text    not null,
  metadata   text    not null default '{}' check (json_valid(metadata) and json_type(metadata) = 'object'),
  sha256     text    not null check (length(sha256) = 64),
  bytes      integer not null check (bytes >= 0),
  chunks     integer not null check (chunks >= 0),
  modified_at integer not null,
  -- Size, times and inode of the file as it was read, and when that was: what tells that a file need not be read again.
  stamp      text    not null,
  read_at    integer not null,
  status     text    not null default 'synced' check (status in ('synced', 'failed')),
  error      text,
  synced_at  integer not null,
  created_at integer not null,
  check (status = 'synced' or error is not null),
  unique (folder_id, path)
) strict;

CREATE INDEX documents_by_namespace on documents (namespace, folder_id, path);

CREATE INDEX documents_by_path      on documents (path, namespace, folder_id);

CREATE INDEX documents_failed       on documents (namespace, folder_id, path) where status = 'failed';

CREATE TABLE embedding_codes (
  change_seq integer primary key autoincrement,
  item       integer not null,
  space_id   integer not null references embedding_spaces (id) on delete cascade,
  -- The first 16 bytes of the SHA-256 of the text: equal texts are embedded once.
  text_hash  blob    check (length(text_hash) = 16),
  code       blob,
  check ((code is null) = (text_hash is null)),
  unique (space_id, item)
) strict;

CREATE INDEX embedding_codes_by_text on embedding_codes (space_id, text_hash) where text_hash is not null;

CREATE INDEX embedding_codes_gone    on embedding_codes (change_seq) where code is null;

CREATE TABLE embedding_jobs (
  space_id   integer not null references embedding_spaces (id) on delete cascade,
  item       integer not null,
  attempts   integer not null default 0 check (attempts >= 0),
  -- Null: it cannot be embedded, and `last_error` says why.
  run_after  integer,
  last_error text,
  primary key (space_id, item),
  check (run_after is not null or last_error is not null)
) strict, without rowid;

CREATE INDEX embedding_jobs_by_due on embedding_jobs (space_id, run_after, item);

CREATE TABLE embedding_spaces (
  id              integer primary key autoincrement,
  -- ollama/nomic-embed-text:v1.5/768
  name            text    not null unique check (length(name) between 1 and 500),
  provider        text    not null check (length(provider) > 0),
  model           text    not null check (length(model) > 0),
  dimensions      integer not null check (dimensions between 1 and 65536),
  document_prefix text    not null,
  query_prefix    text    not null,
  -- active: searches use it. filling: it will be, once it is full. kept: it was, and is the way back.
  state           text    not null check (state in ('filling', 'active', 'kept')),
  -- The items up to this one were there before and are yet to be given jobs, the newest first. Later ones come with a job.
  unqueued_to     integer not null default 0 check (unqueued_to >= 0),
  -- Rows of vectors that are gone were removed up to this change: whoever knows less reads all anew.
  pruned_to       integer not null default 0 check (pruned_to >= 0),
  created_at      integer not null,
  activated_at    integer, found real check (found between 0 and 1), tried_with integer not null default 0 check (tried_with >= 0), tried_to integer not null default 0 check (tried_to >= 0),
  check (state = 'filling' or activated_at is not null)
) strict;

CREATE UNIQUE INDEX embedding_spaces_active  on embedding_spaces (state) where state = 'active';

CREATE UNIQUE INDEX embedding_spaces_filling on embedding_spaces (state) where state = 'filling';

CREATE TABLE embedding_vectors (
  change_seq integer primary key references embedding_codes (change_seq) on delete cascade,
  vector     blob    not null check (length(vector) > 0 and length(vector) % 4 = 0)
) strict;

CREATE TABLE jobs (
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

CREATE INDEX jobs_by_due on jobs (kind, run_after, id);

CREATE TABLE leases (
  name       text    not null primary key,
  holder     text    not null,
  expires_at integer not null
) strict, without rowid;

CREATE TABLE memory_entries (
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

CREATE INDEX memory_bounded       on memory_entries (namespace, key)
  where superseded_at is null and (valid_from is not null or valid_to is not null);

CREATE INDEX memory_by_creator    on memory_entries (created_by, recorded_at, id) where superseded_at is null;

CREATE INDEX memory_by_expiry     on memory_entries (expires_at)
  where superseded_at is null and expires_at is not null and is_deleted = 0;

CREATE INDEX memory_by_recorded   on memory_entries (recorded_at, id) where superseded_at is null;

CREATE INDEX memory_by_type       on memory_entries (type, recorded_at, id) where superseded_at is null;

CREATE INDEX memory_deleted       on memory_entries (namespace, key) where superseded_at is null and is_deleted = 1;

CREATE UNIQUE INDEX memory_latest on memory_entries (namespace, key) where superseded_at is null;

CREATE TRIGGER memory_entries_unindex after delete on memory_entries begin
  delete from search_items where kind = 'memory' and ref = old.id;
end;

CREATE TABLE memory_origins (
  memory_id  integer not null references memory_entries (id) on delete cascade,
  kind       text    not null check (kind in ('event', 'memory', 'document')),
  source     text    not null check (json_valid(source) and json_type(source) = 'object'),
  created_at integer not null,
  created_by text    not null,
  primary key (memory_id, kind, source)
) strict, without rowid;

CREATE INDEX memory_origins_by_source on memory_origins (kind, source, memory_id);

CREATE TABLE metric_histograms (
  name    text    not null,
  minute  integer not null,
  count   integer not null check (count > 0),
  sum     real    not null,
  min     real    not null,
  max     real    not null,
  -- Bucket number → count, as src/observe/histogram.ts numbers them.
  buckets text    not null check (json_valid(buckets) and json_type(buckets) = 'object'),
  primary key (name, minute)
) strict, without rowid;

CREATE INDEX metric_histograms_by_minute on metric_histograms (minute);

CREATE TABLE metrics (
  id        integer primary key,
  timestamp integer not null,
  name      text    not null,
  value     real    not null check (value >= 0),
  labels    text    not null default '{}' check (json_valid(labels) and json_type(labels) = 'object')
, app_id text, user_id text) strict;

CREATE INDEX metrics_by_name on metrics (name, timestamp);

CREATE INDEX metrics_by_owner on metrics (app_id, user_id, name, timestamp) where app_id is not null;

CREATE INDEX metrics_by_time on metrics (timestamp);

CREATE TABLE schema_migrations (version integer not null primary key, name text not null, applied_at integer not null) strict;

CREATE TABLE search_items (
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

CREATE TRIGGER search_items_forget after delete on search_items when exists (select 1 from embedding_spaces) begin
  delete from embedding_jobs where space_id in (select id from embedding_spaces) and item = old.id;
  delete from embedding_vectors
  where change_seq in (
    select change_seq
    from embedding_codes
    where space_id in (select id from embedding_spaces) and item = old.id);
  insert or replace into embedding_codes (item, space_id)
  select item, space_id
  from embedding_codes
  where space_id in (select id from embedding_spaces) and item = old.id and code is not null;
end;

CREATE TRIGGER search_items_unindex after delete on search_items begin
  delete from search_text where rowid = old.id;
end;

CREATE VIRTUAL TABLE search_text using fts5 (
  scope, title, body,
  content = '', contentless_delete = 1,
  tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE session_events (
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

CREATE INDEX events_with_delta on session_events (session_id, seq) where state_delta is not null;

CREATE TRIGGER session_events_unindex after delete on session_events begin
  delete from search_items where kind = 'event' and ref = old.id;
end;

CREATE TABLE session_operations (
  session_id   text    not null references sessions (id) on delete cascade,
  operation_id text    not null check (length(operation_id) between 1 and 200),
  digest       text    not null,
  first_seq    integer not null,
  last_seq     integer not null,
  branch_id    text,
  created_at   integer not null,
  primary key (session_id, operation_id)
) strict, without rowid;

CREATE TABLE session_snapshots (
  session_id text    not null references sessions (id) on delete cascade,
  seq        integer not null check (seq >= 0),
  state      text    not null check (json_valid(state) and json_type(state) = 'object'),
  primary key (session_id, seq)
) strict, without rowid;

CREATE TABLE sessions (
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
  archived_at   integer, parent_session_id text references sessions (id) on delete set null, forked_at_seq integer check (forked_at_seq is null or forked_at_seq >= 0),
  check ((status in ('terminated', 'archived')) = (terminated_at is not null)),
  check ((status = 'archived') = (archived_at is not null))
) strict;

CREATE INDEX sessions_active         on sessions (updated_at, id) where status in ('active', 'paused');

CREATE INDEX sessions_active_by_user on sessions (user_id, updated_at, id) where status in ('active', 'paused');

CREATE INDEX sessions_by_created on sessions (created_at, id);

CREATE INDEX sessions_by_owner   on sessions (app_id, user_id, created_at, id);

CREATE INDEX sessions_by_parent on sessions (parent_session_id, created_at, id) where parent_session_id is not null;

CREATE INDEX sessions_by_project on sessions (project_id, created_at, id) where project_id is not null;

CREATE INDEX sessions_by_user    on sessions (user_id, created_at, id);

CREATE INDEX sessions_ended          on sessions (terminated_at, id) where status = 'terminated';

CREATE TABLE state (
  scope      text    not null check (scope in ('session', 'user', 'app', 'project')),
  owner      text    not null,
  key        text    not null check (length(key) > 0),
  value      text    not null check (json_valid(value)),
  session_id text,
  updated_at integer not null,
  primary key (scope, owner, key)
) strict, without rowid;

CREATE INDEX state_by_session on state (session_id, scope) where session_id is not null;

CREATE TABLE task_dependencies (
  dependent_task_id    text    not null references tasks (id) on delete cascade,
  prerequisite_task_id text    not null references tasks (id) on delete cascade,
  dependency_type      text    not null default 'sequential' check (dependency_type in ('sequential', 'parallel')),
  created_at           integer not null,
  resolved_at          integer,
  check (dependent_task_id <> prerequisite_task_id),
  primary key (dependent_task_id, prerequisite_task_id)
) strict, without rowid;

CREATE INDEX task_dependencies_by_prerequisite on task_dependencies (prerequisite_task_id, dependent_task_id);

CREATE TABLE tasks (
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
, app_id text, user_id text, project_id text, claimed_by text, attempt integer not null default 0 check (attempt >= 0), lease_until integer, metadata text not null default '{}'
  check (json_valid(metadata) and json_type(metadata) = 'object')) strict;

CREATE INDEX tasks_by_claimer       on tasks (claimed_by, id) where status = 'running';

CREATE INDEX tasks_by_due           on tasks (run_after, id) where status = 'pending';

CREATE INDEX tasks_by_lease         on tasks (lease_until, id) where status = 'running';

CREATE INDEX tasks_by_owner         on tasks (app_id, user_id, submitted_at, id) where app_id is not null;

CREATE INDEX tasks_by_owner_queue   on tasks (app_id, user_id, status, priority desc, submitted_at, id, agent_type) where app_id is not null;

CREATE INDEX tasks_by_parent    on tasks (parent_task_id, submitted_at, id) where parent_task_id is not null;

CREATE INDEX tasks_by_project       on tasks (project_id, submitted_at, id) where project_id is not null;

CREATE INDEX tasks_by_project_queue on tasks (project_id, status, priority desc, submitted_at, id, agent_type) where project_id is not null;

CREATE INDEX tasks_by_queue     on tasks (status, priority desc, submitted_at, id);

CREATE INDEX tasks_by_session   on tasks (session_id, submitted_at, id) where session_id is not null;

CREATE INDEX tasks_by_submitted on tasks (submitted_at, id);
