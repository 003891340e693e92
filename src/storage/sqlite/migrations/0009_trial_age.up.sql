-- The last change of vectors when a space was tried: it is tried again when as many came since as there were.
alter table embedding_spaces add column tried_to integer not null default 0 check (tried_to >= 0);
