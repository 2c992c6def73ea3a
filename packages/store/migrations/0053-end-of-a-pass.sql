-- The last update of the type's resources when the pass began: what is written after that is indexed by the newest
-- parameters already, so that a pass ends however much is written meanwhile.
alter table type_index add column until_update bigint;
