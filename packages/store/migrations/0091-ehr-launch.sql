-- Launches from a record system (SMART App Launch 2.2, EHR launch; docs/decisions/0017-ehr-launch.md). Of a handle only its
-- SHA-256 is kept.

create table ehr_launch (
  handle bytea primary key,
  -- client_id of the app that may use it, and of the record system that asked for it
  client_id text collate "C" not null,
  ehr text collate "C" not null,
  -- who is signed in to the record system
  sub uuid not null references person on delete cascade,
  -- FHIR base
  audience text not null,
  patient text collate "C",
  -- encounter, fhirContext, intent, tenant, need_patient_banner, smart_style_url: as the token response says them
  context jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- set once, together with the grant that came of it
  used_at timestamptz,
  grant_id text collate "C",
  -- SHA-256 of the interaction in which the person allowed it: a second click there is not a second use
  used_in bytea
);
create index ehr_launch_by_end on ehr_launch (expires_at);

-- Styles of record systems, by the hash of their content: what is at an address never changes.
create table launch_style (
  digest text collate "C" primary key,
  body text not null,
  used_at timestamptz not null
);
create index launch_style_by_use on launch_style (used_at);

-- It came of a launch: what made it legal is that the person reaches the record, and that is asked again (C32).
alter table authorization_grant add column launched boolean not null default false;
