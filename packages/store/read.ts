/** Reads of one resource: its current version, or an earlier one. FHIR R4 http.html#read, #vread. */
import type { Backend, ReadResult } from '@affinity/core/fhir/backend.ts';
import type { Database } from './database.ts';
import { filterSql } from './filter-sql.ts';
import { sql } from './sql.ts';
import { resourceKey } from './terms.ts';
import { parseVersionId, toDeletion, toVersion, type VersionRow } from './version-row.ts';

/** @throws Error when the row is not the one that was asked for: then no answer is better than this one. */
const toReadResult = (type: string, id: string, row: VersionRow | undefined): ReadResult => {
  if (row === undefined) return { kind: 'absent' };
  if (row.id !== id) throw new Error('The database answered with another resource than was asked for.');
  return row.deleted
    ? { kind: 'deleted', deletion: toDeletion(type, row) }
    : { kind: 'found', version: toVersion(type, row) };
};

/** A deleted resource keeps the facts of its last content, so the Filter speaks of that. */
export const createRead =
  ({ look }: Pick<Database, 'look'>): Backend['read'] =>
  async ({ type, id }, filter) => {
    const [row] = await look<VersionRow>(sql`
      select f.id, f.version, f.last_updated, f.deleted, f.owner, f.owners, f.body from resource f
      where f.rid = ${resourceKey(type, id)} and f.type = ${type} and f.id = ${id} and ${filterSql(filter, type)}`);
    return toReadResult(type, id, row);
  };

/** An earlier version is judged by its own content and by the current one. */
export const createVread =
  ({ query }: Pick<Database, 'query'>): Backend['vread'] =>
  async ({ type, id, versionId }, filter) => {
    const version = parseVersionId(versionId);
    if (version === undefined) return { kind: 'absent' };
    const current = sql`f.rid = ${resourceKey(type, id)} and f.type = ${type} and f.id = ${id}
      and ${filterSql(filter, type)}`;
    const [row] = await query<VersionRow>(sql`
      select f.id, f.version, f.last_updated, f.deleted, f.owner, f.owners, f.body from resource f
      where ${current} and f.version = ${version}
      union all
      select f.id, h.version, h.last_updated, h.method = 'DELETE', h.owner, h.owners, h.body
      from resource f join resource_history h on h.rid = f.rid
      where ${current} and h.version = ${version} and ${filterSql(filter, type, 'h')}`);
    return toReadResult(type, id, row);
  };
