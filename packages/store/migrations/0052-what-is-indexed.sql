-- What was stored before these tables were there is found by terms, strings and dates alone, until it has been gone
-- through again. A type without a row holds nothing, or is indexed by what the process that writes it knows.
insert into type_index (type, parameters) select distinct type, '{}'::jsonb from resource;
