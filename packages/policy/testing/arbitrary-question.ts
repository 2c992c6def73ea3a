/** Small worlds for property tests of decisions: few patients, types and categories, so that rights and records often meet. */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Interaction } from '@affinity/core/fhir/interaction.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseResourceScope, type ResourceScope } from '@affinity/core/smart/scope.ts';
import fc from 'fast-check';
import type { DecisionFacts } from '../facts.ts';

export const types = ['Observation', 'Condition', 'Patient', 'Practitioner', 'Binary'] as const;
export const patients = ['a', 'b', 'c'] as const;
const categories = ['laboratory', 'vital-signs', 'survey'] as const;
const system = 'http://terminology.hl7.org/CodeSystem/observation-category';

/** A record as a test thinks of it; `factsOfWorld` says it in the words of the contract. */
export interface WorldResource {
  readonly type: (typeof types)[number];
  readonly owners: readonly string[];
  readonly categories: readonly string[];
  readonly confidentiality: Confidentiality;
}

export const arbitraryResource: fc.Arbitrary<WorldResource> = fc.record({
  type: fc.constantFrom(...types),
  owners: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...patients).map((id) => [id]) },
    fc.subarray([...patients]),
  ),
  categories: fc.subarray([...categories]),
  confidentiality: fc.constantFrom('U', 'L', 'M', 'N', 'R', 'V'),
});

export const factsOfWorld = (resource: WorldResource): ResourceFacts => ({
  type: resource.type,
  id: '1',
  owners: resource.owners,
  compartments: resource.owners,
  labels: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: resource.confidentiality }],
  confidentiality: resource.confidentiality,
  index: {
    tokens: resource.categories.map((code) => ({ param: 'category', system, code })),
    references: resource.owners.map((id) => ({ param: 'subject', type: 'Patient', id })),
    foreignReferences: [],
    identifierReferences: [],
    strings: [],
    dates: [],
    numbers: [],
    quantities: [],
    uris: [],
    texts: [],
    typedIdentifiers: [],
    positions: [],
    composites: [],
  },
});

/** Scope texts, so that an oracle can read them by itself. */
export const arbitraryScopeText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('patient', 'user', 'system'),
    fc.constantFrom(...types, '*'),
    fc.constantFrom('r', 's', 'rs', 'cruds', 'c', 'u', 'd', 'cud'),
    fc.constantFrom(
      '',
      '',
      '?category=laboratory',
      `?category=${system}|vital-signs`,
      '?category=laboratory&subject=Patient/a',
      '?category=laboratory,survey',
    ),
  )
  .map(([compartment, type, letters, constraints]) => `${compartment}/${type}.${letters}${constraints}`);

export const scopeOf = (text: string): ResourceScope => {
  const result = parseResourceScope(text);
  if (result.kind !== 'scope') throw new Error(`${text}: ${result.reason}`);
  return result.scope;
};

/** Principals as authentication makes them: of a user or of a service, never of both. */
export const arbitraryPrincipal: fc.Arbitrary<Principal> = fc
  .record({
    service: fc.boolean(),
    fhirUser: fc.option(
      fc.constantFrom('Patient/a', 'Patient/b', 'Practitioner/1', 'RelatedPerson/1', 'Patient/', 'Device/1'),
      { nil: undefined },
    ),
    patient: fc.option(fc.constantFrom(...patients), { nil: undefined }),
    clearance: fc.option(fc.constantFrom('N', 'R', 'V'), { nil: undefined }),
    scopes: fc.array(arbitraryScopeText, { maxLength: 4 }),
  })
  .map(({ service, fhirUser, patient, clearance, scopes }) => ({
    clientId: 'app',
    tokenId: 't',
    scopes: scopes.map(scopeOf),
    ...(service ? { service: true as const } : { user: 'u', grant: 'g' }),
    ...(fhirUser === undefined ? {} : { fhirUser }),
    ...(patient === undefined ? {} : { patient }),
    ...(clearance === undefined ? {} : { clearance }),
  }));

/** To be put over `wholeFacts`. */
export const arbitraryFacts: fc.Arbitrary<DecisionFacts> = fc.record({
  patientsOf: fc.subarray([...patients]),
  caredFor: fc.subarray([...patients]),
  wholeServer: fc.boolean(),
  service: fc.record({
    records: fc.oneof(fc.constant('all' as const), fc.subarray([...patients])),
    clearance: fc.constantFrom('N', 'R', 'V'),
  }),
});

const arbitraryClause: fc.Arbitrary<SearchClause> = fc
  .tuple(fc.subarray([...categories], { minLength: 1, maxLength: 2 }), fc.boolean())
  .map(([codes, withSystem]) => ({
    param: 'category',
    values: codes.map((code) => ({ kind: 'token', ...(withSystem ? { system } : {}), code })),
  }));

const content = (type: string) => ({ resource: { resourceType: type }, json: `{"resourceType":"${type}"}` });

export const arbitraryInteraction: fc.Arbitrary<Interaction> = fc
  .tuple(fc.constantFrom(...types), fc.nat({ max: 6 }), fc.array(arbitraryClause, { maxLength: 1 }))
  .map(([type, kind, clauses]): Interaction => {
    switch (kind) {
      case 0:
        return { kind: 'read', type, id: '1' };
      case 1:
        return { kind: 'vread', type, id: '1', versionId: '1' };
      case 2:
        return { kind: 'create', type, content: content(type) };
      case 3:
        return { kind: 'update', type, id: '1', content: content(type) };
      case 4:
        return { kind: 'delete', type, id: '1' };
      case 5:
        return { kind: 'history-instance', type, id: '1', page: { count: 10 } };
      default:
        return {
          kind: 'search-type',
          type,
          query: { type, clauses, count: 10, sort: [], total: 'none', understood: [] },
        };
    }
  });
