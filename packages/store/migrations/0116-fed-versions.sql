-- The home is followed version by version: a pass that indexes what is stored anew is no change of it (0113).
drop trigger identity_fed on resource;
create trigger identity_fed after insert on resource for each row
  when (new.type in ('Patient', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService',
    'OrganizationAffiliation', 'Endpoint'))
  execute function note_identity_feed();
create trigger identity_fed_again after update on resource for each row
  when (new.version <> old.version and new.type in ('Patient', 'Practitioner', 'PractitionerRole', 'Organization',
    'Location', 'HealthcareService', 'OrganizationAffiliation', 'Endpoint'))
  execute function note_identity_feed();
