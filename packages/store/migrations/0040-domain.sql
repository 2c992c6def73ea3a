-- What the domain remembers of itself, such as how far the demonstration has been set up.
create table domain_fact (
  name text primary key,
  value jsonb not null,
  recorded_at timestamptz not null default now()
);
