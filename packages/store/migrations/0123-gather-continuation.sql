-- Where an answer that is gathered from several servers goes on: for each page link that was given, the servers' own links and the
-- ids that were taken already. Nothing of a record. Rows are read by their key alone and deleted when their time is over.
create table gather_continuation (
  id uuid primary key,
  place jsonb not null,
  ends_at timestamptz not null
);
create index on gather_continuation (ends_at);
