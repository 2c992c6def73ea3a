-- Access tokens that are references, and the ids of patients on other servers (docs/decisions/0020-tokens-by-reference-and-several-servers.md).

-- What a token of this kind stands for. The token itself is nowhere: only its SHA-256.
create table access_token (
  token bytea primary key,
  -- as a signed token would carry them
  claims jsonb not null,
  -- null: of a backend service, which acts under no grant
  grant_id text collate "C" references authorization_grant on delete cascade,
  expires_at timestamptz not null
);
create index access_token_by_grant on access_token (grant_id) where grant_id is not null;
create index access_token_by_end on access_token (expires_at);

-- Under which id another FHIR server of the domain knows a patient: a record there is of one patient here, and the other way.
create table patient_at_server (
  patient text collate "C" not null,
  -- FHIR base, without a last slash
  base text collate "C" not null,
  local_patient text collate "C" not null,
  recorded_at timestamptz not null default now(),
  primary key (patient, base),
  unique (base, local_patient)
);
