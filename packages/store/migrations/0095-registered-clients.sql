-- Apps that have registered themselves (RFC 7591, RFC 7592; docs/decisions/0021-registered-clients.md). Secrets and tokens
-- are kept as SHA-256 only: whoever reads these tables can present none of them.

create table registered_client (
  client_id text collate "C" primary key,
  -- as it was sent and found in order, without any secret; what holds of it depends on the status
  metadata jsonb not null,
  -- pending: nobody has looked at it; listed: somebody vouches for it; suspended: it may do nothing;
  -- removed: it is gone, and its grants are being ended
  status text collate "C" not null check (status in ('pending', 'listed', 'suspended', 'removed')),
  -- what it was before it was suspended
  resumes_as text collate "C",
  -- who makes it, as the people who run the domain have found out
  publisher text,
  secret bytea,
  -- the secret before it, until clients have changed over
  earlier_secret bytea,
  earlier_secret_until timestamptz,
  registration_token bytea not null,
  earlier_registration_token bytea,
  earlier_registration_until timestamptz,
  -- `open`, `statement`, or the id of an initial access token
  admitted_by text not null,
  -- true: its grants are to be ended, by whoever comes to it
  ending boolean not null default false,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
create index registered_client_pending on registered_client (created_at) where status = 'pending';
create index registered_client_ending on registered_client (client_id) where ending;

-- From where browser apps speak to us.
create table registered_client_origin (
  origin text collate "C" not null,
  client_id text collate "C" not null references registered_client on delete cascade,
  primary key (origin, client_id)
);
create index registered_client_origin_by_client on registered_client_origin (client_id);

create table initial_access_token (
  id uuid primary key,
  token bytea not null unique,
  -- for whom it was made
  note text not null,
  -- all that an app registered with it may ever ask for; null: anything but system/
  scope text,
  uses_left integer not null check (uses_left >= 0),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index initial_access_token_by_end on initial_access_token (expires_at);

create index authorization_grant_by_client on authorization_grant (client_id, id) where ended_at is null;
