-- How far the AuditEvents that are searched for have been made from the audit log: docs/decisions/0004-audit-log.md.

-- The last segment of each chain whose records are resources. It is moved in the transaction that stores these.
create table audit_filled (
  writer uuid primary key,
  sequence bigint not null check (sequence >= 0)
);

-- May read the whole audit log; no right to any record.
alter table person add column auditor boolean not null default false;
