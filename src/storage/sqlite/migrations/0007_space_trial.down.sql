alter table embedding_spaces drop column tried_with;
alter table embedding_spaces drop column found;
