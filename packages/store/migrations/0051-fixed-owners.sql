-- A Patient is its own record, stored or not: then the target says by itself whose it is.
alter table owned_through add column owner text collate "C";
