-- Beside the resources of the locator, in its schema: what was said of each entry last, and what has changed
-- (docs/decisions/0034-the-record-locator.md). May be run again.
create table if not exists location (
  type text collate "C" not null,
  id text collate "C" not null,
  -- from whom: meta.source
  source text collate "C" not null,
  -- whom the entry was of when it came; a merge that is taken back leads here again
  person text collate "C",
  -- when its source has last said so
  renewed_at timestamptz not null,
  expired boolean not null default false,
  primary key (type, id)
);
create index if not exists location_by_renewal on location (renewed_at) where not expired;
create index if not exists location_by_source on location (source, id);
create index if not exists location_by_person on location (person);

-- For whoever wants to hear of changes within the domain: rows are only ever added, and swept when they are old.
create table if not exists location_change (
  change bigint generated always as identity primary key,
  type text collate "C" not null,
  id text collate "C" not null,
  person text collate "C",
  deleted boolean not null,
  at timestamptz not null default clock_timestamp()
);
create index if not exists location_change_by_time on location_change (at);

create or replace function note_location() returns trigger language plpgsql set search_path from current as $$
begin
  if new.deleted then
    delete from location where type = new.type and id = new.id;
  else
    insert into location (type, id, source, person, renewed_at, expired)
      values (new.type, new.id, coalesce(new.body::jsonb #>> '{meta,source}', ''), new.owner, clock_timestamp(),
        coalesce(new.body::jsonb #> '{meta,security}', '[]') @> '[{"system": "urn:affinity:locator", "code": "expired"}]')
      on conflict (type, id) do update
        set source = excluded.source, renewed_at = excluded.renewed_at, expired = excluded.expired;
  end if;
  insert into location_change (type, id, person, deleted) values (new.type, new.id, new.owner, new.deleted);
  perform pg_notify('location_change', '');
  return null;
end
$$;
create or replace trigger location_noted after insert or update on resource
  for each row when (new.type in ('DocumentReference', 'List')) execute function note_location();
