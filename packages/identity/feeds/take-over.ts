/**
 * Takes resources of a server over into the identity server: what is the same writes nothing, so that it may be done again
 * however often, and whatever ended it before. PostgreSQL 18 documentation, 3.4.
 */
import { everything } from '@affinity/core/fhir/filter.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { type Importing, storeBatch } from '@affinity/store/import-batch.ts';
import { type PreparedResource, prepareItem } from '@affinity/store/import-item.ts';
import type pg from 'pg';
import { fedId, fedRecord } from './fed-record.ts';

export interface TakingNeighbours {
  /** where the index of persons stands */
  readonly pool: pg.Pool;
  readonly store: Pick<StoreBackend, 'delete'>;
  /** into the store */
  readonly importing: Importing;
  readonly now: () => number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface FromPlace {
  readonly type: string;
  readonly id: string;
  /** JSON text; absent: it is not there any more */
  readonly body?: string;
}

const notePlaces = async (pool: pg.Pool, base: string, from: readonly FromPlace[]): Promise<void> => {
  const [patients, providers] = [
    from.filter(({ type }) => type === 'Patient'),
    from.filter(({ type }) => type !== 'Patient'),
  ];
  const recordOf = ({ type, id }: FromPlace): string => fedId(base, type, id);
  await pool.query(
    `insert into person_place (record, base, patient)
     select record, $1, id from unnest($2::text[], $3::text[]) as one (record, id) on conflict do nothing`,
    [base, patients.map(recordOf), patients.map(({ id }) => id)],
  );
  await pool.query(
    `insert into provider_place (record, base, type, id)
     select record, $1, type, id from unnest($2::text[], $3::text[], $4::text[]) as one (record, type, id)
     on conflict do nothing`,
    [base, providers.map(recordOf), providers.map(({ type }) => type), providers.map(({ id }) => id)],
  );
};

/** Where each is from is known before it is stored. */
export const takeOver = async (
  base: string,
  given: readonly FromPlace[],
  { pool, store, importing, now, log }: TakingNeighbours,
): Promise<void> => {
  const there = given.flatMap(({ type, id, body }) => (body === undefined ? [] : [{ type, id, body }]));
  const prepared: PreparedResource[] = [];
  for (const { type, id, body } of there) {
    const preparation = prepareItem({ kind: 'json', ...fedRecord(base, type, id, body), origin: type });
    if (preparation.kind === 'ready') prepared.push(preparation.prepared);
    else log('record-not-taken-over', { type, reason: preparation.reason });
  }
  await notePlaces(pool, base, there);
  const batch = [...new Map(prepared.map((one) => [one.rid, one])).values()];
  if (batch.length > 0) await storeBatch(importing, batch, { keep: false, now: now() });
  for (const { type, id, body } of given)
    if (body === undefined) await store.delete({ type, id: fedId(base, type, id) }, everything);
};
