-- The OAuth grant is a FHIR Consent, written in the transaction of the grant (docs/decisions/0014-the-grant-is-a-consent.md).

-- When its Consent was written; null: a grant of before, which gets one at the next start.
alter table authorization_grant add column consent_at timestamptz;
create index authorization_grant_without_consent on authorization_grant (created_at)
  where consent_at is null and ended_at is null;
-- Grants that have expired and whose Consent is still active.
create index authorization_grant_unended on authorization_grant (expires_at) where ended_at is null;
