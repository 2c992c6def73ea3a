-- What resources are found by beside terms, strings and dates: docs/decisions/0009-references-and-reindexing.md.
-- parameter is a 63-bit hash of `Type.param` (parameterKey in packages/store/terms.ts). It holds the type of the resource
-- that has the value, so that no table needs a column for it. Values of the resource's current version only; a deleted
-- resource has none. Everything that is a matter of equality stays a term of the row and a posting: tokens, references,
-- foreign URLs, uris (as urlTerm), `identifier:of-type` (ofTypeTerm, not posted: its value is posted as a code).

-- A reference to a resource of this server, by any reference parameter, to patients too; target is the target's rid.
create table reference_index (
  rid bigint not null,
  parameter bigint not null,
  target bigint not null,
  primary key (rid, parameter, target)
);
create index reference_index_by_target on reference_index (target, parameter, rid);

-- Numbers. The range [low, high) is that of the precision written, or of the Range in the resource.
create table number_index (
  rid bigint not null,
  parameter bigint not null,
  value double precision not null,
  low double precision not null,
  high double precision not null
);
create index number_index_by_resource on number_index (rid, parameter);
create index number_index_by_value on number_index (parameter, low, high, rid);

-- Quantities, as written and in the base units of UCUM. system, code and printed are quantityTextKey of the text, null
-- where it is empty. unit is the unitKey of the base units, or of system and code where UCUM does not know the unit;
-- then the base values are those written. Two quantities can be compared when their unit is the same.
create table quantity_index (
  rid bigint not null,
  parameter bigint not null,
  value double precision not null,
  low double precision not null,
  high double precision not null,
  system bigint,
  code bigint,
  printed bigint,
  unit bigint not null,
  base_value double precision not null,
  base_low double precision not null,
  base_high double precision not null
);
create index quantity_index_by_resource on quantity_index (rid, parameter);
create index quantity_index_by_value on quantity_index (parameter, unit, base_low, base_high, rid);

-- Uris, for :above, :below and sorting; equality is a term.
create table uri_index (
  rid bigint not null,
  parameter bigint not null,
  uri text collate "C" not null
);
create index uri_index_by_resource on uri_index (rid, parameter);
create index uri_index_by_text on uri_index (parameter, left(uri, 128), rid);

-- The texts and displays that `:text` of a token parameter looks through. They are few and stand in many resources:
-- each is kept once, and a resource that has it has the term (textTerm, not posted). Texts stay when no resource is left.
create table text_value (
  term bigint primary key,
  parameter bigint not null,
  folded text collate "C" not null
);
create index text_value_by_text on text_value (parameter, left(folded, 128), term);

-- WGS84 degrees.
create table position_index (
  rid bigint not null,
  parameter bigint not null,
  latitude double precision not null,
  longitude double precision not null
);
create index position_index_by_resource on position_index (rid, parameter);
create index position_index_by_place on position_index (parameter, latitude, longitude, rid);

-- Composites: a row for each element that one speaks of. Arrays by component, 1…n, null where the component is of another
-- kind, the whole array null where none is of that kind. terms holds everything that is compared for equality, made with
-- the parameter name `param$1`, `param$2`… (componentParam): tokens, references and uris as for a parameter of their own;
-- of a quantity codeTerm of its code and of its printed unit, systemTerm, tokenTerm, and baseUnitTerm. low, high and value
-- are those of numbers, quantities and dates (epoch milliseconds, [low, high), value = low); base_* those of quantities.
-- Where a component has several ranges or texts, there is a row for each.
create table composite_index (
  rid bigint not null,
  parameter bigint not null,
  terms bigint[] not null,
  value double precision[],
  low double precision[],
  high double precision[],
  base_value double precision[],
  base_low double precision[],
  base_high double precision[],
  folded text[] collate "C",
  text text[] collate "C"
);
create index composite_index_by_resource on composite_index (rid, parameter);

-- The patients of a record that is shared by several; null where owner says it all: one, or nobody.
alter table resource add column owners text[] collate "C";
alter table resource_history add column owners text[] collate "C";

-- What gives a resource its owner, where that is another resource: the targets of a Provenance, the security context of a
-- Binary. target is a rid, or 0 for what can never give one; one such row, and the resource is nobody's.
create table owned_through (
  rid bigint not null,
  target bigint not null,
  primary key (target, rid)
);
create index owned_through_by_resource on owned_through (rid);

-- Resources that are known by a canonical url (FHIR R4 references.html#canonical). key is canonicalKey of type, url and
-- version ('' where there is none): held once. by_url is canonicalKey of type and url.
create table canonical (
  key bigint primary key,
  rid bigint not null unique,
  by_url bigint not null,
  version text collate "C" not null,
  status text collate "C" not null
);
create index canonical_by_url on canonical (by_url);

-- Which search parameters the resources of each type are all indexed by: `{"code": "fingerprint"}`. A type without a row
-- that has resources was indexed before there were fingerprints. While a pass is under way: what it makes of parameters,
-- and how far it has come in the order of (last_updated, rid).
create table type_index (
  type text collate "C" primary key,
  parameters jsonb not null default '{}',
  pending jsonb,
  after_update bigint,
  after_rid bigint,
  done bigint not null default 0,
  total bigint not null default 0,
  changed_at timestamptz not null default now()
);

-- Counts the changes of what resources are indexed by. Whoever writes says by which count it indexes.
create table index_generation (
  only_row boolean primary key default true check (only_row),
  generation integer not null
);
insert into index_generation (generation) values (1);

-- Every write calls this before anything else. The lock is held to the end of the transaction, by all writes together, but
-- by one alone that changes what is indexed or whom a resource belongs to through another: so nobody writes by what is no
-- longer so. `alone`: the rid of a resource that is written by one statement, which cannot set others right after it.
-- Each statement of a volatile function sees what was committed before that statement.
create function begin_write(expected integer, alone bigint) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(-1);
  if expected <> (select generation from index_generation) then
    raise exception 'The search parameters have changed.' using errcode = 'AF001';
  end if;
  if alone is not null and exists (select from owned_through where target = alone) then
    raise exception 'Other resources have their owner through this one.' using errcode = 'AF002';
  end if;
end
$$;
