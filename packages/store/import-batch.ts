/** Stores one batch of an import in one transaction: new resources by COPY, changed ones as new versions. */
import type pg from 'pg';
import { copyLine, copyLines, textArray } from './copy-text.ts';
import type { Database } from './database.ts';
import { termArray } from './filter-sql.ts';
import type { PreparedResource } from './import-item.ts';
import { removeIndexRows, replaceResource } from './index-rows.ts';
import { transaction } from './postgres/pool.ts';
import { sql } from './sql.ts';
import type { VersionRow } from './version-row.ts';
import { nextInstant } from './write.ts';

export interface BatchResult {
  readonly created: number;
  readonly updated: number;
  /** stored already with the same content, or kept as it is because the import was told to */
  readonly unchanged: number;
  /** those whose key another resource has */
  readonly collisions: readonly PreparedResource[];
}

interface Stored extends VersionRow {
  readonly rid: string;
  readonly type: string;
}

const insertAll = async (client: pg.PoolClient, all: readonly PreparedResource[], now: number): Promise<void> => {
  const resources: string[] = [];
  const compartments: string[] = [];
  const postings: string[] = [];
  const strings: string[] = [];
  const dates: string[] = [];
  for (const { rowOf, bodyOf } of all) {
    const row = rowOf();
    const { rid, type, id, owner, confidentiality, occurredEnd, patients } = row;
    const occurred = row.occurred ?? now;
    const terms = termArray(row.terms);
    resources.push(
      copyLine([
        rid,
        now,
        occurred,
        occurredEnd,
        1,
        confidentiality,
        false,
        'PUT',
        type,
        id,
        owner,
        textArray(patients),
        terms,
        bodyOf(1, now),
      ]),
    );
    for (const patient of patients) {
      compartments.push(copyLine([rid, occurred, occurredEnd, now, confidentiality, patient, type, owner, terms]));
    }
    for (const term of row.postings) postings.push(`${term}\t${occurred}\t${rid}\n`);
    for (const { param, folded, text } of row.strings) strings.push(copyLine([rid, param, folded, text]));
    for (const { param, start, end } of row.dates) dates.push(copyLine([rid, param, start, end]));
  }
  await copyLines(
    client,
    'resource (rid, last_updated, occurred, occurred_end, version, confidentiality, deleted, method, type, id, owner, patients, terms, body)',
    resources,
  );
  await copyLines(
    client,
    'compartment (rid, occurred, occurred_end, last_updated, confidentiality, patient, type, owner, terms)',
    compartments,
  );
  await copyLines(client, 'posting (term, occurred, rid)', postings);
  await copyLines(client, 'string_index (rid, parameter, folded, text)', strings);
  await copyLines(client, 'date_index (rid, parameter, start_at, end_at)', dates);
};

/**
 * Stores resources of which no two have the same key.
 * @param keep true: what is stored already stays as it is.
 * @throws the error of the driver; then nothing of the batch is stored. Code 23505: another writer was faster.
 */
export const storeBatch = (
  database: Database,
  batch: readonly PreparedResource[],
  how: { readonly keep: boolean; readonly now: number },
): Promise<BatchResult> => transaction(database.pool, (client) => storeBatchWithin(database, client, batch, how));

/** As `storeBatch`, in a transaction that has begun already on this connection. */
export const storeBatchWithin = async (
  database: Database,
  client: pg.PoolClient,
  batch: readonly PreparedResource[],
  { keep, now }: { readonly keep: boolean; readonly now: number },
): Promise<BatchResult> => {
  const query = database.on(client);
  const keys = termArray(batch.map(({ rid }) => rid));
  const stored = await query<Stored>(sql`
      select f.rid, f.type, f.id, f.version, f.last_updated, f.deleted, f.body from resource f
      where f.rid = any(${keys}::bigint[]) order by f.rid for update`);
  const known = new Map(stored.map((row) => [row.rid, row]));
  const collisions: PreparedResource[] = [];
  const fresh: PreparedResource[] = [];
  let updated = 0;
  for (const prepared of batch) {
    const { rid, bodyOf } = prepared;
    const old = known.get(rid);
    if (old === undefined) fresh.push(prepared);
    else if (old.type !== prepared.type || old.id !== prepared.id) collisions.push(prepared);
    else if (!keep && old.body !== bodyOf(old.version, Number(old.last_updated))) {
      const lastUpdated = nextInstant(old, now);
      await query(removeIndexRows(rid));
      await query(
        replaceResource(prepared.rowOf(), old.version + 1, lastUpdated, bodyOf(old.version + 1, lastUpdated)),
      );
      updated += 1;
    }
  }
  await insertAll(client, fresh, now);
  const unchanged = batch.length - fresh.length - updated - collisions.length;
  return { created: fresh.length, updated, unchanged, collisions };
};
