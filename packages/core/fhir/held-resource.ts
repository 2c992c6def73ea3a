/**
 * The resources within a resource: whoever reads the one reads these. FHIR R4 references.html#contained, bundle.html,
 * parameters.html.
 */
import type { Resource } from './resource.ts';

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const resourcesIn = (values: readonly unknown[]): readonly Resource[] =>
  values.filter((value): value is Resource => isMembers(value) && typeof value.resourceType === 'string');

const membersOf = (value: unknown): readonly Members[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter(isMembers);

const inParameters = (parameters: unknown): readonly unknown[] =>
  membersOf(parameters).flatMap(({ resource, part }) => [
    ...(resource === undefined ? [] : [resource]),
    ...(part === undefined ? [] : inParameters(part)),
  ]);

/** Parts of the resource that have no being without it. */
export const containedIn = ({ contained }: Resource): readonly Resource[] =>
  contained === undefined ? [] : resourcesIn(Array.isArray(contained) ? contained : [contained]);

/** Resources in their own right that the resource carries: the entries of a Bundle, the values of Parameters. */
export const carriedBy = ({ resourceType, entry, parameter }: Resource): readonly Resource[] => {
  if (resourceType === 'Parameters') return resourcesIn(inParameters(parameter));
  if (resourceType !== 'Bundle' || entry === undefined) return [];
  const entries = membersOf(entry);
  return resourcesIn(
    entries.flatMap(({ resource, response }) => [resource, ...membersOf(response).map(({ outcome }) => outcome)]),
  );
};
