-- What the authorization server remembers (docs/decisions/0006-oidc-provider-traps.md). Codes, tokens, cookies and
-- assertion ids are kept as SHA-256 only: whoever reads these tables can present none of them.

create table person (
  -- subject at the issuer: opaque, never given to another person
  sub uuid primary key,
  -- in lower case, NFKC
  username text collate "C" not null unique,
  -- argon2id as a PHC string
  password_hash text not null,
  name text not null,
  -- `Patient/12`, `Practitioner/3`, or an absolute URL
  fhir_user text,
  -- runs the domain; gives no right to any record
  administrator boolean not null default false,
  disabled_at timestamptz,
  created_at timestamptz not null default now()
);

-- For whom a person may act, as what, and from when until when.
create table person_patient (
  sub uuid not null references person on delete cascade,
  patient text collate "C" not null,
  relation text not null,
  starts_at timestamptz not null default '-infinity',
  ends_at timestamptz not null default 'infinity',
  primary key (sub, patient)
);

-- Failed sign-ins per account, address and altogether; `bucket` is a hash of what is counted.
create table sign_in_failure (
  bucket bytea primary key,
  failures integer not null,
  window_ends timestamptz not null
);
create index sign_in_failure_by_end on sign_in_failure (window_ends);

-- Browsers in which a person has signed in before: they keep a count of their own, which nobody else can use up.
create table known_browser (
  cookie bytea primary key,
  sub uuid not null references person on delete cascade,
  expires_at timestamptz not null
);
create index known_browser_by_end on known_browser (expires_at);

-- Private keys as JWK, one for each use.
create table authorization_key (
  use text primary key,
  jwk jsonb not null,
  created_at timestamptz not null default now()
);

-- What a person allowed an app, until when. It is made by the consent and ends for all its tokens at once.
create table authorization_grant (
  id text collate "C" primary key,
  sub uuid not null references person on delete cascade,
  client_id text collate "C" not null,
  -- base of the resource server
  audience text not null,
  -- what the app asked for and may be given, and what the person granted
  requested_scope text not null,
  scope text not null,
  patient text collate "C",
  -- v3-Confidentiality beyond N that the person let the app see
  clearance text,
  -- false: the app may not go on once its access token ends
  lasting boolean not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- when the first code was redeemed; null while the app has no token
  redeemed_at timestamptz,
  last_used_at timestamptz,
  ended_at timestamptz,
  ended_reason text,
  -- of the sign-in, repeated in later id_tokens
  auth_time bigint
);
create index authorization_grant_by_person on authorization_grant (sub, client_id, created_at);
create index authorization_grant_by_end on authorization_grant (expires_at);

-- State of oidc-provider: sessions, interactions, codes, its marks of consent. `id` is a hash of what is presented.
create table authorization_state (
  model text collate "C" not null,
  id bytea not null,
  payload jsonb not null,
  grant_id text collate "C",
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (model, id)
);
create index authorization_state_by_grant on authorization_state (grant_id) where grant_id is not null;
create index authorization_state_by_end on authorization_state (expires_at);

create table refresh_token (
  token bytea primary key,
  grant_id text collate "C" not null references authorization_grant on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  -- the answer that its first use got, readable only with the token itself, for honest callers who ask at the same time
  answer bytea
);
create index refresh_token_by_grant on refresh_token (grant_id);
create index refresh_token_by_end on refresh_token (expires_at);

-- Ids of client assertions that were used, until they expire by themselves.
create table used_assertion (
  id bytea primary key,
  expires_at timestamptz not null
);
create index used_assertion_by_end on used_assertion (expires_at);
