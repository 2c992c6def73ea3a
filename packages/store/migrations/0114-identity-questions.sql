-- How often each client has asked who somebody is, in the minute that is told: shared by all processes.
create table identity_question (
  client text collate "C" primary key,
  minute bigint not null,
  asked integer not null
);
