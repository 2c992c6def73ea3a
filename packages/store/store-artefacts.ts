/**
 * Artefacts of a package, stored all or not at all: what is held already under the same url and version stays as it is,
 * and must be the same. FHIR R4 references.html#canonical, resource.html#canonical.
 */
import { sameArtefact } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type pg from 'pg';
import { canonicalRow } from './canonical.ts';
import { termArray } from './filter-sql.ts';
import { type Importing, storeBatchWithin } from './import-batch.ts';
import type { PreparedResource } from './import-item.ts';
import { sql } from './sql.ts';
import type { Term } from './terms.ts';

export type StoredArtefacts =
  | {
      readonly kind: 'stored';
      readonly created: number;
      readonly unchanged: number;
      /** where each is, in the order given: one that was there already may have another id */
      readonly at: readonly { readonly type: string; readonly id: string }[];
    }
  /** nothing may stand of what the transaction has done */
  | { readonly kind: 'conflict'; readonly origins: readonly string[] };

interface HeldRow {
  readonly key: Term;
  readonly id: string;
  readonly body: string;
}

const sameAs = (body: string, resource: Resource): boolean => sameArtefact(JSON.parse(body) as Resource, resource);

/** @param prepared no two of the same id */
export const storeArtefacts = async (
  importing: Importing,
  client: pg.PoolClient,
  prepared: readonly PreparedResource[],
  now: number,
): Promise<StoredArtefacts> => {
  const query = importing.database.on(client);
  const keyOf = ({ resource, rid }: PreparedResource): Term => canonicalRow(resource)?.key ?? rid;
  const keys = termArray(prepared.map(keyOf));
  const held = await query<HeldRow>(sql`
    select c.key, f.id, f.body from canonical c join resource f using (rid) where c.key = any(${keys}::bigint[])
    union all
    select f.rid, f.id, f.body from resource f where f.rid = any(${keys}::bigint[]) and not f.deleted`);
  const known = new Map(held.map((row) => [row.key, row]));
  const origins: string[] = [];
  const fresh: PreparedResource[] = [];
  for (const one of prepared) {
    const row = known.get(keyOf(one));
    if (row === undefined) fresh.push(one);
    else if (!sameAs(row.body, one.resource)) origins.push(one.origin);
  }
  if (origins.length > 0) return { kind: 'conflict', origins };
  const stored = await storeBatchWithin(importing, client, fresh, { keep: false, now });
  const refused = [...stored.collisions, ...stored.canonicalsTaken].map(({ origin }) => origin);
  if (refused.length > 0) return { kind: 'conflict', origins: refused };
  return {
    kind: 'stored',
    created: stored.created + stored.updated,
    unchanged: prepared.length - fresh.length,
    at: prepared.map((one) => ({ type: one.type, id: known.get(keyOf(one))?.id ?? one.id })),
  };
};
