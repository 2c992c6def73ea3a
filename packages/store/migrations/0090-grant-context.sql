-- What a grant is about beside its patient, and from which sign-in it came (SMART App Launch 2.2; OIDC Core 1.0 §2).

alter table authorization_grant
  -- encounter, fhirContext, intent, tenant, need_patient_banner, smart_style_url: as the token response says them
  add column context jsonb,
  -- other resource servers that the same consent covers: [{"base": …, "patient": …}]
  add column servers jsonb,
  -- its refresh tokens end with the session
  add column online boolean not null default false,
  -- claims about the person that were allowed by name, separated by a space
  add column claims text,
  -- of the sign-in from which its first token came
  add column session_uid text collate "C",
  add column acr text,
  add column amr text[];
create index authorization_grant_by_session on authorization_grant (session_uid)
  where session_uid is not null and ended_at is null;
