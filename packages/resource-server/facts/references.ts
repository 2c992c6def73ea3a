/** What elements of a resource refer to, as far as that is a resource of this server. FHIR R4 references.html. */
import { parseReference } from '@affinity/core/fhir/reference.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The elements of a list that are objects; what should be a list and is none holds nothing. */
export const objectsIn = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** `Type/id` that a Reference points to; undefined where it points to nothing of this server. */
export const referred = (value: unknown, ownBases: readonly string[]): string | undefined => {
  if (!isObject(value) || typeof value.reference !== 'string') return undefined;
  const target = parseReference(value.reference, ownBases);
  return target.kind === 'local' ? `${target.type}/${target.id}` : undefined;
};

/** The bare id, where it points to a Patient of this server. */
export const referredPatient = (value: unknown, ownBases: readonly string[]): string | undefined => {
  const [type, id] = referred(value, ownBases)?.split('/') ?? [];
  return type === 'Patient' ? id : undefined;
};
