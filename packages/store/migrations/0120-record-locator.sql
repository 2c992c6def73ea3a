-- What the record locator knows beside its entries (docs/decisions/0034-the-record-locator.md).

-- Who does not want it known where their documents are: to the locator they are nobody.
create table locator_opt_out (
  person text collate "C" primary key,
  opted_out_at timestamptz not null default clock_timestamp(),
  said_by text not null
);

-- Documents of the home that have changed since the locator looked, each once: written with the document itself.
create sequence locator_change;
create table locator_feed (
  id text collate "C" primary key,
  change bigint not null default nextval('locator_change')
);
create index locator_feed_by_change on locator_feed (change);
create function note_document_change() returns trigger language plpgsql set search_path from current as $$
begin
  insert into locator_feed (id) values (new.id) on conflict (id) do update set change = nextval('locator_change');
  return null;
end
$$;
create trigger document_noted after insert or update on resource
  for each row when (new.type = 'DocumentReference') execute function note_document_change();
insert into locator_feed (id) select id from resource where type = 'DocumentReference' and not deleted;

-- How far the servers that are asked again and again have been read.
create table locator_source (
  base text collate "C" primary key,
  -- newest last update that was taken over
  updated_to text,
  -- when everything was read last
  swept_at timestamptz
);

-- Documents of patients whom nobody knew yet: looked at again.
create table locator_waiting (
  base text collate "C" not null,
  id text collate "C" not null,
  tried_at timestamptz not null default clock_timestamp(),
  primary key (base, id)
);
create index locator_waiting_by_time on locator_waiting (base, tried_at);

-- Persons whose records were linked, unlinked, merged or taken apart since: their entries may be somebody else's now.
create table locator_moved (
  person text collate "C" primary key,
  change bigint not null default nextval('locator_change')
);
create function note_moved_persons() returns trigger language plpgsql set search_path from current as $$
begin
  insert into locator_moved (person)
    select distinct person from unnest(array[new.from_person, new.to_person]) moved (person)
    where person is not null order by person
    on conflict (person) do update set change = nextval('locator_change');
  return null;
end
$$;
create trigger persons_moved after insert on person_event for each row execute function note_moved_persons();
