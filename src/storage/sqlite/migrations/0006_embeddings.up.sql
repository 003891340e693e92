-- Vectors of the things that search can find. Those of different spaces never mix.

-- An id never repeats: other processes hold vectors of a space in memory by it.
create table embedding_spaces (
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
  activated_at    integer,
  check (state = 'filling' or activated_at is not null)
) strict;

create unique index embedding_spaces_active  on embedding_spaces (state) where state = 'active';
create unique index embedding_spaces_filling on embedding_spaces (state) where state = 'filling';

-- One row for the last change of each vector: its code, small enough to be held in memory, or none when it is gone.
-- `change_seq` never repeats, so that other processes read on from the last they know.
create table embedding_codes (
  change_seq integer primary key autoincrement,
  item       integer not null,
  space_id   integer not null references embedding_spaces (id) on delete cascade,
  -- The first 16 bytes of the SHA-256 of the text: equal texts are embedded once.
  text_hash  blob    check (length(text_hash) = 16),
  code       blob,
  check ((code is null) = (text_hash is null)),
  unique (space_id, item)
) strict;

create index embedding_codes_by_text on embedding_codes (space_id, text_hash) where text_hash is not null;
create index embedding_codes_gone    on embedding_codes (change_seq) where code is null;

-- Unit vectors: float32, little-endian.
create table embedding_vectors (
  change_seq integer primary key references embedding_codes (change_seq) on delete cascade,
  vector     blob    not null check (length(vector) > 0 and length(vector) % 4 = 0)
) strict;

-- What has no vector yet. A job is written with what it describes, by the code that does: a trigger here would make every
-- insert into search_items a statement of several writes, before which FTS5 writes out all it holds in memory.
create table embedding_jobs (
  space_id   integer not null references embedding_spaces (id) on delete cascade,
  item       integer not null,
  attempts   integer not null default 0 check (attempts >= 0),
  -- Null: it cannot be embedded, and `last_error` says why.
  run_after  integer,
  last_error text,
  primary key (space_id, item),
  check (run_after is not null or last_error is not null)
) strict, without rowid;

create index embedding_jobs_by_due on embedding_jobs (space_id, run_after, item);

-- There are few spaces, so each is asked for the item, and no index by item is needed.
create trigger search_items_forget after delete on search_items when exists (select 1 from embedding_spaces) begin
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
