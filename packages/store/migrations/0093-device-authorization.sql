-- Devices without a browser that wait for somebody to allow them, elsewhere (RFC 8628).

create table device_authorization (
  id uuid primary key,
  -- SHA-256 of 256 random bits
  device_code bytea not null unique,
  -- HMAC under a key of the domain: so short a code could be guessed from a plain hash
  user_code bytea not null unique,
  client_id text collate "C" not null,
  scope text not null,
  -- base of the resource server
  audience text not null,
  -- codes of v3-ActReason, separated by a space
  purpose text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- seconds that the device has to wait between two questions: more each time that it asked too soon
  poll_seconds integer not null,
  polled_at timestamptz,
  -- of the one person who decided, and once
  decision text check (decision in ('allowed', 'refused')),
  decided_at timestamptz,
  -- absent where the code was refused by somebody who did not sign in
  decided_by uuid,
  grant_id text collate "C",
  -- of the sign-in in which it was allowed: auth_time, session, acr, amr
  sign_in jsonb,
  -- when the tokens were given
  consumed_at timestamptz
);
create index device_authorization_by_end on device_authorization (expires_at);
