alter table document_folders drop column skipped_count;
alter table document_folders drop column skipped;
