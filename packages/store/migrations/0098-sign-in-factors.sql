-- How somebody proves to be who they are, beside a password (docs/decisions/0024-sign-in.md). What is presented is kept as
-- SHA-256 only; the secret of one-time codes, which has to be known to check one, is sealed.

-- Null: the person signs in with a passkey or elsewhere.
alter table person alter column password_hash drop not null;

-- RFC 6238
create table totp (
  sub uuid primary key references person on delete cascade,
  -- AES-256-GCM under a key of the domain
  secret bytea not null,
  created_at timestamptz not null,
  -- null: nobody has shown yet that their device makes the right codes, so none is asked for
  confirmed_at timestamptz,
  -- the latest step of time whose code was used: neither it nor an earlier one is taken again
  last_step bigint not null default 0
);

create table recovery_code (
  sub uuid not null references person on delete cascade,
  code bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (sub, code)
);

-- WebAuthn Level 3 §4, credential record
create table passkey (
  -- credential id, base64url
  id text collate "C" primary key,
  sub uuid not null references person on delete cascade,
  -- COSE
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  -- it cannot leave the device that made it
  device_bound boolean not null,
  name text not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkey_by_person on passkey (sub);

-- Challenges that were answered, until they expire by themselves.
create table used_challenge (
  id bytea primary key,
  expires_at timestamptz not null
);
create index used_challenge_by_end on used_challenge (expires_at);

-- Whom an external OpenID provider means, by issuer and subject and by nothing else. A row is made by a proof alone.
create table federated_identity (
  issuer text collate "C" not null,
  subject text collate "C" not null,
  sub uuid not null references person on delete cascade,
  -- id of the provider in the settings
  provider text not null,
  -- how it was proved: an account of ours, or an invitation
  proof text not null check (proof in ('account', 'invitation')),
  linked_at timestamptz not null,
  last_used_at timestamptz,
  primary key (issuer, subject)
);
create index federated_identity_by_person on federated_identity (sub);

-- Sign-ins that are under way at an external provider. `id` is a hash of the cookie of the browser that began it.
create table federation_request (
  id bytea primary key,
  provider text not null,
  expires_at timestamptz not null
);
create index federation_request_by_end on federation_request (expires_at);

-- What staff give a patient or a practitioner so that a sign-in elsewhere becomes theirs.
create table proofing_invitation (
  code bytea primary key,
  -- bare id: one of the two
  patient text collate "C",
  practitioner text collate "C",
  name text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  -- for whom
  sub uuid references person on delete cascade,
  check ((patient is null) <> (practitioner is null))
);
create index proofing_invitation_by_end on proofing_invitation (expires_at);
