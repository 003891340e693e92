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
drop index tasks_by_queue;
create index tasks_by_queue on tasks (status, priority desc, submitted_at, id);
create index tasks_running on tasks (updated_at) where status = 'running';

alter table tasks drop column metadata;
alter table tasks drop column lease_until;
alter table tasks drop column attempt;
alter table tasks drop column claimed_by;
alter table tasks drop column project_id;
alter table tasks drop column user_id;
alter table tasks drop column app_id;

drop index events_with_delta;
