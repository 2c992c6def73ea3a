/**
 * `_include` and `_revinclude`: what the matches of a page refer to and what refers to them, each judged by the Filter of
 * its own type, and nothing reached through what is hidden. FHIR R4 search.html#include.
 */
import type { FilterOf, Version } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Include, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { Admit, Judged } from './admit.ts';
import { type Around, type Fetch, keyOf } from './fetch.ts';
import { inBatches, inTurns } from './in-turns.ts';
import type { KnowOthers } from './known-others.ts';
import type { GatewayLimits } from './limits.ts';
import type { Seek } from './seek.ts';
import type { At, Source } from './source.ts';
import { toVersion } from './version.ts';

/** Rounds of `:iterate`. */
const mostRounds = 3;

type Found = Pick<Judged, 'held' | 'facts'>;

export interface Includes {
  /** parameters that must be known of each match to follow the includes from it */
  paramsOf(query: Pick<SearchQuery, 'type' | 'includes'>): readonly string[];
  of(
    page: readonly Found[],
    includes: readonly Include[],
    filterOf: FilterOf,
    around: Around,
  ): Promise<readonly Version[]>;
  /** the resources at these places that may be seen, in this order */
  seen(
    places: readonly At[],
    filterOf: FilterOf,
    paramsOf: (type: string) => readonly string[],
    around: Around,
  ): Promise<readonly Found[]>;
}

export const createIncludes = (options: {
  readonly source: Source;
  readonly fetch: Fetch;
  readonly seek: Seek;
  readonly admit: Admit;
  readonly knowOthers: KnowOthers;
  readonly parameters: () => SearchParameters;
  readonly limits: GatewayLimits;
}): Includes => {
  const { source, fetch, seek, admit, knowOthers, parameters, limits } = options;
  const capabilityOf = (type: string) => source.capabilities.find((one) => one.type === type);

  const referencesOf = (type: string): readonly string[] =>
    parameters()
      .of(type)
      .flatMap((parameter) => (parameter.type === 'reference' ? [parameter.code] : []));
  const paramsFor = (type: string, includes: readonly Include[]): readonly string[] =>
    includes
      .filter((include) => !include.reverse && include.type === type)
      .flatMap(({ param }) => (param === '*' ? referencesOf(type) : [param]));

  const seen: Includes['seen'] = async (places, filterOf, paramsOf, around) => {
    // The same right as for a read of it: the type must be offered at all.
    const offered = places.filter(({ type }) => capabilityOf(type) !== undefined && filterOf(type).kind !== 'nothing');
    const held = await fetch.many(offered, around);
    const others = await knowOthers(
      [...held.values()].map(({ resource }) => resource),
      around,
    );
    return offered.flatMap((at) => {
      const one = held.get(keyOf(at));
      if (one === undefined) return [];
      const { type } = at;
      const judged = admit({ type, filter: filterOf(type), clauses: [], params: paramsOf(type) })(one, others);
      return judged.isShown ? [judged] : [];
    });
  };

  const forward = (from: readonly Found[], { type, param, target }: Include): readonly At[] => {
    const places = from
      .filter(({ held }) => held.type === type)
      .flatMap(({ facts }) => facts.index.references)
      .filter((one) => (param === '*' || one.param === param) && (target === undefined || one.type === target));
    return [...new Map(places.map((at) => [keyOf(at), { type: at.type, id: at.id }])).values()];
  };

  const backward = async (
    from: readonly Found[],
    { type, param }: Include,
    includes: readonly Include[],
    filterOf: FilterOf,
    around: Around,
  ): Promise<readonly Found[]> => {
    const known = capabilityOf(type)?.searchParams.map(({ name }) => name) ?? [];
    const params = (param === '*' ? referencesOf(type) : [param]).filter((one) => known.includes(one));
    const asked = params.flatMap((one) => inBatches(from, limits.batch).map((part) => ({ param: one, part })));
    const more = paramsFor(type, includes);
    const pages = await inTurns(asked, limits.concurrent, async ({ param: one, part }) => {
      const values = part.map(({ held }) => ({ kind: 'reference', type: held.type, id: held.id }) as const);
      const question = { type, filter: filterOf(type), clauses: [{ param: one, values }], params: more };
      const found: Found[] = [];
      for await (const shown of seek(question, { count: limits.includedMost }, around)) {
        found.push(...shown);
        checkNumber(found.length);
      }
      return found;
    });
    return pages.flat();
  };

  const checkNumber = (count: number): void => {
    if (count > limits.includedMost)
      throw fhirError(
        400,
        'too-costly',
        `more than ${limits.includedMost} resources to include: ask for a smaller page`,
      );
  };

  return {
    paramsOf: ({ type, includes = [] }) => paramsFor(type, includes),
    seen,
    async of(page, includes, filterOf, around) {
      const added = new Map<string, Found>();
      const matched = new Set(page.map(({ held }) => keyOf(held)));
      let from = page;
      for (let round = 0; round <= mostRounds && from.length > 0; round += 1) {
        const next: Found[] = [];
        for (const include of includes.filter(({ iterate }) => round === 0 || iterate)) {
          const isNew = (at: At): boolean => !matched.has(keyOf(at)) && !added.has(keyOf(at));
          const found = include.reverse
            ? await backward(from, include, includes, filterOf, around)
            : await seen(forward(from, include).filter(isNew), filterOf, (type) => paramsFor(type, includes), around);
          for (const one of found)
            if (isNew(one.held)) {
              added.set(keyOf(one.held), one);
              next.push(one);
            }
          checkNumber(added.size);
        }
        from = next;
      }
      return [...added.values()].map(({ held, facts }) => toVersion(held, facts));
    },
  };
};
