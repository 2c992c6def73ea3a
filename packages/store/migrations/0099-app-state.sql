-- What apps keep between launches: settings and keys of their own, no records (SMART App Launch 2.2, app state).
create table app_state (
  id text collate "C" primary key,
  -- system|code, of which an app has to be registered for
  code text collate "C" not null,
  -- absolute URL of a patient or a user; empty: of nobody
  subject text collate "C" not null,
  version integer not null,
  updated_at timestamptz not null,
  content jsonb not null
);
create index app_state_by_key on app_state (code, subject, updated_at);
