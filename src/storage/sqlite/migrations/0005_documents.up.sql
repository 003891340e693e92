-- Markdown files on disk: what is here is an index of them, and can be made again.

create table document_folders (
  id         text    not null primary key check (length(id) between 1 and 200),
  namespace  text    not null check (instr(namespace, ':') > 1),
  root       text    not null check (length(root) > 0),
  -- Device and inode of the folder when it was last read: another disk may be mounted there, or none.
  identity   text    not null,
  synced_at  integer,
  error      text,
  created_at integer not null,
  unique (namespace, root)
) strict;

create index document_folders_by_root on document_folders (root, namespace);

-- `path` is relative to the folder, with / between its parts.
create table documents (
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

create index documents_by_namespace on documents (namespace, folder_id, path);
create index documents_by_path      on documents (path, namespace, folder_id);
create index documents_failed       on documents (namespace, folder_id, path) where status = 'failed';

-- Lines count from 1, both included. `heading` is the way to the chunk: Guide > Install.
create table document_chunks (
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

create trigger document_chunks_unindex after delete on document_chunks begin
  delete from search_items where kind = 'document' and ref = old.id;
end;
