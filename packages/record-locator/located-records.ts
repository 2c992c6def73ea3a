/**
 * The entries of the locator as a Backend: a search by patient is one by person, and what has expired, and what is of somebody
 * who has opted out, is not there in any way of asking. IHE MHD ITI-66, ITI-67.
 */
import type { Backend, FilterOf, Interactions, SearchResult, TypeCapability } from '@affinity/core/fhir/backend.ts';
import { allOf, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Lookup, SearchParameter, SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { type AskedPersons, askedOfStore, byIdentifier } from './asked-persons.ts';
import { renamed } from './search-parameters.ts';

export interface LocatedNeighbours extends AskedPersons {
  readonly store: StoreBackend;
  /** what is as if it were not there at this moment */
  readonly hidden: () => Promise<Filter>;
  /** beside DocumentReference, List and Binary */
  readonly otherTypes?: readonly string[];
}

const identifierParameter = (code: string): SearchParameter => ({
  code,
  type: 'token',
  definition: `urn:affinity:locator:search:${code}`,
  targets: [],
  paths: [],
});

/** What is known under the names of MHD, beside what the store knows. */
const withOwnNames = (known: SearchParameters): SearchParameters => ({
  of: (type) => known.of(type),
  find: (type, code): Lookup => {
    const names = renamed[type];
    if (names === undefined) return known.find(type, code);
    if (byIdentifier.includes(code)) return { kind: 'indexed', parameter: identifierParameter(code) };
    const stored = Object.hasOwn(names, code) ? names[code] : undefined;
    if (stored === undefined) return known.find(type, code);
    const found = known.find(type, stored);
    return found.kind === 'indexed' ? { kind: 'indexed', parameter: { ...found.parameter, code } } : found;
  },
});

const documentInteractions: TypeCapability['interactions'] = ['read', 'create'];

const capabilitiesOf = (store: Backend, others: readonly string[]): readonly TypeCapability[] =>
  store.capabilities.flatMap((capability): TypeCapability[] => {
    const { type, searchParams } = capability;
    if (type === 'Binary') return [{ ...capability, interactions: documentInteractions }];
    const names = renamed[type];
    if (names === undefined) return others.includes(type) ? [capability] : [];
    const stored = Object.entries(names).flatMap(([name, of]) => {
      const known = searchParams.find((each) => each.name === of);
      return known === undefined ? [] : [{ ...known, name }];
    });
    const identifiers = byIdentifier.map((name) => {
      const { type: kind, definition } = identifierParameter(name);
      return { name, type: kind, definition };
    });
    return [{ ...capability, searchParams: [...searchParams, ...stored, ...identifiers] }];
  });

const nobodys: SearchResult = { matches: [], total: 0 };

export const createLocatedRecords = (neighbours: LocatedNeighbours): Backend => {
  const { store, otherTypes = [] } = neighbours;
  const { hidden: hiddenNow } = neighbours;
  const seen = (filter: Filter, hidden: Filter): Filter => allOf([filter, { kind: 'not', filter: hidden }]);
  const each = async (filterOf: FilterOf, hidden = hiddenNow()): Promise<FilterOf> => {
    const now = await hidden;
    return (type) => seen(filterOf(type), now);
  };
  const interactions = (on: Interactions, hidden: () => Promise<Filter>): Interactions => {
    const within = async (filter: Filter): Promise<Filter> => seen(filter, await hidden());
    return {
      read: async (at, filter) => on.read(at, await within(filter)),
      vread: async (at, filter) => on.vread(at, await within(filter)),
      create: (input) => on.create(input),
      update: async (input, filter) => on.update(input, await within(filter)),
      delete: async (input, filter) => on.delete(input, await within(filter)),
      historyInstance: async (at, filter, signal) => on.historyInstance(at, await within(filter), signal),
      searchType: async (query, filter, { chained, included, ...asking } = {}) => {
        const asked = await askedOfStore(query, neighbours);
        if (asked === undefined) return nobodys;
        return on.searchType(asked, await within(filter), {
          ...asking,
          ...(chained === undefined ? {} : { chained: await each(chained, hidden()) }),
          ...(included === undefined ? {} : { included: await each(included, hidden()) }),
        });
      },
    };
  };
  let known: { readonly of: Backend['capabilities']; readonly own: Backend['capabilities'] } | undefined;
  let names: { readonly of: SearchParameters; readonly own: SearchParameters } | undefined;
  return {
    ...interactions(store, hiddenNow),
    appliesFilter: true,
    get capabilities() {
      const of = store.capabilities;
      if (known?.of !== of) known = { of, own: capabilitiesOf(store, otherTypes) };
      return known.own;
    },
    get parameters() {
      const of = store.parameters;
      if (of === undefined) throw new Error('the store knows its parameters');
      if (names?.of !== of) names = { of, own: withOwnNames(of) };
      return names.own;
    },
    history: async (of, filterOf, signal) => store.history(of, await each(filterOf), signal),
    searchSystem: async (query, filterOf, signal) => store.searchSystem(query, await each(filterOf), signal),
    ownersOf: (references) => store.ownersOf(references),
    transact: async (work, hold, readsDecide, signal) => {
      // Looked up before it begins: what is labelled meanwhile would wait for the transaction that waits for it.
      const hidden = await hiddenNow();
      return store.transact((on) => work(interactions(on, async () => hidden)), hold, readsDecide, signal);
    },
  };
};
