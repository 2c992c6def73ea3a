/** Create, update and delete, each in one transaction with the rows that the resource is found by. FHIR R4 http.html. */
import type { Backend, WriteResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { parseJson, rewriteJson } from '@affinity/core/fhir/json.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Database, Query } from './database.ts';
import { filterSql } from './filter-sql.ts';
import { insertResource, removeIndexRows, replaceResource } from './index-rows.ts';
import { transaction } from './postgres/pool.ts';
import { toResourceRow } from './resource-row.ts';
import { sql } from './sql.ts';
import { resourceKey } from './terms.ts';
import { toDeletion, toInstant, type VersionRow } from './version-row.ts';

export interface WriteNeighbours {
  readonly database: Database;
  readonly factsOf: (resource: Resource) => ResourceFacts;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** The text to store: the sender's, with our id, version and instant. */
export const storedBody = (json: string, id: string, version: number, lastUpdated: number): string => {
  const parsed = parseJson(json);
  if (parsed.kind === 'fault') throw new Error(`Content to be stored is not sound JSON (${parsed.fault}).`);
  return rewriteJson(json, parsed.members, {
    id,
    meta: { versionId: String(version), lastUpdated: toInstant(lastUpdated) },
  });
};

const written = (
  kind: 'created' | 'updated',
  at: { readonly type: string; readonly id: string },
  version: number,
  lastUpdated: number,
  body: string,
): WriteResult => ({
  kind,
  version: { type: at.type, id: at.id, versionId: String(version), lastUpdated: toInstant(lastUpdated), body },
});

const rowOf = (factsOf: WriteNeighbours['factsOf'], { type, id }: { type: string; id: string }, content: Content) =>
  toResourceRow(factsOf({ ...content.resource, resourceType: type, id }));

/** One statement. A key that is taken, by a deleted resource too, is `id-taken`. */
export const createCreate =
  ({ database, factsOf, now }: WriteNeighbours): Backend['create'] =>
  async ({ type, id, content }) => {
    const lastUpdated = now();
    const body = storedBody(content.json, id, 1, lastUpdated);
    const row = rowOf(factsOf, { type, id }, content);
    const inserted = await database.query(insertResource(row, lastUpdated, body));
    return inserted.length === 0 ? { kind: 'id-taken' } : written('created', { type, id }, 1, lastUpdated, body);
  };

/** Locks the stored version, which the Filter must let through: what it does not is as absent as what never was. */
const lockVisible = async (
  query: Query,
  { type, id }: { readonly type: string; readonly id: string },
  filter: Filter,
): Promise<VersionRow | undefined> => {
  const [row] = await query<VersionRow>(sql`
    select f.id, f.version, f.last_updated, f.deleted, null as body from resource f
    where f.rid = ${resourceKey(type, id)} and f.type = ${type} and f.id = ${id} and ${filterSql(filter, type)}
    for update`);
  return row;
};

const conflict = (row: VersionRow, ifMatch: string | undefined): WriteResult | undefined =>
  ifMatch === undefined || ifMatch === String(row.version)
    ? undefined
    : { kind: 'version-conflict', current: String(row.version) };

/** Never earlier than the version before, whatever the clock says. */
export const nextInstant = (row: VersionRow, now: number): number => Math.max(now, Number(row.last_updated) + 1);

/** A new version; of a deleted resource too, which is thereby brought back (http.html#delete). It never creates. */
export const createUpdate =
  ({ database, factsOf, now }: WriteNeighbours): Backend['update'] =>
  (input, filter) => {
    const row = rowOf(factsOf, input, input.content);
    return transaction(database.pool, async (client) => {
      const query = database.on(client);
      const stored = await lockVisible(query, input, filter);
      if (stored === undefined) return { kind: 'absent' };
      const conflicting = conflict(stored, input.ifMatch);
      if (conflicting !== undefined) return conflicting;
      const version = stored.version + 1;
      const lastUpdated = nextInstant(stored, now());
      const body = storedBody(input.content.json, input.id, version, lastUpdated);
      await query(removeIndexRows(row.rid));
      await query(replaceResource(row, version, lastUpdated, body));
      return written(stored.deleted ? 'created' : 'updated', input, version, lastUpdated, body);
    });
  };

/** A deletion is a version without content; the facts of the last content stay, and judge who may know of it. */
export const createDelete =
  ({ database, now }: WriteNeighbours): Backend['delete'] =>
  (input, filter) =>
    transaction(database.pool, async (client) => {
      const query = database.on(client);
      const stored = await lockVisible(query, input, filter);
      if (stored === undefined) return { kind: 'absent' };
      if (stored.deleted) return { kind: 'deleted', deletion: toDeletion(input.type, stored) };
      const conflicting = conflict(stored, input.ifMatch);
      if (conflicting !== undefined) return conflicting;
      const rid = resourceKey(input.type, input.id);
      await query(removeIndexRows(rid));
      const [row] = await query<VersionRow>(sql`
        update resource set version = version + 1, last_updated = ${nextInstant(stored, now())}, deleted = true,
          method = 'DELETE', body = null, occurred = 0, occurred_end = null, patients = '{}'
        where rid = ${rid} returning id, version, last_updated, deleted, body`);
      if (row === undefined) throw new Error(`${input.type}/${input.id} was locked and is gone.`);
      return { kind: 'deleted', deletion: toDeletion(input.type, row) };
    });
