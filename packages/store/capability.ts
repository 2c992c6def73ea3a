/** What the store can do for each resource type, from the search parameters: the CapabilityStatement is written from it. FHIR R4 capabilitystatement.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { isResourceType, resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import type { SearchParameter, SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { sortableParams } from './sort-value.ts';

/** Types that are not stored: Parameters is a message, OperationOutcome an answer. A Bundle is stored as a document is. */
const notStored: ReadonlySet<string> = new Set(['OperationOutcome', 'Parameters']);

/** Whether resources of this type may be stored. */
export const isStored = (type: string): boolean => isResourceType(type) && !notStored.has(type);

const interactions: TypeCapability['interactions'] = [
  'read',
  'vread',
  'create',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'search-type',
];

/** What is only ever added to. */
const appendOnly: ReadonlySet<string> = new Set(['AuditEvent']);
const interactionsOf = (type: string): TypeCapability['interactions'] =>
  appendOnly.has(type)
    ? interactions.filter((each) => each !== 'update' && each !== 'patch' && each !== 'delete')
    : interactions;

/** A canonical is a reference in name, but to a URL: what it points to is not looked up. */
const isFollowed = ({ type, paths }: SearchParameter): boolean =>
  type === 'reference' && paths.some((path) => path.type === 'Reference');

/** All types that may be stored, with the search parameters that work. */
export const storeCapabilities = (parameters: SearchParameters): readonly TypeCapability[] => {
  const types = resourceTypes.filter(isStored);
  const references = types.flatMap((type) =>
    parameters
      .of(type)
      .filter(isFollowed)
      .map(({ code, targets }) => ({ type, name: `${type}:${code}`, targets })),
  );
  const from = Map.groupBy(references, ({ type }) => type);
  const to = new Map(types.map((type): [string, string[]] => [type, []]));
  for (const { name, targets } of references)
    for (const target of targets.length === 0 ? types : new Set(targets)) to.get(target)?.push(name);
  return types.map((type) => {
    const params = parameters.of(type);
    return {
      type,
      interactions: interactionsOf(type),
      searchParams: params.map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition })),
      sort: sortableParams(type, params),
      includes: (from.get(type) ?? []).map(({ name }) => name),
      revIncludes: to.get(type) ?? [],
    };
  });
};
