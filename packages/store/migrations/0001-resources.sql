-- What the store keeps of FHIR resources and how they are found: docs/decisions/0002-table-layout.md.
-- rid is a 63-bit hash of `Type/id`, terms are 63-bit hashes of what a resource is found by (packages/store/terms.ts).
-- Instants are epoch milliseconds. Text is compared by bytes.

-- The current version of each resource. A deleted one keeps the facts of its last content, by which it is judged.
create table resource (
  rid bigint primary key,
  last_updated bigint not null,
  -- start of the `date` search parameter; where there is none, last_updated
  occurred bigint not null,
  -- end of it; null where the resource has no such date or several
  occurred_end bigint,
  version integer not null,
  confidentiality smallint not null,
  deleted boolean not null,
  method text collate "C" not null check (method in ('POST', 'PUT', 'DELETE')),
  type text collate "C" not null,
  id text collate "C" not null,
  -- the patient whose record it is, where it is one patient's alone
  owner text collate "C",
  -- the patients under whom compartment holds it
  patients text[] collate "C" not null,
  terms bigint[] not null,
  -- the JSON text as it leaves; null when deleted
  body text
);
-- Bodies stand beside the heap, so that counting and filtering read narrow rows.
alter table resource set (toast_tuple_target = 128);
alter table resource alter column body set storage external;
alter table resource alter column terms set storage main;
alter table resource alter column patients set storage main;
create index resource_by_occurred on resource (type, occurred, rid) where not deleted;
create index resource_by_update on resource (type, last_updated, rid) where not deleted;

-- The versions before the current one, each with the facts of its own content.
create table resource_history (
  rid bigint not null,
  version integer not null,
  last_updated bigint not null,
  confidentiality smallint not null,
  method text collate "C" not null,
  type text collate "C" not null,
  id text collate "C" not null,
  owner text collate "C",
  terms bigint[] not null,
  body text,
  primary key (rid, version)
);
alter table resource_history set (toast_tuple_target = 128);
alter table resource_history alter column body set storage external;
alter table resource_history alter column terms set storage main;

-- A row for each patient that a resource points to by any search parameter, or whose compartment it is in.
create table compartment (
  rid bigint not null,
  occurred bigint not null,
  occurred_end bigint,
  last_updated bigint not null,
  confidentiality smallint not null,
  patient text collate "C" not null,
  type text collate "C" not null,
  owner text collate "C",
  terms bigint[] not null,
  primary key (patient, type, occurred, rid)
);
alter table compartment alter column terms set storage main;

-- Which resources have a term, newest first: searches over everybody.
create table posting (
  term bigint not null,
  occurred bigint not null,
  rid bigint not null,
  primary key (term, occurred, rid)
);

-- String search parameters; folded is lower case without accents (core/fhir/search-index.ts).
create table string_index (
  rid bigint not null,
  parameter text collate "C" not null,
  folded text collate "C" not null,
  text text collate "C" not null
);
create index string_index_by_text on string_index (parameter, left(folded, 128), rid);
create index string_index_by_resource on string_index (rid, parameter);

-- Date search parameters. A range is [start_at, end_at).
create table date_index (
  rid bigint not null,
  parameter text collate "C" not null,
  start_at bigint not null,
  end_at bigint not null,
  primary key (rid, parameter, start_at, end_at)
);
create index date_index_by_date on date_index (parameter, start_at, end_at, rid);
