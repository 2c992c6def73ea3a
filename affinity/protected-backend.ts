/**
 * The home of a domain that is put in front of an existing FHIR server: its records are the server's, and what the domain itself
 * writes down is the store's: Consents, which its grants are, and AuditEvents, which come of its log. FHIR R4 consent.html;
 * auditevent.html; docs/decisions/0029-further-resource-servers.md.
 */
import type { Backend, Interactions, Transaction } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Join } from '@affinity/core/fhir/search-query.ts';
import type { Source } from '@affinity/gateway/source.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type { HomeBackend } from './home-backend.ts';

/** What the domain keeps itself. What the existing server holds of these types is neither shown nor heeded. */
export const ownTypes: ReadonlySet<string> = new Set(['Consent', 'AuditEvent']);
const isOwn = (type: string): boolean => ownTypes.has(type);

/** The existing server without what it holds of our own types. */
export const withoutOwnTypes = (source: Source): Source => {
  let known: { readonly of: Source['capabilities']; readonly rest: Source['capabilities'] } | undefined;
  return {
    ...source,
    get capabilities() {
      const of = source.capabilities;
      if (known?.of !== of) known = { of, rest: of.filter(({ type }) => !isOwn(type)) };
      return known.rest;
    },
  };
};

const notTogether = (what: string) =>
  fhirError(400, 'not-supported', `${what}: Consents and AuditEvents are kept apart from the other records here`);

/** One place or the other; undefined where it is both. */
const placeOf = (types: readonly string[]): 'own' | 'far' | undefined => {
  if (types.every(isOwn)) return 'own';
  return types.some(isOwn) ? undefined : 'far';
};

const leadsToOwn = (join: Join): boolean =>
  (join.kind === 'chain' ? join.targets : [join.source]).some(
    ({ type, joins = [] }) => isOwn(type) || joins.some(leadsToOwn),
  );

const interactionsOf = (own: Interactions, far: Interactions): Interactions => {
  const at = (type: string): Interactions => (isOwn(type) ? own : far);
  return {
    read: (place, filter) => at(place.type).read(place, filter),
    vread: (place, filter) => at(place.type).vread(place, filter),
    create: (input) => at(input.type).create(input),
    update: (input, filter) => at(input.type).update(input, filter),
    delete: (input, filter) => at(input.type).delete(input, filter),
    historyInstance: (place, ...rest) => at(place.type).historyInstance(place, ...rest),
    searchType: async (query, filter, asking) => {
      const { joins = [], includes = [] } = query;
      const crosses = isOwn(query.type)
        ? joins.length > 0 || includes.length > 0
        : joins.some(leadsToOwn) || includes.some(({ type }) => isOwn(type));
      if (crosses) throw notTogether('a search cannot lead from one to the other');
      return at(query.type).searchType(query, filter, asking);
    },
  };
};

/** The capabilities of both, the same array as long as neither has changed. */
const capabilitiesOf = (own: Backend, far: Backend): (() => Backend['capabilities']) => {
  let known: readonly [Backend['capabilities'], Backend['capabilities'], Backend['capabilities']] | undefined;
  return () => {
    const [ours, theirs] = [own.capabilities, far.capabilities];
    if (known?.[0] === ours && known[1] === theirs) return known[2];
    const all = [
      ...theirs.filter(({ type }) => !isOwn(type)),
      ...ours.flatMap(({ includes: _, revIncludes: __, ...one }) => (isOwn(one.type) ? [one] : [])),
    ];
    known = [ours, theirs, all];
    return all;
  };
};

export const createProtectedBackend = (own: StoreBackend, far: Backend): HomeBackend => {
  const capabilities = capabilitiesOf(own, far);
  const { history, searchSystem, everything: allOfPatient, transact, ownersOf } = far;
  return {
    ...interactionsOf(own, far),
    appliesFilter: far.appliesFilter && own.appliesFilter,
    get capabilities() {
      return capabilities();
    },
    get parameters() {
      return far.parameters ?? standardParameters;
    },
    ...(history === undefined
      ? {}
      : {
          history: (of, ...rest) => {
            const place = placeOf(of.types);
            if (place === undefined) throw notTogether('a history is of one or the other');
            return place === 'own' ? own.history(of, ...rest) : history(of, ...rest);
          },
        }),
    ...(searchSystem === undefined
      ? {}
      : {
          searchSystem: async (query, ...rest) => {
            const place = placeOf(query.types);
            if (place === undefined) throw notTogether('a search is for one or the other; say which types');
            return place === 'own' ? own.searchSystem(query, ...rest) : searchSystem(query, ...rest);
          },
        }),
    ...(allOfPatient === undefined
      ? {}
      : {
          everything: (of, ...rest) => allOfPatient({ ...of, types: of.types.filter((type) => !isOwn(type)) }, ...rest),
        }),
    ...(transact === undefined
      ? {}
      : {
          transact: (work, ...rest) => transact((within) => work(interactionsOf(apart, within)), ...rest),
        }),
    ownersOf: async (references) => {
      const [ours, theirs] = await Promise.all([
        own.ownersOf(references.filter(({ type }) => isOwn(type))),
        ownersOf?.(references.filter(({ type }) => !isOwn(type))),
      ]);
      return new Map([...ours, ...(theirs ?? [])]);
    },
    resolveCanonical: (type, canonical) => own.resolveCanonical(type, canonical),
    within: (client) => {
      const inside = own.within(client);
      return {
        ...inside,
        // What the existing server holds is in no transaction of ours.
        read: (at, filter = everything) => (isOwn(at.type) ? inside.read(at, filter) : far.read(at, filter)),
      };
    },
  };
};

const refuse = (): never => {
  throw notTogether('one transaction cannot hold both');
};
/** In a transaction of the existing server nothing of ours takes part. */
const apart: Transaction = {
  read: async () => refuse(),
  vread: async () => refuse(),
  create: async () => refuse(),
  update: async () => refuse(),
  delete: async () => refuse(),
  historyInstance: async () => refuse(),
  searchType: async () => refuse(),
};
