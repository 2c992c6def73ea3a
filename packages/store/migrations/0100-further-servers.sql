-- Who is who at further servers of the domain (docs/decisions/0029-further-resource-servers.md).

-- Under which id another FHIR server of the domain knows a practitioner: one there is one here, and the other way.
create table practitioner_at_server (
  practitioner text collate "C" not null,
  -- FHIR base, without a last slash
  base text collate "C" not null,
  local_practitioner text collate "C" not null,
  recorded_at timestamptz not null default now(),
  primary key (practitioner, base),
  unique (base, local_practitioner)
);

-- Resource servers remember links until the feed of Consents tells of a change. '#link' is no id that a Consent can have.
create function note_link_change() returns trigger language plpgsql as $$
begin
  insert into consent_change (id, patient) select '#link', '#link' where not exists (
    select from consent_change where id = '#link' and written_by = pg_current_xact_id());
  perform pg_notify('consent_change', '');
  return null;
end
$$;
create trigger patient_link_changed after insert or update or delete on patient_at_server
  for each statement execute function note_link_change();
create trigger practitioner_link_changed after insert or update or delete on practitioner_at_server
  for each statement execute function note_link_change();
