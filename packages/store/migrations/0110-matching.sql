-- The index of persons that matching looks records up in (docs/decisions/0031-matching.md).

-- One row for each Patient that a source has fed.
create table match_record (
  -- hash of base and patient
  record bigint primary key,
  -- FHIR base of the source, without a last slash
  base text collate "C" not null,
  patient text collate "C" not null,
  -- what it is compared by, as JSON
  demographics text not null,
  -- blocking keys, and where the record stands within each
  keys bigint[] not null,
  nears integer[] not null check (cardinality(nears) = cardinality(keys))
);

-- The same keys, to be looked up; made by the triggers below and by nothing else.
create table match_key (
  key bigint not null,
  near integer not null,
  record bigint not null,
  primary key (key, near, record)
);

-- Keys that stay are left as they are: a record that is told again writes nothing.
create function follow_match_insert() returns trigger language plpgsql as $$
begin
  insert into match_key (key, near, record)
    select key, near, record from added, unnest(keys, nears) as one (key, near);
  return null;
end
$$;
create function follow_match_update() returns trigger language plpgsql as $$
begin
  delete from match_key k using (
    select key, near, record from removed, unnest(keys, nears) as one (key, near)
    except
    select key, near, record from added, unnest(keys, nears) as one (key, near)) gone
  where k.key = gone.key and k.near = gone.near and k.record = gone.record;
  insert into match_key (key, near, record)
    select key, near, record from added, unnest(keys, nears) as one (key, near)
    on conflict do nothing;
  return null;
end
$$;
create function follow_match_delete() returns trigger language plpgsql as $$
begin
  delete from match_key k using (
    select key, near, record from removed, unnest(keys, nears) as one (key, near)) gone
  where k.key = gone.key and k.near = gone.near and k.record = gone.record;
  return null;
end
$$;
create trigger match_inserted after insert on match_record
  referencing new table as added for each statement execute function follow_match_insert();
create trigger match_updated after update on match_record
  referencing old table as removed new table as added for each statement execute function follow_match_update();
create trigger match_deleted after delete on match_record
  referencing old table as removed for each statement execute function follow_match_delete();
