drop table metric_histograms;
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

drop index agents_by_heartbeat;
drop index agents_by_project;
drop index agents_by_owner;
alter table agents drop column project_id;
alter table agents drop column user_id;
alter table agents drop column app_id;

drop index tasks_by_project;
drop index tasks_by_owner;
drop index tasks_by_project_queue;
drop index tasks_by_owner_queue;
drop index tasks_by_claimer;
drop index tasks_by_due;
drop index tasks_by_lease;
create index tasks_running on tasks (updated_at) where status = 'running';

alter table tasks drop column metadata;
alter table tasks drop column lease_until;
alter table tasks drop column attempt;
alter table tasks drop column claimed_by;
alter table tasks drop column project_id;
alter table tasks drop column user_id;
alter table tasks drop column app_id;

drop table memory_origins;
drop table session_operations;
drop table session_snapshots;
drop index events_with_delta;

-- What a fork shares becomes its own. Search finds these events where they came from.
insert into session_events (
  session_id, seq, event_id, type, actor, timestamp, recorded_at, content, state_delta, is_final)
with recursive stretches (session_id, holder, up_to) as (
  select id, parent_session_id, forked_at_seq
  from sessions
  where parent_session_id is not null
  union all
  select s.session_id, p.parent_session_id, min(s.up_to, p.forked_at_seq)
  from stretches s
  join sessions p on p.id = s.holder
  where p.parent_session_id is not null)
select s.session_id, e.seq, e.event_id, e.type, e.actor, e.timestamp, e.recorded_at, e.content, e.state_delta, e.is_final
from stretches s
join session_events e on e.session_id = s.holder and e.seq <= s.up_to;

drop index sessions_by_parent;
alter table sessions drop column forked_at_seq;
alter table sessions drop column parent_session_id;
