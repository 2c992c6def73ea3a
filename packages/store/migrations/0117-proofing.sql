-- Who a sign-in is, and for whom it acts, is said by a proof alone (docs/decisions/0033-who-somebody-is.md).

-- may decide whether two records are one person's; gives no right to any record
alter table person add column steward boolean not null default false;

-- NIST SP 800-63A §4. Never changed but to be ended; what ended it is recorded beside it.
create table proofing_event (
  id bigint generated always as identity primary key,
  sub uuid not null references person on delete cascade,
  -- who the person is, for whom they act, or that a sign-in elsewhere is theirs
  kind text collate "C" not null check (kind in ('identity', 'proxy', 'sign-in')),
  -- `Patient/12`, as the person has it; of a sign-in elsewhere its issuer
  target text collate "C" not null,
  evidence text collate "C" not null check (evidence in ('identity-document', 'known-in-person', 'legal-document',
    'related-person', 'invitation', 'account', 'declared', 'sample', 'before-proofing')),
  -- who looked at the evidence: a subject, or the name that was given on the command line
  proved_by text not null,
  note text,
  proved_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  ended_reason text,
  check ((ended_at is null) = (ended_by is null) and (ended_at is null) = (ended_reason is null))
);
create index proofing_event_by_person on proofing_event (sub, kind, target);

-- A Patient, a Practitioner, is one person's who may sign in. Of several from before, the first keeps it.
update person p set fhir_user = null where fhir_user is not null and disabled_at is null and exists (
  select from person q where q.fhir_user = p.fhir_user and q.disabled_at is null
    and (q.created_at, q.sub) < (p.created_at, p.sub));
create unique index person_fhir_user on person (fhir_user) where fhir_user is not null and disabled_at is null;

-- A proxy may rest on a RelatedPerson of the record: it is worth as much as that is at the moment.
alter table person_patient add column related_person text collate "C";

insert into proofing_event (sub, kind, target, evidence, proved_by, proved_at)
  select sub, 'identity', fhir_user, 'before-proofing', 'migration', created_at from person where fhir_user is not null
  union all
  select sub, 'proxy', 'Patient/' || patient, 'before-proofing', 'migration', created_at
  from person_patient join person using (sub) where relation <> 'self' or fhir_user is distinct from 'Patient/' || patient;

-- Judged at the end of the transaction, so that the order of statements does not matter, and by every way to write.
create function demand_proof() returns trigger language plpgsql as $$
declare
  whose uuid := case when tg_op = 'DELETE' then old.sub else new.sub end;
begin
  if exists (select from person p where p.sub = whose and p.fhir_user is not null and not exists (
      select from proofing_event e where e.sub = p.sub and e.kind = 'identity' and e.target = p.fhir_user and e.ended_at is null))
    or exists (select from person_patient a where a.sub = whose and not exists (
      select from proofing_event e where e.sub = a.sub and e.kind in ('identity', 'proxy')
        and e.target = 'Patient/' || a.patient and e.ended_at is null))
  then
    raise exception 'a sign-in is tied to a record by a proof alone' using errcode = 'check_violation', constraint = 'proof';
  end if;
  return null;
end
$$;
create constraint trigger person_is_proved after insert or update of fhir_user on person
  deferrable initially deferred for each row when (new.fhir_user is not null) execute function demand_proof();
create constraint trigger proxy_is_proved after insert or update on person_patient
  deferrable initially deferred for each row execute function demand_proof();
create constraint trigger proof_is_kept after update or delete on proofing_event
  deferrable initially deferred for each row execute function demand_proof();

-- A bound of a Period (FHIR R4 datatypes.html#Period), an end exclusive; what cannot be read holds never.
create function period_bound(given text, is_end boolean) returns timestamptz language plpgsql stable as $$
declare
  step interval;
  moment timestamptz;
begin
  if given is null then return case when is_end then 'infinity' else '-infinity' end::timestamptz; end if;
  step := case
    when given ~ '^\d{4}$' then interval '1 year'
    when given ~ '^\d{4}-\d{2}$' then interval '1 month'
    when given ~ '^\d{4}-\d{2}-\d{2}$' then interval '1 day'
    when given ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$' then interval '1 second'
    when given ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,9}(Z|[+-]\d{2}:\d{2})$' then interval '1 millisecond'
  end;
  moment := case when length(given) > 10 then date_trunc('milliseconds', given::timestamptz)
    else (rpad(given, 10, '-01-01') || 'T00:00:00Z')::timestamptz end;
  if step is null then raise exception 'no date'; end if;
  return case when not is_end then moment
    when length(given) > 10 then moment + step
    else ((moment at time zone 'UTC') + step) at time zone 'UTC' end;
exception when others then
  return case when is_end then '-infinity' else 'infinity' end::timestamptz;
end
$$;

-- From when until when each RelatedPerson may act, as the record says: kept with every way to write it.
create table related_person_standing (
  id text collate "C" primary key,
  patient text collate "C" not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null
);
create function note_related_person() returns trigger language plpgsql as $$
begin
  delete from related_person_standing where id = old.id;
  if tg_op <> 'DELETE' and not new.deleted and new.owner is not null then
    insert into related_person_standing
      select new.id, new.owner, period_bound(body #>> '{period,start}', false), period_bound(body #>> '{period,end}', true)
      from (select new.body::jsonb as body) it where body -> 'active' is distinct from 'false'::jsonb
        and coalesce(jsonb_typeof(body -> 'period'), 'object') = 'object'
    on conflict (id) do update set patient = excluded.patient, starts_at = excluded.starts_at, ends_at = excluded.ends_at;
  end if;
  return null;
end
$$;
create trigger related_person_written after insert or update on resource
  for each row when (new.type = 'RelatedPerson') execute function note_related_person();
create trigger related_person_removed after delete on resource
  for each row when (old.type = 'RelatedPerson') execute function note_related_person();
insert into related_person_standing
  select id, owner, period_bound(body::jsonb #>> '{period,start}', false), period_bound(body::jsonb #>> '{period,end}', true)
  from resource where type = 'RelatedPerson' and not deleted and owner is not null
    and body::jsonb -> 'active' is distinct from 'false'::jsonb
    and coalesce(jsonb_typeof(body::jsonb -> 'period'), 'object') = 'object';
