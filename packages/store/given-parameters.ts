/**
 * Search parameters that one store gives to another: those that are active in the registry work at the server that keeps the
 * records, once everything is indexed by them. FHIR R4 searchparameter.html; docs/decisions/0036-the-registry.md.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type pg from 'pg';
import { createDatabase } from './database.ts';
import { transaction } from './postgres/pool.ts';
import { sql } from './sql.ts';
import { writeLock } from './write-lock.ts';
import { noteGeneration } from './write-within.ts';

export interface GivenParameter {
  readonly url: string;
  readonly version: number;
  /** JSON text of the SearchParameter */
  readonly body: string;
}

/** Changes with every SearchParameter that the store is given, changes or loses. */
export const parameterGeneration = async (pool: pg.Pool): Promise<number> => {
  const { rows } = await pool.query<{ generation: number }>('select generation from index_generation');
  return rows[0]?.generation ?? 0;
};

/** The active SearchParameters of a store, by their url: of several versions the latest. */
export const activeParameters = async (pool: pg.Pool): Promise<readonly GivenParameter[]> => {
  const { rows } = await pool.query<{ version: number; body: string }>(
    `select version, body from resource where type = 'SearchParameter' and not deleted order by last_updated, rid`,
  );
  const byUrl = new Map<string, GivenParameter>();
  for (const { version, body } of rows) {
    const { url, status } = JSON.parse(body) as Resource;
    if (typeof url === 'string' && status === 'active') byUrl.set(url, { url, version, body });
  }
  return [...byUrl.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
};

/** What was given before is taken back. @returns whether anything has changed */
export const giveParameters = (pool: pg.Pool, parameters: readonly GivenParameter[]): Promise<boolean> =>
  transaction(pool, async (client) => {
    const query = createDatabase(pool).on(client);
    const held = await query<GivenParameter>(sql`
      select p.url, p.version, p.body from given_search_parameter p order by p.url collate "C"`);
    const isSame =
      held.length === parameters.length &&
      parameters.every(({ url, body }) => held.some((one) => one.url === url && one.body === body));
    if (isSame) return false;
    // Nobody indexes by what was known before while it changes.
    await query(sql`select pg_advisory_xact_lock(${writeLock}::bigint)`);
    await query(sql`delete from given_search_parameter`);
    await query(sql`
      insert into given_search_parameter (url, version, body)
      select * from unnest(${parameters.map(({ url }) => url)}::text[], ${parameters.map(({ version }) => version)}::integer[],
        ${parameters.map(({ body }) => body)}::text[])`);
    await noteGeneration(query, 'SearchParameter');
    return true;
  });
