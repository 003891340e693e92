-- Sessions get branches, memories get origins.

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
