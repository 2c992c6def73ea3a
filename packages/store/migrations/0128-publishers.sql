-- Who may write definitions: said of a person by an administrator, like the other offices.
alter table person add column publisher boolean not null default false;
