-- The audit log: docs/decisions/0004-audit-log.md. One row for each batch of records, chained by hash per writer.

create table audit_segment (
  -- one chain: a process that writes, from its start to its end
  writer uuid not null,
  -- 1, 2, 3… without gaps
  sequence bigint not null check (sequence > 0),
  written timestamptz not null default clock_timestamp(),
  count integer not null check (count > 0),
  -- hash of the segment before; of the first, 32 zero bytes
  previous bytea not null check (length(previous) = 32),
  -- of the first segment: the last segments of the other chains, as its writer found them
  links jsonb not null default '[]',
  -- the records, one JSON object a line
  records text not null,
  hash bytea not null check (length(hash) = 32),
  primary key (writer, sequence)
);
alter table audit_segment alter column records set compression pglz;
create index audit_segment_by_time on audit_segment (written, writer, sequence);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'The audit log is only ever added to.' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_segment_is_append_only before update or delete on audit_segment
  for each row execute function refuse_audit_change();
create trigger audit_segment_is_not_emptied before truncate on audit_segment
  for each statement execute function refuse_audit_change();
