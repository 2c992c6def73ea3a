-- Why a grant was given, who may declare an emergency and who may label records anew, and what the people who run the
-- domain have to look at: docs/guides/access.md.

-- Code of v3-ActReason that was asked for and allowed; null: the one that follows from who asks.
alter table authorization_grant add column purpose text collate "C";

alter table person
  -- may declare an emergency for one patient at a time
  add column emergency boolean not null default false,
  -- may make a record less confidential, or more
  add column relabel boolean not null default false;

-- What somebody has to look at. It holds ids and never a name; what was said stands in the audit log.
create table alert (
  -- uuid v7, in the order of time
  id uuid primary key,
  kind text collate "C" not null,
  -- what it is about: raised again while it is open, it is counted and not repeated
  key text collate "C" not null,
  raised_at timestamptz not null,
  last_raised_at timestamptz not null,
  count integer not null default 1 check (count > 0),
  -- subject at the issuer
  person text collate "C",
  client text collate "C",
  -- bare id
  patient text collate "C",
  detail text,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text,
  check ((acknowledged_at is null) = (acknowledged_by is null) and (acknowledged_at is null) = (note is null))
);
create unique index alert_open on alert (kind, key) where acknowledged_at is null;
