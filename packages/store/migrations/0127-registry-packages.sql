-- FHIR packages that were loaded into the registry, and which artefacts came with each.
create table registry_package (
  name text not null,
  version text not null,
  title text,
  license text,
  -- [{"name": …, "version": …}]
  dependencies jsonb not null,
  -- of the artefacts, however they were packed
  digest text not null,
  loaded_at timestamptz not null,
  -- who loaded it, as the audit log names them; 'command line' where somebody at the machine did
  loaded_by text not null,
  primary key (name, version)
);
create table registry_package_artefact (
  name text not null,
  version text not null,
  type text not null,
  id text not null,
  primary key (name, version, type, id),
  foreign key (name, version) references registry_package on delete cascade
);
