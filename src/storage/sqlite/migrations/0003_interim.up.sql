-- Tasks, agents and checkpoints come to life; sessions get branches, memories get origins, metrics get histograms.

-- A fork reads its parent's events up to `forked_at_seq` and its own after that: nothing is copied.
alter table sessions add column parent_session_id text references sessions (id) on delete set null;
alter table sessions add column forked_at_seq integer check (forked_at_seq is null or forked_at_seq >= 0);

create index sessions_by_parent on sessions (parent_session_id, created_at, id) where parent_session_id is not null;

-- The session's own state after event `seq`, so that a fold starts near where it ends.
create table session_snapshots (
  session_id text    not null references sessions (id) on delete cascade,
  seq        integer not null check (seq >= 0),
  state      text    not null check (json_valid(state) and json_type(state) = 'object'),
  primary key (session_id, seq)
) strict, without rowid;

-- What applyHistory has done: the same operation is answered, not done, again.
create table session_operations (
  session_id   text    not null references sessions (id) on delete cascade,
  operation_id text    not null check (length(operation_id) between 1 and 200),
  digest       text    not null,
  first_seq    integer not null,
  last_seq     integer not null,
  branch_id    text,
  created_at   integer not null,
  primary key (session_id, operation_id)
) strict, without rowid;

-- Where a version came from. The source is named, not referenced: it may go before the memory does.
create table memory_origins (
  memory_id  integer not null references memory_entries (id) on delete cascade,
  kind       text    not null check (kind in ('event', 'memory', 'document')),
  source     text    not null check (json_valid(source) and json_type(source) = 'object'),
  created_at integer not null,
  created_by text    not null,
  primary key (memory_id, kind, source)
) strict, without rowid;

create index memory_origins_by_source on memory_origins (kind, source, memory_id);

-- A state is whole, or what is different from that of iteration `base`, and then at most `chain` steps from a whole one.
create table checkpoints_2 (
  task_id    text    not null references tasks (id) on delete cascade,
  iteration  integer not null check (iteration >= 0),
  base       integer check (base is null or base < iteration),
  chain      integer not null default 0 check (chain >= 0),
  -- UTF-8 of the state's JSON, or a difference as src/tasks/byte-difference.ts makes it.
  data       blob    not null,
  bytes      integer not null check (bytes >= 0),
  session_id text    references sessions (id) on delete set null,
  created_at integer not null,
  primary key (task_id, iteration),
  check ((base is null) = (chain = 0))
) strict;

insert into checkpoints_2 (task_id, iteration, data, bytes, session_id, created_at)
select task_id, iteration, cast(state as blob), length(cast(state as blob)), session_id, created_at
from checkpoints;

drop table checkpoints;
alter table checkpoints_2 rename to checkpoints;

create index checkpoints_by_session on checkpoints (session_id, created_at) where session_id is not null;
create index checkpoints_by_created on checkpoints (created_at);
create index checkpoints_by_base    on checkpoints (task_id, base) where base is not null;

alter table metrics add column app_id text;
alter table metrics add column user_id text;

-- How long the operations of the service took in a minute, added up over all processes.
create table metric_histograms (
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

create index metric_histograms_by_minute on metric_histograms (minute);
