-- Chunks go first, so that their triggers take them out of the full text.
delete from document_chunks;
drop table document_chunks;
drop table documents;
drop table document_folders;
