/** Stores one batch of an import in one transaction: new resources by COPY, changed ones as new versions. */
import { ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type pg from 'pg';
import { canonicalRow, canonicalsTaken, noteCanonical } from './canonical.ts';
import { copyResources } from './copy-rows.ts';
import { createDatabase, type Database, type Query } from './database.ts';
import { termArray } from './filter-sql.ts';
import type { PreparedResource } from './import-item.ts';
import { replaceResource, retireVersion } from './index-rows.ts';
import { rowOf } from './indexed-row.ts';
import { decidedBy, lookUpOwners, noteThrough, ownersFrom, setOwnersThrough } from './ownership.ts';
import { type ParameterSet, type ParameterWatch, watchParameters } from './parameter-set.ts';
import { transaction } from './postgres/pool.ts';
import type { ResourceRow } from './resource-row.ts';
import { sql } from './sql.ts';
import { createTextValues, type TextValues } from './text-values.ts';
import type { VersionRow } from './version-row.ts';
import { writeLock } from './write-lock.ts';
import { needsAlone, nextInstant, noteBeside, noteGeneration } from './write-within.ts';

export interface Importing {
  readonly database: Database;
  readonly parameters: ParameterWatch;
  readonly texts: TextValues;
  readonly ownBases: readonly string[];
}

/** What batches are stored with; the same for all batches of an import. */
export const createImporting = (pool: pg.Pool, ownBases: readonly string[]): Importing => {
  const database = createDatabase(pool);
  return { database, parameters: watchParameters(database.query), texts: createTextValues(), ownBases };
};

export interface BatchResult {
  readonly created: number;
  readonly updated: number;
  /** stored already with the same content, or kept as it is because the import was told to */
  readonly unchanged: number;
  /** those whose key another resource has */
  readonly collisions: readonly PreparedResource[];
  /** those whose canonical url and version another resource has */
  readonly canonicalsTaken: readonly PreparedResource[];
}

interface Stored extends VersionRow {
  readonly rid: string;
  readonly type: string;
}

/**
 * Stores resources of which no two have the same key.
 * @param keep true: what is stored already stays as it is.
 * @throws the error of the driver; then nothing of the batch is stored. Code 23505: another writer was faster.
 */
export const storeBatch = (
  importing: Importing,
  batch: readonly PreparedResource[],
  how: { readonly keep: boolean; readonly now: number },
): Promise<BatchResult> =>
  transaction(importing.database.pool, (client) => storeBatchWithin(importing, client, batch, how));

/** Holds the parameters as they are to the end of the transaction, and others off where they would be in the way. */
const beginBatch = async (
  { parameters, ownBases }: Importing,
  query: Query,
  batch: readonly PreparedResource[],
): Promise<ParameterSet> => {
  const alone = batch.some(({ resource }) => needsAlone(resource, ownBases));
  await query(
    alone
      ? sql`select pg_advisory_xact_lock(${writeLock}::bigint)`
      : sql`select pg_advisory_xact_lock_shared(${writeLock}::bigint)`,
  );
  const [row] = await query<{ generation: number }>(sql`select generation from index_generation`);
  const set = await parameters.ready();
  return set.generation === row?.generation ? set : parameters.refresh();
};

/** New resources, by their kind: those that decide about others first, so that these find whose they are. */
const rounds = (fresh: readonly PreparedResource[], ownBases: readonly string[]): readonly PreparedResource[][] => {
  const [plain, binaries, others]: [PreparedResource[], PreparedResource[], PreparedResource[]] = [[], [], []];
  for (const prepared of fresh) {
    if (decidedBy(prepared.resource, ownBases) === undefined) plain.push(prepared);
    else (prepared.type === 'Binary' ? binaries : others).push(prepared);
  }
  return [plain, binaries, others].filter((round) => round.length > 0);
};

/** As `storeBatch`, in a transaction that has begun already on this connection. */
export const storeBatchWithin = async (
  importing: Importing,
  client: pg.PoolClient,
  batch: readonly PreparedResource[],
  { keep, now }: { readonly keep: boolean; readonly now: number },
): Promise<BatchResult> => {
  const { database, texts, ownBases } = importing;
  const query = database.on(client);
  const set = await beginBatch(importing, query, batch);
  const stored = await query<Stored>(sql`
    select f.rid, f.type, f.id, f.version, f.last_updated, f.deleted, f.body from resource f
    where f.rid = any(${termArray(batch.map(({ rid }) => rid))}::bigint[]) order by f.rid for update`);
  const known = new Map(stored.map((row) => [row.rid, row]));
  const collisions: PreparedResource[] = [];
  const fresh: PreparedResource[] = [];
  const changed: { readonly prepared: PreparedResource; readonly old: Stored }[] = [];
  for (const prepared of batch) {
    const old = known.get(prepared.rid);
    if (old === undefined) fresh.push(prepared);
    else if (old.type !== prepared.type || old.id !== prepared.id) collisions.push(prepared);
    else if (!keep && old.body !== prepared.bodyOf(old.version, Number(old.last_updated)))
      changed.push({ prepared, old });
  }
  const taken = await canonicalsTaken(
    query,
    [...fresh, ...changed.map(({ prepared }) => prepared)].map(({ rid, resource }) => ({
      rid,
      canonical: canonicalRow(resource),
    })),
  );
  const isFree = ({ rid }: PreparedResource): boolean => !taken.has(rid);
  const rowsOf = async (of: readonly PreparedResource[]): Promise<readonly ResourceRow[]> => {
    const deciding = of.flatMap(({ resource }) => decidedBy(resource, ownBases) ?? []);
    const ownersOf = ownersFrom(deciding.length === 0 ? new Map() : await lookUpOwners(query, deciding));
    const rows = of.map(({ resource }) => rowOf(resource, { ownBases, parameters: set.all, ownersOf }));
    await texts.keep(query, rows, false);
    return rows;
  };
  const created = fresh.filter(isFree);
  for (const round of rounds(created, ownBases)) {
    const rows = await rowsOf(round);
    await copyResources(
      client,
      rows.map((row, index) => ({ row, body: round[index]?.bodyOf(1, now) ?? '' })),
      now,
    );
    for (const { rid, resource } of round) {
      const through = ownedThrough(resource, ownBases);
      const canonical = canonicalRow(resource);
      if (through !== undefined) await noteThrough(query, rid, through);
      if (canonical !== undefined) await noteCanonical(query, rid, canonical);
    }
  }
  const updated = changed.filter(({ prepared }) => isFree(prepared));
  for (const { prepared, old } of updated) {
    const { rid, type, resource } = prepared;
    const [row] = await rowsOf([prepared]);
    if (row === undefined) continue;
    const lastUpdated = nextInstant(old, now);
    await query(retireVersion(rid));
    await query(replaceResource(row, old.version + 1, lastUpdated, prepared.bodyOf(old.version + 1, lastUpdated)));
    await noteBeside({ query, ownBases }, type, rid, resource);
  }
  const written = [...created, ...updated.map(({ prepared }) => prepared)];
  await setOwnersThrough(
    query,
    written.map(({ rid }) => rid),
  );
  if (written.some(({ type }) => type === 'SearchParameter')) await noteGeneration(query, 'SearchParameter');
  const refused = batch.filter((prepared) => !isFree(prepared));
  const unchanged = batch.length - written.length - collisions.length - refused.length;
  return { created: created.length, updated: updated.length, unchanged, collisions, canonicalsTaken: refused };
};
