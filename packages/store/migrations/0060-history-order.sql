-- History of a type, newest first: current versions stand in resource_by_update, deletions and earlier versions here.
create index resource_by_deletion on resource (type, last_updated, rid) where deleted;
create index resource_history_by_update on resource_history (type, last_updated, rid, version);
