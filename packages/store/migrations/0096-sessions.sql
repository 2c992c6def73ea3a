-- People's sessions at the authorization server, what ends with them, and whom that is told to (OpenID Connect RP-Initiated
-- Logout 1.0, Back-Channel Logout 1.0). docs/decisions/0022-sessions-and-lifetimes.md

create table sign_in_session (
  -- names a session; it opens nothing
  uid text collate "C" primary key,
  sub uuid not null references person on delete cascade,
  -- signed in on a computer that others use too
  shared boolean not null,
  began_at timestamptz not null,
  -- without a visit until then, it is over
  expires_at timestamptz not null,
  -- kept for as long as a copy of the session's state could still be written
  ended_at timestamptz
);
create index sign_in_session_by_person on sign_in_session (sub) where ended_at is null;
create index sign_in_session_by_end on sign_in_session (expires_at);

insert into sign_in_session (uid, sub, shared, began_at, expires_at)
  select state.payload->>'uid', person.sub, false, to_timestamp((state.payload->>'loginTs')::bigint), max(state.expires_at)
  from authorization_state state join person on person.sub::text = state.payload->>'accountId'
  where state.model = 'Session' and state.payload ? 'uid' and state.payload ? 'loginTs'
  group by 1, 2, 4
on conflict do nothing;

alter table authorization_grant
  -- its end moves with its use: until the person ends it, or for as long as the session lives
  add column renews boolean not null default false;

-- Apps are told of the end of a session also where what they got in it is over.
drop index authorization_grant_by_session;
create index authorization_grant_by_session on authorization_grant (session_uid) where session_uid is not null;

-- Apps that are to be told that a session has ended; a row goes when it was told, or after the last attempt.
create table logout_delivery (
  id uuid primary key,
  client_id text collate "C" not null,
  sub uuid not null,
  session_uid text collate "C" not null,
  created_at timestamptz not null,
  -- when to try next; whoever tries moves it ahead first, so that an attempt that dies is made again
  due_at timestamptz not null,
  attempts integer not null default 0
);
create index logout_delivery_by_due on logout_delivery (due_at);

create index authorization_state_by_session on authorization_state ((payload->>'uid')) where model = 'Session';
