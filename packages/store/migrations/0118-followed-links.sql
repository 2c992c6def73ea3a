-- Links that follow the index of persons, beside those that somebody has stated (docs/decisions/0033-who-somebody-is.md).

alter table patient_at_server add column origin text collate "C" not null default 'stated'
  check (origin in ('stated', 'index'));
alter table practitioner_at_server add column origin text collate "C" not null default 'stated'
  check (origin in ('stated', 'index'));

-- Links that somebody has taken back: the index does not make them again.
create table link_taken_back (
  type text collate "C" not null check (type in ('Patient', 'Practitioner')),
  id text collate "C" not null,
  base text collate "C" not null,
  there text collate "C" not null,
  at timestamptz not null default clock_timestamp(),
  primary key (type, id, base, there)
);
