-- Checkpoints and metrics come to life.

-- A state is whole, or what is different from that of iteration `base`, and then at most `chain` steps, of `chain_bytes`
-- together, from a whole one.
create table checkpoints_2 (
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

insert into checkpoints_2 (task_id, iteration, data, bytes, session_id, created_at)
select task_id, iteration, cast(state as blob), length(cast(state as blob)), session_id, created_at
from checkpoints;

drop table checkpoints;
alter table checkpoints_2 rename to checkpoints;

create index checkpoints_by_session on checkpoints (session_id, created_at) where session_id is not null;
create index checkpoints_by_created on checkpoints (created_at);
create index checkpoints_by_base    on checkpoints (task_id, base, iteration) where base is not null;

alter table metrics add column app_id text;
alter table metrics add column user_id text;

create index metrics_by_owner on metrics (app_id, user_id, name, timestamp) where app_id is not null;

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
