-- How far searches may trust the vectors of a space: how many texts of the store are found by their own other half.
alter table embedding_spaces add column found real check (found between 0 and 1);

-- How many vectors there were when that was tried. It is tried again when there are four times as many.
alter table embedding_spaces add column tried_with integer not null default 0 check (tried_with >= 0);
