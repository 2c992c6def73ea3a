-- The keys that sign tokens, each with its times (docs/decisions/0023-identity-told-apart.md). By the clock of the database:
-- next until signs_from, active until signs_until, retired until published_until. Then it is in no key set any more.

create table signing_key (
  kid text collate "C" primary key,
  -- `id-token`, `id-token-es256`, `access-token`
  use text collate "C" not null,
  alg text not null,
  -- null once it signs nothing any more: what is not kept cannot be stolen
  private_jwk jsonb,
  public_jwk jsonb not null,
  published_at timestamptz not null,
  signs_from timestamptz not null,
  -- null: until another is made
  signs_until timestamptz,
  published_until timestamptz,
  -- taken out at once, because somebody else may have it: nothing that it signed counts
  withdrawn_at timestamptz
);
create index signing_key_by_use on signing_key (use, signs_from);

insert into signing_key (kid, use, alg, private_jwk, public_jwk, published_at, signs_from)
  select jwk->>'kid', use, jwk->>'alg', jwk, jwk - array['d', 'p', 'q', 'dp', 'dq', 'qi'], created_at, created_at
  from authorization_key where use in ('id-token', 'access-token');
delete from authorization_key where use in ('id-token', 'access-token');

-- What was asked for by name with the `claims` parameter, and the very identifiers that a person saw and allowed
-- (OIDC Core 1.0 §5.5).
alter table authorization_grant
  add column requested_claims text,
  add column identifiers jsonb;
