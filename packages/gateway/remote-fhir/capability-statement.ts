/**
 * What a foreign server says that it can do, as far as we can judge its answers: types, interactions and search parameters
 * that are known here. FHIR R4 capabilitystatement.html, http.html#capabilities.
 */
import type { TypeCapability, TypeInteraction } from '@affinity/core/fhir/backend.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { isMembers } from './json-text.ts';

type Members = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly types: readonly TypeCapability[];
  /** several writes in one request, all of them or none */
  readonly transacts: boolean;
}

export interface StatementOptions {
  readonly parameters: SearchParameters;
  /** names that the foreign server can sort by: no statement says so */
  readonly sort: readonly string[];
  /** undefined: only types whose versions an update must name */
  readonly writes: boolean | undefined;
}

const asked: readonly TypeInteraction[] = ['read', 'vread', 'history-instance', 'search-type'];
const written: readonly TypeInteraction[] = ['create', 'update', 'delete'];

const members = (value: unknown): readonly Members[] =>
  Array.isArray(value) ? (value as readonly unknown[]).filter(isMembers) : [];
const codes = (value: unknown): ReadonlySet<unknown> => new Set(members(value).map(({ code }) => code));

const typeOf = (given: Members, common: readonly Members[], options: StatementOptions): TypeCapability | undefined => {
  const { type, interaction, versioning, searchParam } = given;
  if (typeof type !== 'string' || !isResourceType(type)) return undefined;
  const offered = codes(interaction);
  // Without it nothing could be judged before it is changed.
  if (!offered.has('read')) return undefined;
  const writes = options.writes ?? versioning === 'versioned-update';
  const can = [...asked, ...(writes ? written : [])].filter((code) => offered.has(code));
  const isPatched = can.includes('update');
  const names = new Map([...common, ...members(searchParam)].map((one) => [one.name, one.type]));
  const searchParams = options.parameters
    .of(type)
    .filter(({ code, type: kind }) => code === '_id' || names.get(code) === kind)
    .map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition }));
  return {
    type,
    interactions: [...can, ...(isPatched ? (['patch'] as const) : [])],
    searchParams: offered.has('search-type') ? searchParams : [],
    sort: offered.has('search-type')
      ? options.sort.filter((name) => name === '_lastUpdated' || options.parameters.find(type, name).kind === 'indexed')
      : [],
  };
};

/** undefined: it is no statement of an R4 server */
export const readStatement = (value: Members, options: StatementOptions): Statement | undefined => {
  const { resourceType, fhirVersion, rest } = value;
  if (resourceType !== 'CapabilityStatement' || typeof fhirVersion !== 'string') return undefined;
  if (!/^4\.0(\.\d+)?$/.test(fhirVersion)) return undefined;
  const server = members(rest).find(({ mode }) => mode === 'server');
  if (server === undefined) return undefined;
  const common = members(server.searchParam);
  const types = members(server.resource).flatMap((given) => typeOf(given, common, options) ?? []);
  return {
    types: [...new Map(types.map((one) => [one.type, one])).values()],
    transacts: codes(server.interaction).has('transaction'),
  };
};
