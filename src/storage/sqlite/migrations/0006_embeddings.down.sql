drop trigger search_items_forget;
drop table embedding_jobs;
drop table embedding_vectors;
drop table embedding_codes;
drop table embedding_spaces;
