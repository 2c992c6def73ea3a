/** Resources of a foreign system by their ids: many with one question where it finds by `_id`, else each by itself. FHIR R4 http.html#read. */
import type { Budget } from './budget.ts';
import { inBatches, inTurns } from './in-turns.ts';
import type { GatewayLimits } from './limits.ts';
import type { Report } from './report.ts';
import type { At, Held, Source, SourceRead } from './source.ts';
import type { Walk } from './walk.ts';

export interface Around {
  readonly budget: Budget;
  readonly signal: AbortSignal | undefined;
}
export interface Fetch {
  /** one, which is the one asked for */
  read(at: At, signal: AbortSignal | undefined): Promise<SourceRead>;
  /** those that are there, by `Type/id`; unjudged */
  many(places: readonly At[], around: Around): Promise<ReadonlyMap<string, Held>>;
}

export const keyOf = ({ type, id }: At): string => `${type}/${id}`;

export const createFetch = (options: {
  readonly source: Source;
  readonly walk: Walk;
  readonly report: Report;
  readonly limits: GatewayLimits;
}): Fetch => {
  const { source, walk, report, limits } = options;
  const capabilityOf = (type: string) => source.capabilities.find((one) => one.type === type);

  const read: Fetch['read'] = async ({ type, id }, signal) => {
    signal?.throwIfAborted();
    if (capabilityOf(type)?.interactions.includes('read') !== true) return { kind: 'absent' };
    const result = await source.read({ type, id }, signal);
    if (result.kind !== 'found' || (result.version.type === type && result.version.id === id)) return result;
    report({ kind: 'upstream-wrong-resource', source: source.name, type });
    return { kind: 'absent' };
  };

  const byId = async (type: string, ids: readonly string[], around: Around): Promise<readonly Held[]> => {
    const wanted = new Set(ids);
    const found: Held[] = [];
    const clauses = [{ param: '_id', values: ids.map((code) => ({ kind: 'token', code }) as const) }];
    for await (const page of walk({ type, clauses, sort: [], count: ids.length }, around)) {
      for (const { held } of page) if (held.type === type && wanted.delete(held.id)) found.push(held);
      if (wanted.size === 0) break;
    }
    return found;
  };

  const ofType = async (type: string, ids: readonly string[], around: Around): Promise<readonly Held[]> => {
    const capability = capabilityOf(type);
    const isFound =
      capability?.interactions.includes('search-type') === true &&
      capability.searchParams.some(({ name }) => name === '_id');
    if (isFound && ids.length > 1) {
      const batches = inBatches(ids, limits.batch);
      return (await inTurns(batches, limits.concurrent, (batch) => byId(type, batch, around))).flat();
    }
    const results = await inTurns(ids, limits.concurrent, async (id) => {
      around.budget.spend(1);
      return read({ type, id }, around.signal);
    });
    return results.flatMap((result) => (result.kind === 'found' ? [result.version] : []));
  };

  return {
    read,
    async many(places, around) {
      const byType = Map.groupBy(new Map(places.map((at) => [keyOf(at), at])).values(), ({ type }) => type);
      const found = await Promise.all(
        [...byType].map(([type, all]) =>
          ofType(
            type,
            all.map(({ id }) => id),
            around,
          ),
        ),
      );
      return new Map(found.flat().map((held) => [keyOf(held), held]));
    },
  };
};
