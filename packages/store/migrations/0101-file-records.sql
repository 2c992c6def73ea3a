-- Records that came as files, HL7 v2 messages and CSV extracts (docs/decisions/0030-records-from-files.md).
-- Instants are epoch milliseconds. Text is compared by bytes.

-- The current version of each resource.
create table file_record (
  -- name of the resource server behind which it is
  server text collate "C" not null,
  type text collate "C" not null,
  id text collate "C" not null,
  version integer not null,
  updated_at bigint not null,
  -- when the sender said it; 0: nobody has yet, it was only spoken of
  said_at bigint not null,
  -- the whole extract that it came in, and is gone with when it is no longer in it
  extract text collate "C",
  -- of the content, without version and instant
  digest text collate "C" not null,
  -- the patient whose record it is, where it is one patient's
  owner text collate "C",
  -- range of the `date` search parameter; null where it has none
  starts bigint,
  ends bigint,
  method text collate "C" not null check (method in ('POST', 'PUT', 'DELETE')),
  -- the JSON text as it leaves, which a deleted one keeps of its last content
  body text not null,
  primary key (server, type, id)
);
create index file_record_of_extract on file_record (server, extract, type, id) where extract is not null;

-- The versions before the current one. A deletion has no body.
create table file_record_version (
  server text collate "C" not null,
  type text collate "C" not null,
  id text collate "C" not null,
  version integer not null,
  updated_at bigint not null,
  method text collate "C" not null check (method in ('POST', 'PUT', 'DELETE')),
  body text,
  primary key (server, type, id, version)
);

-- What current versions are found by: `Type/id` of references, codes of a few tokens, names, folded.
create table file_record_key (
  server text collate "C" not null,
  type text collate "C" not null,
  param text collate "C" not null,
  key text collate "C" not null,
  id text collate "C" not null,
  primary key (server, type, param, key, id)
);
create index file_record_key_of on file_record_key (server, type, id);

-- Which messages were taken, each in the transaction that applied it.
create table file_receipt (
  server text collate "C" not null,
  -- sending application and facility
  sender text collate "C" not null,
  control_id text collate "C" not null,
  digest text collate "C" not null,
  received_at timestamptz not null default now(),
  primary key (server, sender, control_id)
);
