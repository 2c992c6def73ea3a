-- Grants that have ended, for as long as access tokens of theirs could still be valid. Resource servers follow it.
create table ended_grant (
  grant_id text primary key,
  reason text not null,
  ended_at timestamptz not null default now(),
  -- when the last access token of the grant has expired
  expires_at timestamptz not null,
  -- The transaction that wrote the row. A sequence becomes visible out of order when transactions overlap, so that a
  -- follower that remembers the highest number misses the lower one that commits later; a transaction id together with
  -- the oldest one still running does not.
  written_by xid8 not null default pg_current_xact_id()
);
create index ended_grant_written_by on ended_grant (written_by);
create index ended_grant_expires_at on ended_grant (expires_at);
