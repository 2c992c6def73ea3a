/**
 * What is as if it were not there: entries whose source has not renewed them in their time, and those of whoever has opted out.
 * Whoever asks first after the time is up sees none of them either. IHE MHD; docs/decisions/0034-the-record-locator.md.
 */
import { anyOf, everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import type { OptOuts } from './opt-outs.ts';
import { expiredLabel } from './source.ts';

export interface Lifetimes {
  /** days for which an entry stands that the locator has heard of by itself, without being heard of again */
  readonly locatedDays: number;
  /** and one that was published, without being written again */
  readonly publishedDays: number;
}

export interface ExpiryNeighbours {
  readonly store: StoreBackend;
  /** of connections that find the schema of the locator */
  readonly pool: pg.Pool;
  readonly lifetimes: Lifetimes;
  /** epoch milliseconds */
  readonly now: () => number;
}

const day = 86_400_000;
/** Entries that are seen to at once. */
const atOnce = 100;

interface Due {
  readonly type: string;
  readonly id: string;
}

const clientPrefix = 'urn:affinity:client:';

export const createExpiry = ({ store, pool, lifetimes, now }: ExpiryNeighbours) => {
  const due = async (): Promise<readonly Due[]> => {
    const before = (days: number): Date => new Date(now() - days * day);
    const { rows } = await pool.query<Due>(
      `select type, id from location
       where not expired and renewed_at <= case when starts_with(source, $1) then $2::timestamptz else $3::timestamptz end
         and renewed_at <= greatest($2::timestamptz, $3::timestamptz)
       order by renewed_at limit ${atOnce}`,
      [clientPrefix, before(lifetimes.publishedDays), before(lifetimes.locatedDays)],
    );
    return rows;
  };

  /** The label hides every version of it; who wrote it may write it again, and it is there again. */
  const expire = async ({ type, id }: Due): Promise<void> => {
    const found = await store.read({ type, id }, everything);
    if (found.kind !== 'found') {
      await pool.query('delete from location where type = $1 and id = $2', [type, id]);
      return;
    }
    const { version } = found;
    const resource = JSON.parse(version.body) as Resource;
    const security = [...(resource.meta?.security ?? []), expiredLabel];
    const content = { ...resource, meta: { ...resource.meta, security } };
    // Whoever renews it meanwhile is right.
    await store.update(
      { type, id, content: { resource: content, json: JSON.stringify(content) }, ifMatch: version.versionId },
      everything,
    );
  };

  /** Sees to all whose time is up. */
  return async (): Promise<void> => {
    for (let some = await due(); some.length > 0; some = await due()) for (const one of some) await expire(one);
  };
};

export const createHidden = (sweep: () => Promise<void>, optOuts: OptOuts) => async (): Promise<Filter> => {
  await sweep();
  const patients = await optOuts.all();
  const { system = '', code = '' } = expiredLabel;
  return anyOf([
    { kind: 'label', system, code },
    ...(patients.length === 0 ? [] : [{ kind: 'names', patients } as const]),
  ]);
};
