-- What a patient has refused holds for every record of the same person, so that resource servers hear of who is whom as they
-- hear of links (0100): docs/decisions/0032-the-index-of-persons.md.
create trigger person_linked after insert or delete on person_record
  for each statement execute function note_link_change();
create trigger person_relinked after update on person_record for each row
  when (old.person is distinct from new.person) execute function note_link_change();
