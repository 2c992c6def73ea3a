-- What a Filter asks of versions that are in no index: docs/decisions/0002-table-layout.md.

-- The patients under whom compartment held the version. Null: it was replaced before this column was there, and it is not
-- known whom it names.
alter table resource_history add column patients text[] collate "C";

-- By date search parameter the first start and the last end of its dates, epoch milliseconds: {"date": [0, 86400000]}.
-- Null: the version was replaced, or the resource deleted, before this column was there. In `resource` only those have it
-- that are deleted; the others have their dates in date_index, and the one date that orders them in occurred.
alter table resource_history add column dates jsonb;
alter table resource add column dates jsonb;

alter table resource_history alter column patients set storage main;
alter table resource_history alter column dates set storage main;
alter table resource alter column dates set storage main;
