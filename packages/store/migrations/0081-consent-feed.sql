-- Changes of Consents, felt by every resource server at once: packages/store/consent-feed.ts follows it.
create table consent_change (
  change bigint generated always as identity primary key,
  -- the Consent, and the patient whose record it is or was; null where it is no one patient's
  id text collate "C" not null,
  patient text collate "C",
  at timestamptz not null default clock_timestamp(),
  -- The transaction that wrote the row: a follower reads what its last snapshot did not see, so that a transaction which
  -- began first and commits last is not overlooked (0030-grant-feed.sql).
  written_by xid8 not null default pg_current_xact_id()
);
create index consent_change_written_by on consent_change (written_by);
create index consent_change_at on consent_change (at);

-- The rows of every way to write: interactions, imports, and when they are indexed anew.
create function note_consent_change() returns trigger language plpgsql as $$
begin
  insert into consent_change (id, patient)
    select distinct entry.id, entry.patient from (values
      (case when tg_op <> 'INSERT' then old.id end, case when tg_op <> 'INSERT' then old.owner end),
      (case when tg_op <> 'DELETE' then new.id end, case when tg_op <> 'DELETE' then new.owner end)) entry (id, patient)
    where entry.id is not null;
  perform pg_notify('consent_change', '');
  return null;
end
$$;
create trigger consent_written after insert or update on resource
  for each row when (new.type = 'Consent') execute function note_consent_change();
create trigger consent_removed after delete on resource
  for each row when (old.type = 'Consent') execute function note_consent_change();
