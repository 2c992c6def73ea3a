-- Who is who over the servers of the domain (docs/decisions/0032-the-index-of-persons.md). A record is a Patient of the
-- identity server; what is said of it here is made of that resource, and of what stewards decide.

-- A human being. Whoever was merged into another keeps a row, so that old ids still lead to the survivor.
create table indexed_person (
  id text collate "C" primary key,
  survivor text collate "C" references indexed_person (id),
  made_at timestamptz not null default clock_timestamp()
);
create index indexed_person_by_survivor on indexed_person (survivor) where survivor is not null;

-- Where a record is from. A source that sends its records itself has none.
create table person_place (
  record text collate "C" primary key,
  -- FHIR base, without a last slash
  base text collate "C" not null,
  patient text collate "C" not null,
  unique (base, patient)
);

create table person_record (
  record text collate "C" primary key,
  person text collate "C" not null references indexed_person (id),
  -- in use; one that its source has replaced by another is not
  active boolean not null,
  -- by which other record its source has replaced it
  replaced_by text collate "C"
);
create index person_record_by_person on person_record (person);

create table person_identifier (
  system text collate "C" not null,
  value text collate "C" not null,
  record text collate "C" not null references person_record (record) on delete cascade,
  primary key (system, value, record)
);
create index person_identifier_by_record on person_identifier (record);

-- Pairs of records that somebody has said are of different people: it holds for ever, also for a record that comes back.
create table person_different (
  one text collate "C" not null,
  other text collate "C" not null,
  said_by text not null,
  why text not null,
  said_at timestamptz not null default clock_timestamp(),
  primary key (one, other),
  check (one < other)
);
create index person_different_by_other on person_different (other);

-- Pairs that may be of one human being, for a steward.
create table person_review (
  id bigint generated always as identity primary key,
  one text collate "C" not null,
  other text collate "C" not null,
  score double precision not null,
  reasons jsonb not null,
  -- which of the two has changed, where they are of one person already and it is doubted
  doubted text collate "C",
  state text not null default 'waiting' check (state in ('waiting', 'same', 'different', 'withdrawn')),
  raised_at timestamptz not null default clock_timestamp(),
  decided_at timestamptz,
  decided_by text,
  why text,
  unique (one, other),
  check (one < other)
);
create index person_review_waiting on person_review (score desc, id) where state = 'waiting';
create index person_review_by_other on person_review (other);

-- What was done, by whom and why: rows are only ever added.
create table person_event (
  event bigint generated always as identity primary key,
  kind text not null check (kind in ('link', 'unlink', 'merge', 'unmerge', 'different')),
  at timestamptz not null default clock_timestamp(),
  done_by text not null,
  why text not null,
  score double precision,
  from_person text collate "C",
  to_person text collate "C",
  records text[] collate "C" not null
);
create index person_event_by_from on person_event (from_person, event);
create index person_event_by_to on person_event (to_person, event);

-- Records that have changed and are not linked anew yet: written with the record itself, so that none is forgotten.
create table person_pending (
  change bigint generated always as identity primary key,
  record text collate "C" not null
);
create function note_patient_record() returns trigger language plpgsql set search_path from current as $$
begin
  insert into person_pending (record) values (new.id);
  return null;
end
$$;

-- Changes of the home that the identity server has not taken over yet, in the order in which they were made.
create table identity_feed (
  change bigint generated always as identity primary key,
  type text collate "C" not null,
  id text collate "C" not null
);
create function note_identity_feed() returns trigger language plpgsql set search_path from current as $$
begin
  insert into identity_feed (type, id) values (new.type, new.id);
  return null;
end
$$;
create trigger identity_fed after insert or update on resource for each row
  when (new.type in ('Patient', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService',
    'OrganizationAffiliation', 'Endpoint'))
  execute function note_identity_feed();
insert into identity_feed (type, id)
  select type, id from resource where not deleted and type in ('Patient', 'Practitioner', 'PractitionerRole',
    'Organization', 'Location', 'HealthcareService', 'OrganizationAffiliation', 'Endpoint');

-- How far the servers that are asked again and again have been read.
create table identity_source (
  base text collate "C" not null,
  type text collate "C" not null,
  -- newest last update that was taken over
  updated_to text,
  -- when everything was read last
  swept_at timestamptz,
  primary key (base, type)
);

-- Where the providers that were read from a server are from, so that those which it has no more can be removed.
create table provider_place (
  record text collate "C" primary key,
  base text collate "C" not null,
  type text collate "C" not null,
  id text collate "C" not null,
  unique (base, type, id)
);
