alter table embedding_spaces drop column tried_to;
