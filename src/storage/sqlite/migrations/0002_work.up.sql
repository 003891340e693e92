-- Tasks and agents come to life.

-- The events that changed state: what a fold has to read.
create index events_with_delta on session_events (session_id, seq) where state_delta is not null;

-- Whose a task is: those of (app, user) may do all with it, members of its project may read it, and work on it by grant.
alter table tasks add column app_id text;
alter table tasks add column user_id text;
alter table tasks add column project_id text;
-- Who works on it, and the number of that try: an answer of an earlier try is refused.
alter table tasks add column claimed_by text;
alter table tasks add column attempt integer not null default 0 check (attempt >= 0);
-- Until when a running task counts as alive; a heartbeat moves it on.
alter table tasks add column lease_until integer;
alter table tasks add column metadata text not null default '{}'
  check (json_valid(metadata) and json_type(metadata) = 'object');

drop index tasks_running;
create index tasks_by_lease         on tasks (lease_until, id) where status = 'running';
create index tasks_by_due           on tasks (run_after, id) where status = 'pending';
create index tasks_by_claimer       on tasks (claimed_by, id) where status = 'running';
create index tasks_by_owner_queue   on tasks (app_id, user_id, status, priority desc, submitted_at, id, agent_type) where app_id is not null;
create index tasks_by_project_queue on tasks (project_id, status, priority desc, submitted_at, id, agent_type) where project_id is not null;
create index tasks_by_owner         on tasks (app_id, user_id, submitted_at, id) where app_id is not null;
create index tasks_by_project       on tasks (project_id, submitted_at, id) where project_id is not null;

alter table agents add column app_id text;
alter table agents add column user_id text;
alter table agents add column project_id text;

create index agents_by_owner     on agents (app_id, user_id, spawned_at, id) where app_id is not null;
create index agents_by_project   on agents (project_id, spawned_at, id) where project_id is not null;
create index agents_by_heartbeat on agents (heartbeat_at, id) where state <> 'terminated';
