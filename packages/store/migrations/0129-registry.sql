-- Who wanted a definition to be published or retired, and who decided it. One row for each wish; nothing is taken away.
create table registry_proposal (
  id bigint generated always as identity primary key,
  type text not null,
  artefact text not null,
  -- the very version that was proposed: another one is another wish
  version_id text not null,
  -- active or retired
  wanted text not null,
  note text not null,
  proposed_by text not null,
  proposed_name text not null,
  proposed_at timestamptz not null,
  -- null while it waits; approved, refused
  decision text,
  decided_by text,
  decided_name text,
  decided_at timestamptz
);
create unique index registry_proposal_waiting on registry_proposal (type, artefact) where decision is null;

-- Search parameters that were given to this server by the registry of its domain, beside the SearchParameters that it stores
-- itself: what is stored is found by them too.
create table given_search_parameter (
  url text primary key,
  version integer not null,
  body text not null
);
