-- Proofs of possession (RFC 9449) and authorization requests that apps push (RFC 9126).

-- Proofs that were used, until they are dead by themselves: `id` is a hash of their key and their `jti`.
create table used_proof (
  id bytea primary key,
  expires_at timestamptz not null
);
create index used_proof_by_end on used_proof (expires_at);

-- Requests that wait for a browser to bring their reference, of which `id` is a hash. Taken out by whoever brings it first.
create table pushed_request (
  id bytea primary key,
  client_id text collate "C" not null,
  -- readable only with the reference itself
  parameters bytea not null,
  -- a hash of what is counted, for apps that anybody can claim to be; null for those that prove who they are
  bucket bytea,
  expires_at timestamptz not null
);
create index pushed_request_by_end on pushed_request (expires_at);
create index pushed_request_by_bucket on pushed_request (bucket) where bucket is not null;

alter table refresh_token
  -- thumbprint of the key to whose holder it is bound
  add column jkt text collate "C";
