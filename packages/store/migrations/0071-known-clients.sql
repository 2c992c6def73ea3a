-- The apps as they were declared when the domain last started, so that a new or a changed one is recorded. The digest is
-- keyed with a secret of the domain: whoever reads it learns nothing of a client's secret.
create table known_client (
  client_id text collate "C" primary key,
  digest text collate "C" not null
);
