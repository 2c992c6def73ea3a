/**
 * Goes through the resources of one type and indexes them by what is known now, in small transactions, from where the last
 * one stopped. Writes go on beside it: each indexes by the newest parameters, and a row is locked while it is gone over.
 * docs/decisions/0009-references-and-reindexing.md.
 */
import { ownedThrough, throughElements } from '@affinity/core/fhir/compartment.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { canonicalRow, isHeldByAnother, noteCanonical } from './canonical.ts';
import type { Database, Query } from './database.ts';
import { termArray } from './filter-sql.ts';
import { reindexResource, removeIndexRows } from './index-rows.ts';
import { rowOf } from './indexed-row.ts';
import { decidedBy, lookUpOwners, noteThrough, ownersFrom, setOwnersThrough } from './ownership.ts';
import type { ParameterSet } from './parameter-set.ts';
import { transaction } from './postgres/pool.ts';
import { sql } from './sql.ts';
import type { Term } from './terms.ts';
import type { TextValues } from './text-values.ts';
import { beginWrite } from './write-lock.ts';

export interface PassNeighbours {
  readonly database: Database;
  readonly texts: TextValues;
  readonly ownBases: readonly string[];
  /** resources that one transaction goes over */
  readonly resourcesAtOnce: number;
}

interface ResourceKeyRow {
  readonly rid: Term;
  readonly last_updated: string;
}
interface ResourceBodyRow {
  readonly rid: Term;
  readonly id: string;
  readonly body: string;
}

const readResource = (type: string, { id, body }: ResourceBodyRow): Resource => {
  const parsed = parseJson(body);
  if (parsed.kind === 'fault') throw new Error(`${type}/${id} is not sound JSON (${parsed.fault}).`);
  return { ...(parsed.value as Resource), resourceType: type, id };
};

const goOver = async (
  query: Query,
  { texts, ownBases }: PassNeighbours,
  { all: parameters }: ParameterSet,
  { rid, resource }: { readonly rid: Term; readonly resource: Resource },
): Promise<void> => {
  const deciding = decidedBy(resource, ownBases);
  const ownersOf = ownersFrom(deciding === undefined ? new Map() : await lookUpOwners(query, deciding));
  const row = rowOf(resource, { ownBases, parameters, ownersOf });
  await texts.keep(query, [row], false);
  await query(removeIndexRows(rid));
  await query(reindexResource(row));
  if (Object.hasOwn(throughElements, resource.resourceType)) {
    await noteThrough(query, rid, ownedThrough(resource, ownBases));
  }
  const canonical = canonicalRow(resource);
  // Of two that have the same url and version from before, the first keeps it.
  if (canonical !== undefined && !(await isHeldByAnother(query, rid, canonical))) {
    await noteCanonical(query, rid, canonical);
  }
};

/** Begins a pass, or goes on with the one that was begun for the same parameters. */
export const beginPass = async (query: Query, type: string, wanted: string): Promise<void> => {
  await query(sql`
    update type_index t set pending = ${wanted}::jsonb, after_update = null, after_rid = null, done = 0,
      until_update = (select max(r.last_updated) from resource r where r.type = ${type} and not r.deleted),
      total = (select count(*) from resource r where r.type = ${type} and not r.deleted)
    where t.type = ${type} and t.pending is distinct from ${wanted}::jsonb`);
};

/**
 * The next resources.
 * @returns whether there may be more; when there are none, the type is indexed.
 * @throws the error of the driver: isOutdated when the parameters have changed; then nothing of this was done.
 */
export const continuePass = (neighbours: PassNeighbours, set: ParameterSet, type: string): Promise<boolean> => {
  const { database, resourcesAtOnce } = neighbours;
  return transaction(database.pool, async (client) => {
    const query = database.on(client);
    await beginWrite(query, set.generation, Object.hasOwn(throughElements, type));
    const keys = await query<ResourceKeyRow>(sql`
      select r.rid, r.last_updated from resource r, type_index t
      where t.type = ${type} and r.type = ${type} and not r.deleted
        and r.last_updated <= t.until_update
        and (r.last_updated, r.rid) > (coalesce(t.after_update, -1), coalesce(t.after_rid, -1))
      order by r.last_updated, r.rid limit ${resourcesAtOnce}`);
    const last = keys.at(-1);
    if (last === undefined) {
      await query(sql`
        update type_index set parameters = pending, pending = null, after_update = null, after_rid = null,
          changed_at = clock_timestamp()
        where type = ${type} and pending is not null`);
      return false;
    }
    // In the order in which everybody locks several rows. What was changed in between is read as it is now.
    const rows = await query<ResourceBodyRow>(sql`
      select f.rid, f.id, f.body from resource f
      where f.rid = any(${termArray(keys.map(({ rid }) => rid))}::bigint[]) and f.body is not null
      order by f.rid for update`);
    for (const row of rows) {
      await goOver(query, neighbours, set, { rid: row.rid, resource: readResource(type, row) });
    }
    await setOwnersThrough(
      query,
      rows.map(({ rid }) => rid),
    );
    await query(sql`
      update type_index set after_update = ${last.last_updated}, after_rid = ${last.rid}, done = done + ${keys.length}
      where type = ${type}`);
    return true;
  });
};
