-- What the last sync of a folder could not index: the first files with the reason, and how many there were.
alter table document_folders add column skipped text not null default '[]'
  check (json_valid(skipped) and json_type(skipped) = 'array');
alter table document_folders add column skipped_count integer not null default 0 check (skipped_count >= 0);
