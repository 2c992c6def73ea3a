/**
 * A patient's everything: type by type what is in the patient's record, and with each page the shared resources that it
 * refers to and what is in the record through it. FHIR R4 patient-operation-everything.html.
 */
import type { EverythingOf, FilterOf, SearchResult } from '@affinity/core/fhir/backend.ts';
import { throughElements } from '@affinity/core/fhir/compartment.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { pageAcross } from './across-types.ts';
import type { Judged } from './admit.ts';
import { createBudget } from './budget.ts';
import { type Around, keyOf } from './fetch.ts';
import { inBatches } from './in-turns.ts';
import type { Includes } from './includes.ts';
import type { GatewayLimits } from './limits.ts';
import { signalOf } from './request-context.ts';
import type { Seek } from './seek.ts';
import type { At, Held, Source } from './source.ts';
import { toVersion } from './version.ts';

type Found = Pick<Judged, 'held' | 'facts'>;

const isThrough = (type: string): boolean => Object.hasOwn(throughElements, type);

export const createEverything = (options: {
  readonly source: Source;
  readonly seek: Seek;
  readonly includes: Includes;
  readonly parameters: () => SearchParameters;
  readonly limits: GatewayLimits;
}) => {
  const { source, seek, includes, parameters, limits } = options;

  const referencesOf = (type: string): readonly string[] =>
    parameters()
      .of(type)
      .flatMap((parameter) => (parameter.type === 'reference' ? [parameter.code] : []));

  /** Of care that has a date, only that of the time asked for. */
  const isOfTime = (facts: ResourceFacts, { start, end }: EverythingOf): boolean => {
    if (start === undefined && end === undefined) return true;
    const dates = facts.index.dates.filter(({ param }) => param === 'date');
    return (
      dates.length === 0 ||
      dates.some((date) => (start === undefined || date.end > start) && (end === undefined || date.start < end))
    );
  };
  const isSince = ({ lastUpdated }: Held, { since }: EverythingOf): boolean =>
    since === undefined || Date.parse(lastUpdated) >= Date.parse(since);

  /** What is in a record through resources of the page, as a Provenance is through its targets. */
  const through = async (page: readonly Found[], of: EverythingOf, filterOf: FilterOf, around: Around) => {
    const found = new Map<string, Found>();
    for (const type of of.types.filter(isThrough)) {
      const param = throughElements[type] ?? '';
      const known = source.capabilities.find((one) => one.type === type)?.searchParams ?? [];
      if (!known.some(({ name }) => name === param)) continue;
      for (const part of inBatches(page, limits.batch)) {
        const values = part.map(({ held }) => ({ kind: 'reference', type: held.type, id: held.id }) as const);
        const question = {
          type,
          filter: filterOf(type),
          clauses: [{ param, values }],
          demands: ({ owners }: ResourceFacts) => owners.includes(of.patient),
        };
        for await (const shown of seek(question, { count: limits.batch }, around))
          for (const one of shown) if (isSince(one.held, of)) found.set(keyOf(one.held), one);
      }
    }
    return [...found.values()];
  };

  const shared = async (page: readonly Found[], of: EverythingOf, filterOf: FilterOf, around: Around) => {
    const named = page.flatMap(({ facts }) => facts.index.references);
    const places = new Map<string, At>();
    for (const { type, id } of named) if (of.types.includes(type)) places.set(`${type}/${id}`, { type, id });
    const found = await includes.seen([...places.values()], filterOf, () => [], around);
    return found.filter(({ facts }) => facts.owners.length === 0);
  };

  return async (of: EverythingOf, filterOf: FilterOf, given?: AbortSignal): Promise<SearchResult> => {
    const signal = signalOf(given);
    signal?.throwIfAborted();
    const around: Around = { budget: createBudget(limits.scannedMost), signal };
    const { patient, count, cursor } = of;
    const types = of.types.filter((type) => !isThrough(type));
    const { page, next } = await pageAcross({
      types,
      sort: [],
      count,
      concurrent: limits.concurrent,
      ...(cursor === undefined ? {} : { cursor }),
      sought: (type, wanted, from) =>
        seek(
          {
            type,
            filter: filterOf(type),
            clauses: [],
            params: ['date', ...referencesOf(type)],
            demands: (facts, held) =>
              facts.owners.includes(patient) && (type === 'Patient' || (isOfTime(facts, of) && isSince(held, of))),
          },
          { within: { kind: 'compartment', patient }, count: wanted, ...(from === undefined ? {} : { from }) },
          around,
        ),
    });
    const beside = [...(await shared(page, of, filterOf, around)), ...(await through(page, of, filterOf, around))];
    return {
      matches: page.map(({ held, facts }) => toVersion(held, facts)),
      included: beside.map(({ held, facts }) => toVersion(held, facts)),
      ...(next === undefined ? {} : { next }),
    };
  };
};
