drop table metric_histograms;
drop index metrics_by_owner;
alter table metrics drop column user_id;
alter table metrics drop column app_id;

-- Differences cannot be kept: the older schema has no place for them.
create table checkpoints_1 (
  task_id    text    not null references tasks (id) on delete cascade,
  iteration  integer not null check (iteration >= 0),
  state      text    not null check (json_valid(state)),
  session_id text references sessions (id) on delete set null,
  created_at integer not null,
  primary key (task_id, iteration)
) strict;

insert into checkpoints_1 (task_id, iteration, state, session_id, created_at)
select task_id, iteration, cast(data as text), session_id, created_at
from checkpoints
where base is null;

drop table checkpoints;
alter table checkpoints_1 rename to checkpoints;

create index checkpoints_by_session on checkpoints (session_id, created_at) where session_id is not null;
create index checkpoints_by_created on checkpoints (created_at);
